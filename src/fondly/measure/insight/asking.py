"""What somebody asks of a metric: by what, over which time, of whom."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from fondly.core.metrics.estimates import LEVEL

_LAST = re.compile(r"(\d{1,5})\s*(d|w|m|y|day|days|week|weeks|month|months|year|years)")
_DAYS = {"d": 1.0, "w": 7.0, "m": 365.25 / 12, "y": 365.25}


class CannotAnswer(ValueError):
    """The question cannot be answered: says what is wrong with it and what would do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """by: dimensions, none for one figure of all. since <= at < until, None for no bound. where: dimension -> value."""

    by: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    level: float = LEVEL


def asked(
    now: datetime,
    by: str | Sequence[str] | None = None,
    last: str | None = None,
    since: str | date | None = None,
    until: str | date | None = None,
    where: Mapping[str, str] | None = None,
    level: float = LEVEL,
) -> Asked:
    """From words: by "stage" or "stage,channel"; last "365d", "12w", "6m" or "1y" before now; since and until as ISO.

    Raises CannotAnswer on a length or a day that cannot be read, and on last together with since.
    """
    if last and since:
        raise CannotAnswer("Give last or since, not both: last counts back from now.")
    if not 0.5 <= level < 1:
        raise CannotAnswer(f"level is {level:g}; give a share from 0.5 to under 1, such as 0.95.")
    begin = _before(now, last) if last else instant("since", since)
    end = instant("until", until)
    if begin and end and begin >= end:
        raise CannotAnswer("The period ends before it begins; exchange since and until.")
    return Asked(_names(by), begin, end, dict(where or {}), level)


def _before(now: datetime, last: str) -> datetime:
    try:
        return now - length(last)
    except OverflowError as error:
        raise CannotAnswer(f"{last} goes back further than the calendar does.") from error


def length(text: str) -> timedelta:
    """A length such as 365d, 12w, 6m (a twelfth of a year each) or 1y. Raises CannotAnswer."""
    found = _LAST.fullmatch(text.strip().lower())
    if not found:
        raise CannotAnswer(f"{text!r} is no length; write such as 365d, 12w, 6m or 1y.")
    return timedelta(days=int(found[1]) * _DAYS[found[2][0]])


def _names(by: str | Sequence[str] | None) -> tuple[str, ...]:
    parts = by.split(",") if isinstance(by, str) else list(by or ())
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def instant(name: str, given: str | date | None) -> datetime | None:
    """A day means its beginning in UTC, and so does an instant without a zone."""
    if given is None or given == "":
        return None
    try:
        read = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError as error:
        raise CannotAnswer(f"{name} is {given!r}; write a day or an instant such as 2026-06-01.") from error
    if not isinstance(read, datetime):
        read = datetime(read.year, read.month, read.day)  # noqa: DTZ001 - gets its zone below
    return read if read.tzinfo else read.replace(tzinfo=UTC)
