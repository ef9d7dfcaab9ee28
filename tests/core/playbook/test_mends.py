"""A mend does what it is for, adds nothing to mend, leaves the rest of the file alone, and invents nothing."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from fondly.core.playbook.checks import Finding, check
from fondly.core.playbook.edit import EditError, edit
from fondly.core.playbook.mends import MENDS, mendable, mended
from fondly.core.playbook.reading import read
from fondly.core.words import Said
from tests.core.playbook.test_rules import BROKEN, WHOLE

TODAY = date(2026, 11, 22)
# What only the business knows: no mend, whatever the playbook.
NEVER = {"BR01", "BR02", "BR03", "PE01", "PE02", "PE03", "PE04", "TP04", "TP05", "TE01", "TE06", "IM02", "DO01", "SA01"}
# Where the broken case of the rule itself needs a person's words, another one that does not.
OTHER: dict[str, dict[str, object]] = {
    "BR04": {"templates.pay.body": "We answer within 3 business days. Always yours."},
    "ST09": {"team.desk": None, "stages.new.handoff": None, "stages.new.owner": "nobody"},
    "TP09": {"stages.new.touchpoints.pay.template": "payy"},
    "ST06": {"stages.alumni": None},
    "ST11": {"leaving": None},
    "TP10": {"templates.pay.body": "Hi {{ client.first_name }}, {{ payment.link }}"},
    "ME05": {"targets.first_reply": None, "channels.email.reply_within": "1 business day"},
    "ME02": {f"stages.{path}.survey": None for path in ("new.touchpoints.ease", "ongoing.touchpoints.happy")},
}


def broken(edits: dict[str, object]) -> str:
    text = WHOLE
    for path, value in edits.items():
        text = edit(text, path, value)
    return text


def found(text: str, rule: str = "") -> list[Finding]:
    return [f for f in check(read(text), TODAY).findings if not rule or f.rule == rule]


def told(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(f.rule, f.message) for f in findings}


@pytest.mark.parametrize("rule", sorted(MENDS))
def test_a_mend_takes_away_its_finding_and_brings_no_other(rule: str) -> None:
    text = broken(OTHER.get(rule, BROKEN[rule][0]))
    before = found(text)
    mendables = [f for f in before if f.rule == rule and mendable(read(text), f)]
    assert mendables, [f.message for f in before]
    after = found(mended(text, mendables))
    assert not told(after) & told(mendables)
    assert told(after) <= told(before), told(after) - told(before)


@pytest.mark.parametrize("rule", sorted(NEVER))
def test_what_only_the_business_knows_is_not_mended(rule: str) -> None:
    text = broken(BROKEN[rule][0])
    findings = found(text, rule)
    assert findings and not any(mendable(read(text), f) for f in findings)
    with pytest.raises(EditError, match="own words"):
        mended(text, findings)


def test_comments_and_order_stay() -> None:
    text = broken({"stages.new.goal": None})
    made = mended(text, found(text, "ST08"))
    lines = text.splitlines()
    assert [line for line in made.splitlines() if line in lines] == lines
    assert made.startswith("# A small playbook in which every rule")
    assert len(made.splitlines()) == len(lines) + 1


def test_all_steps_that_are_missing_at_once() -> None:
    text = broken({f"stages.new.touchpoints.{name}.step": None for name in ("sign", "form", "pay", "start")})
    findings = found(text, "TP17")
    assert len(findings) == 4
    made = read(mended(text, findings))
    steps = {t.step: t for t in made.stages["new"].touchpoints.values() if t.step}
    assert set(steps) == {"payment", "information", "signature", "start"}
    assert all(t.mode == "by_hand" and made.templates[t.template].fills for t in steps.values())


def test_a_name_is_never_taken_twice_and_an_own_checklist_is_used() -> None:
    text = broken({"stages.new.touchpoints.meet.when": "5 days after entry", "templates.welcome_call.body": "Mine"})
    text = edit(text, "checklists.welcome_call", ["mine"])
    made = read(mended(text, found(text, "TP07")))
    touchpoint = made.touchpoint("welcome_call_2")
    assert touchpoint is not None and touchpoint.checklist == "welcome_call"
    assert made.checklists["welcome_call"] == ("mine",) and made.templates["welcome_call"].body == "Mine"


def test_a_first_file_of_an_agency_is_helped_along_without_new_errors() -> None:
    text = (Path(__file__).parent / "first_file.yaml").read_text("utf-8")
    before = check(read(text), TODAY)
    made = mended(text, [f for f in before.findings if mendable(read(text), f)])
    after = check(read(made), TODAY)
    assert after.score.overall >= before.score.overall + 30
    assert after.errors < before.errors
    assert "   # the first weeks" in made
    assert {f.rule for f in after.findings if f.severity == "error"} <= NEVER | {"TP15", "ME04"}


def test_a_call_needs_a_channel_for_it() -> None:
    text = broken({"channels.phone": None, **BROKEN["TP07"][0]})
    assert not any(mendable(read(text), f) for f in found(text, "TP07"))


def test_a_promise_is_taken_over_in_its_own_words() -> None:
    text = broken(OTHER["BR04"])
    sets = read(mended(text, found(text, "BR04"))).touchpoint("pay").sets  # type: ignore[union-attr]
    assert sets is not None and (sets.what, sets.due) == ("We answer within 3 business days", "3 business days")


def test_a_fact_inside_of_liquid_is_left() -> None:
    body = 'One business day. {{ matter | default: "one business day" }}'
    text = broken({"templates.pay.body": body})
    made = read(mended(text, found(text, "BR06")))
    assert made.templates["pay"].body == '{{ facts.reply_time }}. {{ matter | default: "one business day" }}'


def test_the_words_of_a_mend_can_be_said_in_another_language() -> None:
    def loud(said: Said) -> str:
        return str(said).upper()

    text = broken(BROKEN["ST08"][0])
    made = read(mended(text, found(text, "ST08"), loud))
    assert made.stages["new"].goal == made.stages["new"].goal.upper() != ""


def test_what_stands_in_a_file_of_its_own_is_not_mended() -> None:
    text = broken(BROKEN["BR06"][0])
    finding = found(text, "BR06")[0]
    assert mendable(read(text), finding)
    assert not mendable(read(text), replace(finding, source="templates/pay.md"))
