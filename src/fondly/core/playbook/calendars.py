"""The sentences of `calendar:`: business hours, quiet hours, days off."""

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Any

from fondly.core.playbook.durations import CLOCK, UnreadableError, span
from fondly.core.playbook.keys import WEEKDAYS
from fondly.core.words import say

Hours = tuple[time, time]
_DAYS = re.compile(r"([a-z]+)(?:\s*(?:-|–|to)\s*([a-z]+))?", re.IGNORECASE)
_BUSINESS = re.compile(rf"(?P<days>[a-z,\s–-]+?)\s+(?P<hours>{CLOCK}\s*(?:-|–|to)\s*{CLOCK}|closed)", re.IGNORECASE)
_ADVICE = say('Write for example "mon-fri 09:00-17:00", or a line for each day: "sat: 10:00-14:00", "sun: closed".')


def business(text: str) -> dict[int, Hours | None]:
    """`mon-fri 09:00-17:00` or `mon-fri 9:00-17:00, sat 10:00-14:00`: weekday -> hours, None for closed."""
    made: dict[int, Hours | None] = {}
    rest = text.strip()
    while rest:
        match = _BUSINESS.match(rest)
        if not match:
            raise UnreadableError(say('"{text}" are no business hours', text=text), _ADVICE)
        hours = None if match["hours"].casefold() == "closed" else _open(match["hours"], text)
        made.update(dict.fromkeys(_weekdays(match["days"], text), hours))
        rest = rest[match.end() :].lstrip(" ,;")
    return made


def _open(text: str, whole: str) -> Hours:
    first, last = span(text)
    if last < first:
        raise UnreadableError(say('"{whole}" closes before it opens', whole=whole), _ADVICE)
    return first, last


def _weekdays(text: str, whole: str) -> list[int]:
    days: list[int] = []
    for part in re.split(r"\s*,\s*|\s+and\s+", text.strip(" ,")):
        match = _DAYS.fullmatch(part.strip())
        if not match:
            raise UnreadableError(say('"{whole}" are no business hours', whole=whole), _ADVICE)
        first, last = _weekday(match[1], whole), _weekday(match[2] or match[1], whole)
        days += [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]
    return days


def _weekday(word: str, whole: str) -> int:
    short = word.casefold()[:3]
    if short not in WEEKDAYS:
        raise UnreadableError(say('"{word}" in "{whole}" is not a day', word=word, whole=whole), _ADVICE)
    return WEEKDAYS.index(short)


def quiet(text: str) -> Hours | tuple[()]:
    """`20:00-08:00`; () for `none`."""
    return () if text.strip().casefold() in ("none", "no", "never") else span(text)


def closed(text: str) -> tuple[date, date]:
    """`2026-12-24` or `2026-12-27 to 2027-01-02`: first and last day."""
    first, _, last = (part.strip() for part in text.partition(" to "))
    try:
        days = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        raise UnreadableError(
            say('"{text}" is not a day', text=text), say('Write "2026-12-24" or "2026-12-27 to 2027-01-02".')
        ) from None
    if days[1] < days[0]:
        raise UnreadableError(say('"{text}" ends before it begins', text=text), say("Swap the two dates."))
    return days


# Known without loading the library, which takes a third of a second.
_AT_HAND = frozenset({"US", "CA", "GB", "IE", "AU", "NZ", "DE", "AT", "CH", "FR", "NL", "BE", "ES", "IT"})


def holidays(text: str) -> str:
    """`US`, `US-NY`: a country, or a part of it, whose public holidays are known."""
    code = text.strip()
    if code.upper() in _AT_HAND or known_holidays(code):
        return code
    raise UnreadableError(
        say('no public holidays are known for "{text}"', text=text),
        say('Write the two letters of a country, and if you like a part of it: "US", "US-NY", "DE-BY".'),
    )


def known_holidays(code: str) -> bool:
    """Whether the holiday library knows this country or part of it."""
    from holidays import list_supported_countries

    country, _, part = code.upper().partition("-")
    parts = list_supported_countries(include_aliases=True).get(country)
    return parts is not None and (not part or part in {name.upper() for name in parts})


calendar: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {"business": business, "quiet": quiet, "closed": closed}
)
