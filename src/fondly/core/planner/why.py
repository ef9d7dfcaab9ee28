"""The sentences with which a decision explains itself."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from fondly.core.playbook.model import Anchor, When

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def say(name: str) -> str:
    """A name of the playbook as words: proposal_accepted -> proposal accepted."""
    return name.replace("_", " ")


def say_time(moment: datetime, zone: ZoneInfo) -> str:
    """Tue 6 Jan 2026 14:05, on the wall clock of the zone."""
    at = moment.astimezone(zone)
    return f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]} {at.year} {at.hour:02d}:{at.minute:02d}"


def say_anchor(anchor: Anchor, stage: str) -> str:
    """What the touchpoint hangs on, as a clause."""
    name = say(anchor.name)
    match anchor.kind:
        case "entry":
            return f"entering {say(stage)}"
        case "exit":
            return f"leaving {say(stage)}"
        case "done":
            return f"{name} was done"
        case "replied":
            return f"the reply to {name}"
        case "answered":
            return f"the answer to {name}"
        case "promise":
            return f"a promise was {name}"
        case "contact":
            return "the last contact"
        case _:
            return name


def say_when(when: When, stage: str, anchor_at: datetime, zone: ZoneInfo) -> str:
    """Why a moment that hangs on one anchor is due: "2 days after agreement signed (Tue 6 Jan 2026 14:05)"."""
    lead = "on" if when.form == "on" else f"{when.step} {when.form}"
    return f"{lead} {say_anchor(when.anchor, stage)} ({say_time(anchor_at, zone)}){say_tail(when)}"


def say_every(when: When, stage: str, anchor_at: datetime, zone: ZoneInfo, number: int) -> str:
    """Why a recurring moment is due."""
    every = str(when.step) if when.weekday is None else WEEKDAYS[when.weekday]
    if when.step is not None and when.step.count == 1 and when.weekday is None:
        every = when.step.unit.removesuffix("s")
    since = say_anchor(when.anchor, stage)
    return f"every {every} since {since} ({say_time(anchor_at, zone)}), number {number}{say_tail(when)}"


def say_yearly(when: When, day: date, year: int) -> str:
    """Why a yearly moment is due."""
    return f"yearly on {say(when.anchor.name)} ({day.isoformat()}): {year}{say_tail(when)}"


def say_tail(when: When) -> str:
    return f", at {when.at:%H:%M}" if when.at else ""


def say_missing(when: When, stage: str) -> str:
    """What a touchpoint without a time is waiting for."""
    anchor, name = when.anchor, say(when.anchor.name)
    match anchor.kind:
        case "field":
            return f"waits until {name} is known"
        case "exit":
            return f"waits until the client leaves {say(stage)}"
        case "touchpoint":
            return f"waits until {name} is planned"
        case "done":
            return f"waits until {name} is done"
        case "replied":
            return f"waits for a reply to {name}"
        case "answered":
            return f"waits for the answer to {name}"
        case "promise":
            return f"waits for a promise to be {name}"
        case _:
            return f"waits for {name or anchor.kind}"
