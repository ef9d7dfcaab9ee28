"""Small playbooks and histories for the planner's tests."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from fondly.core.planner.decide import decide
from fondly.core.planner.model import Fact, History, Override, Person, Plan
from fondly.core.planner.timing import instant
from fondly.core.planner.zones import zone_of
from fondly.core.playbook.model import Playbook
from fondly.core.playbook.reading import read

NEW_YORK = "America/New_York"
ALWAYS = """
calendar:
  business: {mon-sun: "00:00-23:59"}
  quiet: none
"""


def playbook(stages: str, *, calendar: str = ALWAYS, more: str = "", zone: str = NEW_YORK) -> Playbook:
    """A playbook of these stages; by default everything is open at any time."""
    return read(f"fondly: 1\nname: Test\ntimezone: {zone}\n{calendar}\n{more}\nstages:\n{stages}")


def one_stage(when: str, touchpoint: str = "", **kwargs: Any) -> Playbook:
    """One stage that never ends, with one e-mail called `it`. touchpoint: more of it."""
    line = f"kind: work, channel: email, template: t, when: {when}"
    line = f"{line}, {touchpoint}" if touchpoint else line
    more = kwargs.pop("more", "") + "\ntemplates:\n  t: {subject: Hi, body: Hello}"
    return playbook(
        f"  only:\n    phase: ongoing\n    never_ends: true\n    touchpoints:\n      it: {{{line}}}",
        more=more,
        **kwargs,
    )


def at(text: str, zone: str = NEW_YORK) -> datetime:
    """An instant from wall-clock text."""
    found = datetime.fromisoformat(text)
    return instant(found.date(), found.time(), zone_of(zone, NEW_YORK))


def history(facts: Iterable[tuple[Any, ...]], zone: str = NEW_YORK, **more: Any) -> History:
    """facts: (wall time, kind, name[, value[, key]]); ids count from 1."""
    made = []
    for number, (when, kind, *rest) in enumerate(facts, 1):
        name, value, key = [*rest, *("", None, "")[len(rest) :]]
        made.append(Fact(at(when, zone), kind, name, key=key, value=value, id=number))
    overrides = more.pop("overrides", {})
    extra = {name: more.pop(name) for name in ("paused_until", "jitter_seed", "subject") if name in more}
    return History(tuple(made), Person(zone=zone, **more), overrides, **extra)


def entered(stage: str, when: str, *facts: tuple[Any, ...], **more: Any) -> History:
    return history([(when, "entered", stage), *facts], **more)


def plan(book: Playbook, lived: History, now: str, days: int = 400) -> Plan:
    zone = lived.person.zone
    moment = at(now, zone)
    return decide(book, lived, moment, until=moment + timedelta(days=days))


def times(found: Plan) -> list[str]:
    """The local times of the moments, without seconds and offset."""
    return [moment.local[:16] for moment in found.moments]


def override(action: str, when: str = "", why: str = "") -> Override:
    return Override(action, at(when) if when else None, "Dana", why)  # type: ignore[arg-type]
