"""Promises: made with a date, and what happens when one is missed or changed."""

from fondly.core.playbook import building, when
from fondly.core.playbook.checks.rules import Verdict, Verdicts, rule
from fondly.core.playbook.checks.words import has_phrase
from fondly.core.playbook.model import Playbook
from fondly.core.words import say


@rule(
    "EX01",
    "warning",
    "start",
    "B",
    say("Add a touchpoint with `step: start` or `sets:` that tells what comes next."),
    10,
)
def new_clients_know_what_is_next(playbook: Playbook) -> Verdicts:
    """The new stage says what happens next."""
    for stage in (s for s in playbook.stages.values() if s.phase == "new"):
        told = any(t.step == "start" or t.sets for t in stage.touchpoints.values())
        yield Verdict(
            told, f"stages.{stage.name}.touchpoints", say("New clients are not told what happens next."), stage.name
        )


@rule(
    "EX02",
    "error",
    "promises",
    "B",
    say('Add `due:` to it: "2 business days", a date field, or "every Friday 16:00".'),
    2,
)
def promises_have_a_date(playbook: Playbook) -> Verdicts:
    """A promise has a date."""
    names = building.names(playbook)
    for touchpoint in playbook.touchpoints():
        if touchpoint.sets:
            path = f"stages.{touchpoint.stage}.touchpoints.{touchpoint.name}.sets"
            message = say('The promise "{what}" has no date we can read.', what=touchpoint.sets.what)
            yield Verdict(_dated(touchpoint.sets.due, names), path, message, touchpoint.name)


def _dated(due: str, names: when.Names) -> bool:
    try:
        when.due(due, names)
    except when.UnreadableError:
        return False
    return True


def _answered(playbook: Playbook, event: str) -> bool:
    return any(has_phrase(recovery.when, event) for recovery in playbook.recovery.values())


@rule(
    "EX03",
    "error",
    "promises",
    "B",
    say(
        "Add under `recovery`: missed: {when: promise.broken, owner: …, "
        "within: 4 hours, steps: [call, say sorry once, agree a new date]}."
    ),
    10,
)
def broken_promises_are_mended(playbook: Playbook) -> Verdicts:
    """There is a play for a broken promise."""
    ok = _answered(playbook, "promise.broken")
    yield Verdict(ok, "recovery", say("Nothing says what happens after a broken promise."))


@rule(
    "EX04",
    "error",
    "promises",
    "B",
    say(
        "Add under `recovery`: changed: {when: promise.changed, owner: …, within: "
        "1 business day, steps: [repeat it back, confirm in writing]}."
    ),
    10,
)
def changed_promises_are_confirmed(playbook: Playbook) -> Verdicts:
    """There is a play for a changed promise."""
    ok = _answered(playbook, "promise.changed")
    yield Verdict(ok, "recovery", say("Nothing says what happens when a promise changes."))
