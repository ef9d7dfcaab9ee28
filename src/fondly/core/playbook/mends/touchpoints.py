"""Mends of touchpoints: a call without business, a step that is missing, a checklist, a day between two messages."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from fondly.core.playbook.checks import Finding
from fondly.core.playbook.checks.touchpoints import path_of
from fondly.core.playbook.mends.rules import Edits, call, free_name, mail, mend, soon, stage_of
from fondly.core.playbook.model import Playbook, Stage
from fondly.core.words import Said, say

_HELLO = [say("ask how they are and listen"), say("no business in this call"), say("note what matters to them")]
_WELCOME = [say("say that you are glad"), say("say what happens next and who does it"),
            say("ask what worries them"), say("note their words")]  # fmt: skip
_CONSULT = [say("ask what they want to be different"), say("say what you can do and what you cannot"),
            say("agree on the next step and its date")]  # fmt: skip
_MILESTONE = [say("say what was reached since the beginning"), say("ask how it feels to them"), say("note their words")]
_THANKS = [say("say thank you for one thing only they did"), say("no offer in this call")]
_BY_HAND: Mapping[str, list[Said]] = MappingProxyType({
    "phone": [say("read the last notes first"), say("say in one sentence why you call"),
              say("listen longer than you talk"), say("note how they feel and what you agreed")],
    "letter": [say("write it by hand"), say("check name and address"), say("post it")],
    "": [say("read the last notes first"), say("do it"), say("note what came of it")],
})  # fmt: skip
# What a step of the client's way is called, in the subject of the mail a person finishes.
_STEPS: Mapping[str, Said] = MappingProxyType({
    "payment": say("How to pay"),
    "information": say("What we need from you"),
    "signature": say("Your signature"),
    "start": say("What happens next"),
    "summary": say("What we did together"),
    "payment_complete": say("Everything is paid"),
    "testimonial": say("A line about how it was"),
})  # fmt: skip
_ON = re.compile(r"on (\w+)(.*)")
_AFTER = re.compile(r"(\d+) (?:days|day) (after .*)")


@mend("TP01")
def a_hello(playbook: Playbook, finding: Finding) -> Edits:
    """A call without business in a stage that is only work."""
    stage = stage_of(playbook, finding)
    return _hello(playbook, stage, soon(stage, 7)) if stage else ()


@mend("TP06")
def keep_in_touch(playbook: Playbook, finding: Finding) -> Edits:
    """A call every quarter."""
    stage = stage_of(playbook, finding)
    return _hello(playbook, stage, "every 90 days") if stage else ()


def _hello(playbook: Playbook, stage: Stage, when: str) -> Edits:
    return call(playbook, stage.name, f"hello_{stage.name}", when, _HELLO, {}, checklist="hello")


@mend("TP07")
def after_yes(playbook: Playbook, finding: Finding) -> Edits:
    """A call on the day after their yes."""
    stage = stage_of(playbook, finding)
    return call(playbook, stage.name, "welcome_call", "1 day after entry", _WELCOME, {}) if stage else ()


@mend("TP12")
def a_checklist(playbook: Playbook, finding: Finding) -> Edits:
    """What matters whenever somebody calls, writes by hand or does something else."""
    touchpoint = playbook.touchpoint(finding.subject)
    if touchpoint is None:
        return ()
    written = f"checklists.{touchpoint.checklist or touchpoint.name}"
    steps = _BY_HAND.get(touchpoint.channel, _BY_HAND[""])
    named: Edits = () if touchpoint.checklist else ((f"{path_of(touchpoint)}.checklist", touchpoint.name),)
    return (*named, (written, steps))


@mend("TP16")
def a_consult(playbook: Playbook, finding: Finding) -> Edits:
    """A first talk in the stage that is the intake."""
    stage = _covering(playbook, "intake")
    more = {"kind": "work", "step": "consult"}
    return call(playbook, stage.name, "first_talk", soon(stage, 2), _CONSULT, more) if stage else ()


@mend("TP17", "TP18")
def a_missing_step(playbook: Playbook, finding: Finding) -> Edits:
    """The step as a mail a person finishes, or as a thank-you call."""
    step, enrolling = finding.subject, finding.rule == "TP17"
    stage = _covering(playbook, "enroll" if enrolling else "wrap_up")
    if stage is None:
        return ()
    when = soon(stage, 1) if enrolling else "on exit"
    if step == "thank_you":
        return call(playbook, stage.name, step, when, _THANKS, {"step": step})
    return mail(playbook, stage.name, step, when, _STEPS[step], {"step": step}) if step in _STEPS else ()


@mend("TP19")
def a_milestone(playbook: Playbook, finding: Finding) -> Edits:
    """A call on the way that says what was reached."""
    stage = _covering(playbook, "engage")
    more = {"milestone": True}
    return call(playbook, stage.name, "so_far", soon(stage, 30), _MILESTONE, more) if stage else ()


@mend("TP20")
def a_day_between(playbook: Playbook, finding: Finding) -> Edits:
    """The last of the messages that come at once, a day later."""
    touchpoint = playbook.touchpoint(finding.subject)
    later = _a_day_later(touchpoint.when_text) if touchpoint else ""
    return ((f"{path_of(touchpoint)}.when", later),) if touchpoint and later else ()


@mend("EX01")
def what_is_next(playbook: Playbook, finding: Finding) -> Edits:
    """A mail a person finishes that tells new clients what comes next."""
    stage = stage_of(playbook, finding)
    more = {"step": "start"}
    return mail(playbook, stage.name, "what_is_next", soon(stage, 1), _STEPS["start"], more) if stage else ()


@mend("ST10")
def a_hand_over(playbook: Playbook, finding: Finding) -> Edits:
    """A call in which the new owner is introduced by the one the client knows."""
    stage = stage_of(playbook, finding)
    before = _before(playbook, stage) if stage else None
    if stage is None or before is None or stage.handoff is not None:
        return ()
    steps = [say("both are in the call"), say("tell what was agreed so far, so that nobody asks twice"),
             say("say whom to call from now on")]  # fmt: skip
    name = free_name(playbook, f"meet_{stage.owner}")
    made = call(playbook, stage.name, name, "on entry", steps, {}, checklist="hand_over")
    handed = (f"stages.{stage.name}.handoff", {"from": before.owner, "touchpoint": name})
    return (*made, handed) if made else ()


def _covering(playbook: Playbook, cover: str) -> Stage | None:
    return next((stage for stage in playbook.stages.values() if cover in stage.covers), None)


def _before(playbook: Playbook, stage: Stage) -> Stage | None:
    stages = list(playbook.stages.values())
    place = stages.index(stage)
    return stages[place - 1] if place else None


def _a_day_later(when: str) -> str:
    """`on entry` -> `1 day after entry`; "" for a sentence that is not moved as simply."""
    if found := _ON.fullmatch(when):
        return f"1 day after {found[1]}{found[2]}"
    found = _AFTER.fullmatch(when)
    return f"{int(found[1]) + 1} days {found[2]}" if found else ""
