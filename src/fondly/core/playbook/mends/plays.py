"""Mends of what is done after something went wrong, of questions to clients, and of the team's rhythm."""

from collections.abc import Mapping
from types import MappingProxyType

from fondly.core.playbook.checks import Finding
from fondly.core.playbook.mends.rules import Edits, Value, call, mend, role_of, soon
from fondly.core.playbook.model import Playbook, Stage
from fondly.core.words import Said, say

_LOW = MappingProxyType({(0, 10): 6, (1, 5): 2, (1, 7): 3})  # scale -> the highest answer that is a low one
_SURVEYS: Mapping[str, Mapping[str, Value]] = MappingProxyType({
    "nps": {"ask": say("How likely are you to recommend us to a friend?"), "scale": "0-10",
            "follow_up": say("What is the main reason for your answer?")},
    "csat": {"ask": say("How content are you with how it goes?"), "scale": "1-5",
             "follow_up": say("What should we do differently?")},
    "ces": {"ask": say("How easy was it to begin with us?"), "scale": "1-7",
            "follow_up": say("What was harder than it had to be?")},
})  # fmt: skip
_ASKED: Mapping[str, tuple[str, int]] = MappingProxyType({  # survey -> phase and days after its beginning
    "nps": ("alumni", 30), "csat": ("ongoing", 30), "ces": ("new", 14),
})  # fmt: skip
_ASKING = [say("ask it in these words"), say("write the number and their words down"), say("say thank you")]
_VALUES: Mapping[str, Said] = MappingProxyType({
    "matters_daily": say("What makes an ordinary day a good one for you?"),
    "link_to_mission": say("What is this for, when it is done?"),
})  # fmt: skip
_TEAM: Mapping[str, tuple[str, str]] = MappingProxyType({  # rule -> key of `team` and its usual value
    "TE03": ("training", "quarterly"),
    "TE04": ("annual_review", "02-15"),
    "TE05": ("ideas", "monthly"),
    "TE07": ("feedback", "everyone"),
})  # fmt: skip


@mend("EX03")
def after_a_broken_promise(playbook: Playbook, finding: Finding) -> Edits:
    """Call, own it, agree on a new date."""
    steps = [say("call, do not write"), say("say sorry once, without a reason"), say("agree on a new date"),
             say("confirm it in writing")]  # fmt: skip
    return _play(playbook, "promise_missed", "promise.broken", "4 hours", steps)


@mend("EX04")
def after_a_changed_promise(playbook: Playbook, finding: Finding) -> Edits:
    """Repeat it back and confirm it."""
    steps = [say("repeat back what they expect now"), say("say what it changes"), say("confirm it in writing")]
    return _play(playbook, "promise_changed", "promise.changed", "1 business day", steps)


@mend("ME04")
def after_a_low_score(playbook: Playbook, finding: Finding) -> Edits:
    """A call within a business day of a low answer to any of the surveys."""
    low = [f"{s.name} <= {_LOW[s.low, s.high]}" for s in playbook.surveys.values() if (s.low, s.high) in _LOW]
    steps = [say("call, do not write"), say("listen to the end"), say("say what you will mend and by when"),
             say("call again when it is mended")]  # fmt: skip
    return _play(playbook, "unhappy", " or ".join(low), "1 business day", steps) if low else ()


def _play(playbook: Playbook, name: str, when: str, within: str, steps: list[Said]) -> Edits:
    owner = role_of(playbook)
    if not owner or name in playbook.recovery:
        return ()
    return ((f"recovery.{name}", {"when": when, "owner": owner, "within": within, "steps": steps}),)


@mend("ME01")
def a_question(playbook: Playbook, finding: Finding) -> Edits:
    """The survey where there is none, and a call in which it is asked."""
    phase, wanted = _ASKED[finding.subject]
    stages = list(playbook.stages.values())
    stage = next((s for s in stages if s.phase == phase), stages[-1] if stages else None)
    return _asked(playbook, stage, finding.subject, wanted) if stage else ()


@mend("ME02")
def an_early_question(playbook: Playbook, finding: Finding) -> Edits:
    """How easy it was to begin, in the new stage."""
    stage = next((s for s in playbook.stages.values() if s.phase == "new"), None)
    return _asked(playbook, stage, "ces", _ASKED["ces"][1]) if stage else ()


def _asked(playbook: Playbook, stage: Stage, survey: str, wanted: int) -> Edits:
    more = {"kind": "work", "survey": survey}
    made = call(playbook, stage.name, f"ask_{survey}", soon(stage, wanted), _ASKING, more)
    written: Edits = () if survey in playbook.surveys else ((f"surveys.{survey}", dict(_SURVEYS[survey])),)
    return (*written, *made) if made else ()


@mend("VA01")
def what_matters(playbook: Playbook, finding: Finding) -> Edits:
    """The question every client is asked once."""
    return ((finding.path, _VALUES[finding.subject]),)


@mend("ME03")
def surveys_rest(playbook: Playbook, finding: Finding) -> Edits:
    """A month between two questions."""
    return ((finding.path, "30 days"),)


@mend("ME05")
def first_reply(playbook: Playbook, finding: Finding) -> Edits:
    """What the channels say already; the other targets are the business's own."""
    promised = [channel.reply_within for channel in playbook.channels.values() if channel.reply_within]
    return (("targets.first_reply", promised[0]),) if finding.subject == "first_reply" and promised else ()


@mend(*_TEAM)
def the_team_rhythm(playbook: Playbook, finding: Finding) -> Edits:
    """The usual rhythm, to be changed to the team's own."""
    key, usual = _TEAM[finding.rule]
    return ((f"team.{key}", usual),)
