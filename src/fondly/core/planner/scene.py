"""What is true of one client at one instant: the ground on which every decision is made."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fondly.core.planner.compiled import Book, Step
from fondly.core.planner.facts import Signals
from fondly.core.planner.model import Fact, History, Stay
from fondly.core.planner.stays import Walk
from fondly.core.planner.timing import FAR

REMEMBERED = timedelta(days=100)  # how long a plan speaks of a stay after the client left it


@dataclass(slots=True)
class Scene:
    """Everything a decision may look at. `beyond` is the earliest moment seen past the horizon."""

    book: Book
    history: History
    signals: Signals
    walked: Walk
    zone: ZoneInfo
    business: ZoneInfo
    now: datetime
    until: datetime  # how far calls are made; further than the horizon, for what comes before something later
    horizon: datetime
    since: datetime | None = None  # leave out what is settled and the stays that were over by then
    beyond: datetime | None = None

    def spoken_zone(self, step: Step) -> ZoneInfo:
        """The zone in which this touchpoint's `when` is meant."""
        return self.business if step.when is not None and step.when.zone == "business" else self.zone

    def past_horizon(self, at: datetime) -> bool:
        """Whether a moment lies beyond the horizon; remembers the earliest such."""
        if at <= self.until:
            return False
        if self.beyond is None or at < self.beyond:
            self.beyond = at
        return True

    def over(self, stay: Stay) -> bool:
        """Whether a stay is so long gone that only what hangs on its end can still matter."""
        if stay.left_at is None or stay.left_at > self.now:
            return False
        return stay.left_at <= (self.since or self.now - REMEMBERED)

    def gone(self, stay: Stay) -> bool:
        """Whether the client has left this stay by now."""
        return stay.left_at is not None and stay.left_at <= self.now

    def is_certain(self, stay: Stay, at: datetime, *, survives: bool) -> bool:
        """Whether this hangs on an end that has come: however far ahead it lies, the journey is not over before it."""
        return survives and self.gone(stay) and at < FAR


def within(at: datetime, stay: Stay) -> bool:
    """A stay holds the instant it begins and not the instant it ends."""
    return stay.entered_at <= at and (stay.left_at is None or at < stay.left_at)


def key_of(stay: Stay, touchpoint: str, occurrence: str) -> str:
    return f"{stay.ordinal}:{stay.stage}/{touchpoint}/{occurrence}"


def facts_within(facts: list[Fact], stay: Stay) -> list[Fact]:
    return [fact for fact in facts if within(fact.at, stay)]


def as_day(value: Any, zone: ZoneInfo) -> tuple[date, datetime | None] | None:
    """A date field as (local day, instant); the instant is None for a plain date, the whole None for no date."""
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=zone)
        return aware.astimezone(zone).date(), aware
    return (value, None) if isinstance(value, date) else None


def _parsed(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None
