"""Lengths of time and clock times, as people write them."""

import re
from datetime import time

from fondly.core.playbook.model import Cap, Duration, Late, Reentry
from fondly.core.playbook.units import Unit
from fondly.core.words import say

UNITS: dict[str, Unit] = {
    "minute": "minutes",
    "hour": "hours",
    "day": "days",
    "week": "weeks",
    "month": "months",
    "business day": "business days",
    "business month": "business months",
}
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
DURATION = r"(?:\d+|an?|" + "|".join(WORDS[1:]) + r")\s+(?:business\s+)?(?:minute|hour|day|week|month|year)s?"
CLOCK = r"\d{1,2}:\d{2}"
_DURATION = re.compile(r"(\w+)\s+((?:business\s+)?\w+?)s?", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_SPAN = re.compile(rf"({CLOCK})\s*(?:-|–|to|and)\s*({CLOCK})", re.IGNORECASE)
_MOST = {"minutes": 525_600, "hours": 87_600, "days": 18_300, "weeks": 2_600, "months": 600}


class UnreadableError(ValueError):
    """A sentence that cannot be read. `advice` shows how to write it."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message, self.advice = message, advice


def duration(text: str) -> Duration:
    """`5 days`, `a week`, `2 business days`. Raises UnreadableError."""
    match = _DURATION.fullmatch(" ".join(text.split()))
    advice = say('Write a number and a unit, for example "5 days", "2 business days" or "4 hours".')
    if not match:
        raise UnreadableError(say('"{text}" is not a length of time', text=text), advice)
    count, name = _count(match[1]), match[2].casefold()
    if name == "year" and count is not None:
        count, name = count * 12, "month"
    if count is None or name not in UNITS:
        raise UnreadableError(say('"{text}" is not a length of time', text=text), advice)
    unit = UNITS[name]
    if not 1 <= count <= _MOST[unit.removeprefix("business ")]:
        found = say('"{text}" is no time at all', text=text) if count < 1 else say('"{text}" is too long', text=text)
        raise UnreadableError(found, advice)
    return Duration(count, unit)


def _count(word: str) -> int | None:
    word = word.casefold()
    if word.isascii() and word.isdigit() and len(word) < 9:
        return int(word)
    if word in ("a", "an"):
        return 1
    return WORDS.index(word) if word in WORDS else None


def clock(text: str) -> time:
    """`9:00` or `16:30`, a 24-hour clock time. Raises UnreadableError."""
    match = _CLOCK.fullmatch(text.strip())
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        raise UnreadableError(
            say('"{text}" is not a clock time', text=text), say('Write hours and minutes from 00:00 to 23:59: "16:30".')
        )
    return time(int(match[1]), int(match[2]))


def span(text: str) -> tuple[time, time]:
    """`08:00-20:00`, also with `to` or `and`; may wrap midnight. Raises UnreadableError."""
    match = _SPAN.fullmatch(text.strip())
    if not match:
        raise UnreadableError(
            say('"{text}" is not a span of time', text=text), say('Write two clock times: "08:00-20:00".')
        )
    first, last = clock(match[1]), clock(match[2])
    if first == last:
        raise UnreadableError(
            say('"{text}" begins and ends at the same time', text=text), say('Write two clock times: "08:00-20:00".')
        )
    return first, last


def late(text: str) -> Late:
    """`send`, `skip after 2 days`, `ask after 4 hours`. Raises UnreadableError."""
    words = " ".join(text.casefold().split())
    action, _, rest = words.partition(" after ")
    if action == "send" and not rest:
        return Late("send", None)
    if action == "skip":
        return Late("skip", duration(rest) if rest else Late().after)
    if action == "ask":
        return Late("ask", duration(rest) if rest else Late().after)
    raise UnreadableError(
        say('"{text}" does not say what happens when it is late', text=text),
        say('Write "send", "skip after 2 days" or "ask after 2 days".'),
    )


def cap(channel: str, text: str) -> Cap:
    """`2 per week`, `4 per 10 days`; channel `total` counts all channels. Raises UnreadableError."""
    match = re.fullmatch(r"(\d{1,6})\s+(?:per|a|an|in|every)\s+(.+)", text.strip(), re.IGNORECASE)
    advice = say('Write for example "2 per week" or "4 per 10 days".')
    if not match:
        raise UnreadableError(say('"{text}" is not a limit', text=text), advice)
    window = match[2] if match[2][0].isdigit() else f"1 {match[2]}"
    return Cap("" if channel == "total" else channel, int(match[1]), duration(window))


def reentry(text: str) -> Reentry:
    """`never`, `after exit`, `after 90 days`, `per matter`. Raises UnreadableError."""
    words = " ".join(text.casefold().replace("_", " ").split())
    if words == "never":
        return Reentry("never")
    if words == "per matter":
        return Reentry("per_matter")
    if words == "after exit":
        return Reentry("after_exit")
    if words.startswith("after "):
        return Reentry("after_interval", duration(words.removeprefix("after ")))
    raise UnreadableError(
        say('"{text}" does not say when a client may live it again', text=text),
        say('Write "never", "after exit", "after 90 days" or "per matter".'),
    )
