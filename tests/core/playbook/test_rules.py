"""Each rule of the table: it finds nothing in whole.yaml, and it does find the thing it is for."""

from datetime import date
from pathlib import Path

import pytest

from fondly.core.playbook.checks import RULES, RULES_BY_ID, check
from fondly.core.playbook.edit import edit
from fondly.core.playbook.reading import read

WHOLE = (Path(__file__).parent / "whole.yaml").read_text(encoding="utf-8")
TODAY = date(2026, 11, 22)
NEW, ONGOING, ALUMNI, BEFORE = (f"stages.{name}.touchpoints" for name in ("new", "ongoing", "alumni", "before"))

# rule -> (edits that break it, severity, part of the path of the finding)
BROKEN: dict[str, tuple[dict[str, object], str, str]] = {
    "BR01": ({"brand.story": None}, "warning", "brand.story"),
    "BR02": ({"brand.promise": None}, "error", "brand.promise"),
    "BR03": ({"brand.feel": None}, "warning", "brand.feel"),
    "BR04": ({"templates.pay.body": "We always answer within 24 hours."}, "warning", "templates.pay"),
    "BR05": ({"templates.pay.body": "Synergy!"}, "warning", "templates.pay"),
    "BR06": ({"templates.pay.body": "We answer in one business day."}, "warning", "templates.pay"),
    "PE01": ({"personas": None, "target": None}, "error", "personas"),
    "PE02": ({"personas.buyers.worries": None}, "warning", "personas.buyers"),
    "PE03": ({"target.strangers": "10%"}, "error", "target.strangers"),
    "PE04": ({f"{BEFORE}.call.personas": None}, "hint", "personas.sellers"),
    "VA01": ({"values.link_to_mission": None}, "warning", "values.link_to_mission"),
    "ST01": ({"stages.new.phase": "ongoing"}, "error", "stages"),
    "ST02": ({"stages.four": {"phase": "ongoing"}, "stages.five": {"phase": "ongoing"}}, "hint", "stages"),
    "ST03": ({"stages.new.length": None}, "error", "stages.new.length"),
    "ST04": ({"stages.new.starts": None}, "warning", "stages.new.starts"),
    "ST05": ({"stages.ongoing.ends": None, "stages.ongoing.length": None}, "error", "stages.ongoing.ends"),
    "ST06": ({"stages.alumni.phase": "ongoing", "stages.alumni.never_ends": None}, "error", "stages"),
    "ST07": ({"stages.before.covers": ["inquire", "intake"]}, "warning", "stages"),
    "ST08": ({"stages.new.goal": None}, "warning", "stages.new.goal"),
    "ST09": ({"stages.new.owner": "nobody"}, "error", "stages.new.owner"),
    "ST10": ({"stages.new.handoff": None}, "warning", "stages.new.handoff"),
    "ST11": ({"stages.new.leaving": False}, "warning", "stages.new.leaving"),
    "ST12": ({"stages.alumni.leads_back_to": None}, "warning", "stages"),
    "TP01": ({f"{ALUMNI}.keep.kind": "work", f"{ALUMNI}.day.kind": "work"}, "error", "stages.alumni"),
    "TP03": (
        {
            f"{stage}.{name}.kind": "work"
            for stage, names in {
                BEFORE: ("hello", "call"),
                ALUMNI: ("keep", "day"),
                ONGOING: ("party", "weekly"),
            }.items()
            for name in names
        },
        "warning",
        "stages",
    ),
    "TP04": ({f"{NEW}.map.kind": "work"}, "error", "stages"),
    "TP05": ({f"{NEW}.map.about": "A gift basket with a nice bow"}, "warning", f"{NEW}.map"),
    "TP06": ({f"{ALUMNI}.keep.when": "every 200 days"}, "warning", ALUMNI),
    "TP07": ({f"{NEW}.meet.when": "5 days after entry"}, "warning", NEW),
    "TP08": ({f"{NEW}.pay.channel": "pigeon"}, "error", f"{NEW}.pay.channel"),
    "TP09": ({f"{NEW}.pay.template": None}, "error", f"{NEW}.pay"),
    "TP10": ({"templates.pay.body": "{{ paymnet.link }}"}, "error", "templates.pay.body"),
    "TP11": ({f"{NEW}.pay.when": "sometimes"}, "error", f"{NEW}.pay.when"),
    "TP12": ({f"{NEW}.meet.checklist": None}, "hint", f"{NEW}.meet"),
    "TP13": ({"templates.news.body": "{{ link.news }}"}, "error", "templates.news"),
    "TP14": ({"stages.new.feel": None}, "warning", "stages.new.feel"),
    "TP15": ({"inquiries.fees.reply": "none_such"}, "error", "inquiries.fees"),
    "TP16": ({f"{BEFORE}.visit.step": None}, "warning", "stages.before"),
    "TP17": ({f"{NEW}.sign.step": None}, "error", "stages.new"),
    "TP18": ({f"{ONGOING}.words.step": None}, "warning", "stages.ongoing"),
    "TP19": ({f"{ONGOING}.party.milestone": None}, "warning", "stages"),
    "TP20": (
        {f"{ONGOING}.more": {"kind": "work", "channel": "email", "when": "30 days after entry", "survey": "ces"}},
        "warning",
        f"{ONGOING}.more",
    ),
    "EX01": ({f"{NEW}.start.step": None, f"{NEW}.start.sets": None}, "warning", NEW),
    "EX02": ({f"{NEW}.start.sets.due": "soon"}, "error", f"{NEW}.start.sets"),
    "EX03": ({"recovery.missed": None}, "error", "recovery"),
    "EX04": ({"recovery.changed": None}, "error", "recovery"),
    "DO01": ({"documents.case": None}, "hint", "documents"),
    "DO02": ({f"{NEW}.sign.document": "none_such"}, "error", f"{NEW}.sign.document"),
    "ME01": ({f"{ALUMNI}.nps.survey": "ces"}, "warning", "surveys"),
    "ME02": ({f"{NEW}.ease": None, f"{ONGOING}.happy.when": "100 days after entry"}, "warning", "stages"),
    "ME03": ({"surveys.rest": None}, "warning", "surveys.rest"),
    "ME04": ({"recovery.unhappy": None}, "error", "recovery"),
    "ME05": ({"targets.nps": None}, "warning", "targets"),
    "ME06": ({"reviews": None}, "hint", "reviews"),
    "TE01": ({"team.agent.may_offer": None}, "error", "team"),
    "TE02": ({"team.agent.may_offer": ["moon"]}, "error", "team.agent.may_offer"),
    "TE03": ({"team.training": None}, "warning", "team.training"),
    "TE04": ({"team.annual_review": "in spring"}, "warning", "team.annual_review"),
    "TE05": ({"team.ideas": None}, "warning", "team.ideas"),
    "TE06": ({"team.speak_up": None}, "warning", "team.speak_up"),
    "TE07": ({"team.feedback": ["agent"]}, "warning", "team.feedback"),
    "IM01": ({"experiments.map.stop": None}, "error", "experiments.map"),
    "IM02": ({"reviewed": "2024-01-01"}, "warning", "reviewed"),
    "IM03": (
        {
            "experiments.other": {
                "question": "x",
                "touchpoint": "map",
                "variants": {"a": "50%", "b": "50%"},
                "measure": "x",
                "least_difference": "1",
                "stop": "x",
            }
        },
        "error",
        "experiments.other.touchpoint",
    ),
    "SA01": ({"inquiries.crisis.never_auto": None}, "error", "inquiries"),
    "SA02": ({"templates.hello.subject": "Your therapy"}, "warning", "templates.hello"),
}


def judged(edits: dict[str, object]):
    text = WHOLE
    for path, value in edits.items():
        text = edit(text, path, value)
    return check(read(text), TODAY)


def test_every_rule_of_the_table_is_there_and_tested():
    assert set(RULES_BY_ID) == set(BROKEN)
    assert all(rule.title and rule.advice and rule.article and rule.minutes > 0 for rule in RULES)


def test_nothing_is_found_in_a_whole_playbook():
    report = check(read(WHOLE), TODAY)
    assert report.findings == ()
    assert report.score.overall == 100
    assert set(report.score.areas.values()) == {100}


@pytest.mark.parametrize("rule", sorted(RULES_BY_ID))
def test_rule_looks_at_something_in_the_whole_playbook(rule):
    assert [verdict.ok for verdict in RULES_BY_ID[rule].judge(read(WHOLE), TODAY)], rule


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_rule_finds_what_it_is_for(rule):
    edits, severity, path = BROKEN[rule]
    found = [finding for finding in judged(edits).findings if finding.rule == rule]
    assert found, rule
    assert any(f.severity == severity and f.path.startswith(path) for f in found), found
    assert all(finding.advice and finding.message.endswith(".") and finding.line >= 1 for finding in found)


def test_a_hand_off_that_is_missing_names_who_gives_and_who_gets():
    found = [f for f in judged({"stages.new.owner": "care", "stages.new.handoff": None}).findings if f.rule == "ST10"]
    before, new = (read(WHOLE).stages[name] for name in ("before", "new"))
    assert before.owner != "care"
    said = [f.message for f in found if f.path == "stages.new.handoff"]
    assert said == [f"The client goes from {before.owner} to care at {new.name} without a hand-off."]


@pytest.mark.parametrize(
    ("rule", "edits", "severity"),
    [
        ("PE03", {"target": None}, "warning"),
        ("PE03", {"target.buyers": "70%"}, "warning"),
        ("TP04", {f"{BEFORE}.call.kind": "wow", f"{BEFORE}.hello.kind": "wow"}, "hint"),
        ("TP05", {f"{NEW}.map.about": None}, "warning"),
        ("TP05", {f"{NEW}.map.about": "A basket with wine and a calendar"}, "warning"),
        ("TP05", {f"{NEW}.map.channel": "email"}, "warning"),
        ("TP10", {"templates.pay.body": "Dear {{ client.first_name }}"}, "warning"),
        ("TP10", {"templates.pay.body": "{{ client.frist_name | default: 'x' }}"}, "error"),
        ("TP10", {"templates.pay.body": "{{ facts.nothing }}"}, "error"),
        ("TP10", {"templates.pay.body": "{% include 'x' %}"}, "error"),
        ("TP11", {f"{NEW}.pay.when": "on yes_siad"}, "error"),
        ("TP11", {"events": ["closed"], f"{NEW}.pay.when": "on rained"}, "error"),
        ("TP11", {f"{NEW}.pay.if": "nps >>= 9"}, "error"),
        ("TP11", {f"{NEW}.pay.if": "nsp >= 9"}, "error"),
        ("TP11", {f"{NEW}.pay.if": "nobody.done"}, "error"),
        ("TP13", {f"{BEFORE}.news.consent": None}, "error"),
        ("TP15", {f"{BEFORE}.hello.sample": None}, "warning"),
        ("TP20", {"caps.total": "1 per 2 weeks"}, "warning"),
        ("DO01", {"clients": "business", "documents.case": None}, "error"),
        ("ST11", {"leaving": None}, "warning"),
        ("ST12", {"stages.alumni.leads_back_to": "nowhere"}, "warning"),
        ("ST12", {"stages.new.next": "nowhere"}, "error"),
        ("ST09", {f"{NEW}.meet.owner": "agnt"}, "error"),
        ("ST09", {"recovery.missed.owner": "agnt"}, "error"),
        ("ST09", {"stages.new.handoff.from": "agnt"}, "error"),
        ("ST11", {"leaving.ask": "nothing"}, "warning"),
        ("ST11", {"leaving.save": "nothing"}, "warning"),
        ("TP08", {"caps.emial": "1 per week"}, "error"),
    ],
)
def test_other_ways_to_be_caught(rule, edits, severity):
    assert (rule, severity) in {(f.rule, f.severity) for f in judged(edits).findings}


@pytest.mark.parametrize(
    ("rule", "edits"),
    [
        ("TP05", {f"{NEW}.map.about": "A drawn map of the street, not a gift basket"}),
        ("TP11", {f"{NEW}.pay.when": "on rained"}),
        ("TP11", {"events": ["rained"], f"{NEW}.pay.when": "on rained"}),
        ("TP11", {f"{NEW}.pay.if": "(nps >= 9 or meet.done) and not replied and birthday and consent.mail"}),
        ("TP11", {"stages.ongoing.ends": "sold or withdrawn", f"{NEW}.pay.if": "withdrawn"}),
        ("TP10", {"templates.pay.body": "{{ week.weather }}"}),
        ("TP10", {"templates.pay.fills": ["weather"], "templates.pay.body": "{{ weather.today }}"}),
        ("TP13", {f"{BEFORE}.news.consent": None, f"{BEFORE}.news.mode": "approve"}),
        ("BR04", {f"{NEW}.pay.sets": {"what": "x", "due": "2 days"}, "templates.pay.body": "We always answer."}),
        ("ST05", {"stages.ongoing.ends": None}),
        ("SA02", {"sensitive": False, "templates.hello.subject": "Your therapy"}),
        ("SA01", {"sensitive": False, "inquiries.crisis": None}),
    ],
)
def test_not_caught(rule, edits):
    assert rule not in {finding.rule for finding in judged(edits).findings}
