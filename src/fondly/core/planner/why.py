"""The sentences with which a decision explains itself. A stage is named by its title."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from fondly.core.playbook.model import Anchor, When
from fondly.core.playbook.units import ONE
from fondly.core.words import Said, say, words_of

DAYS = (say("Mon"), say("Tue"), say("Wed"), say("Thu"), say("Fri"), say("Sat"), say("Sun"))
MONTHS = (
    say("Jan"), say("Feb"), say("Mar"), say("Apr"), say("May"), say("Jun"),
    say("Jul"), say("Aug"), say("Sep"), say("Oct"), say("Nov"), say("Dec"),
)  # fmt: skip
WEEKDAYS = (
    say("Monday"), say("Tuesday"), say("Wednesday"), say("Thursday"), say("Friday"), say("Saturday"), say("Sunday"),
)  # fmt: skip


@lru_cache(maxsize=8192)  # the moments of a stay hang on the same instant, and are planned again and again
def say_time(moment: datetime, zone: ZoneInfo) -> Said:
    """Tue 6 Jan 2026 14:05, on the wall clock of the zone."""
    at = moment.astimezone(zone)
    clock = f"{at.hour:02d}:{at.minute:02d}"
    return say("{weekday} {day} {clock}", weekday=DAYS[at.weekday()], day=say_day(at), clock=clock)


def say_day(day: date) -> Said:
    """6 Jan 2026."""
    return say("{day} {month} {year}", day=day.day, month=MONTHS[day.month - 1], year=day.year)


@lru_cache(maxsize=1024)
def say_anchor(anchor: Anchor, stage: str) -> str:
    """What the touchpoint hangs on, as a clause."""
    name = words_of(anchor.name)
    match anchor.kind:
        case "entry":
            return say("entering {stage}", stage=stage)
        case "exit":
            return say("leaving {stage}", stage=stage)
        case "done":
            return say("{name} was done", name=name)
        case "replied":
            return say("the reply to {name}", name=name)
        case "answered":
            return say("the answer to {name}", name=name)
        case "promise":
            return say("a promise was {name}", name=name)
        case "contact":
            return say("the last contact")
        case _:
            return name


def say_when(when: When, stage: str, anchor_at: datetime, zone: ZoneInfo) -> Said:
    """Why a moment that hangs on one anchor is due: "2 days after agreement signed (Tue 6 Jan 2026 14:05)"."""
    anchor, at = say_anchor(when.anchor, stage), say_time(anchor_at, zone)
    match when.form:
        case "on":
            due = say("on {anchor} ({at})", anchor=anchor, at=at)
        case "before":
            due = say("{step} before {anchor} ({at})", step=when.step, anchor=anchor, at=at)
        case _:
            due = say("{step} after {anchor} ({at})", step=when.step, anchor=anchor, at=at)
    return _with_clock(due, when)


def say_every(when: When, stage: str, anchor_at: datetime, zone: ZoneInfo, number: int) -> Said:
    """Why a recurring moment is due."""
    since, at = say_anchor(when.anchor, stage), say_time(anchor_at, zone)
    due = say(
        "every {step} since {anchor} ({at}), number {number}", step=_rhythm(when), anchor=since, at=at, number=number
    )
    return _with_clock(due, when)


def _rhythm(when: When) -> str:
    if when.weekday is not None:
        return WEEKDAYS[when.weekday]
    if when.step is not None and when.step.count == 1:
        return ONE[when.step.unit]
    return str(when.step)


def say_yearly(when: When, day: date, year: int) -> Said:
    """Why a yearly moment is due."""
    name = words_of(when.anchor.name)
    return _with_clock(say("yearly on {name} ({day}): {year}", name=name, day=day, year=year), when)


def _with_clock(due: Said, when: When) -> Said:
    return say("{due}, at {clock:%H:%M}", due=due, clock=when.at) if when.at else due


def say_missing(when: When, stage: str) -> Said:
    """What a touchpoint without a time is waiting for."""
    anchor, name = when.anchor, words_of(when.anchor.name)
    match anchor.kind:
        case "field":
            return say("waits until {name} is known", name=name)
        case "exit":
            return say("waits until the client leaves {stage}", stage=stage)
        case "touchpoint":
            return say("waits until {name} is planned", name=name)
        case "done":
            return say("waits until {name} is done", name=name)
        case "replied":
            return say("waits for a reply to {name}", name=name)
        case "answered":
            return say("waits for the answer to {name}", name=name)
        case "promise":
            return say("waits for a promise to be {name}", name=name)
        case _:
            return say("waits for {name}", name=name or anchor.kind)


def say_leaving(stage: str, left_at: datetime, zone: ZoneInfo) -> Said:
    """Why a moment does not happen: the stay is over before it."""
    return say("the client leaves {stage} on {at}, before its time", stage=stage, at=say_time(left_at, zone))


def say_no_date(when: When, value: object) -> Said:
    """Why a touchpoint that hangs on a date field cannot be planned."""
    return say("{name} is {value!r}, which is not a date", name=words_of(when.anchor.name), value=value)
