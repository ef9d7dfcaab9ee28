"""What came back about a message. Rooms above know; the message page shows it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sign:
    """One piece of evidence. words: as they are shown; is_bad: it did not reach the client."""

    at: datetime
    words: str
    is_bad: bool = False


# fn(message_id) -> signs, oldest first.
Source = Callable[[int], list[Sign]]
_sources: list[Source] = []


def register(source: Source) -> None:
    if source not in _sources:
        _sources.append(source)


def of(message_id: int) -> list[Sign]:
    """All that is known, oldest first."""
    return sorted((sign for source in _sources for sign in source(message_id)), key=lambda sign: sign.at)
