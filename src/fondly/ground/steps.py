"""How an action over many things is cut into slices, so that it may be killed, stopped and watched on its way."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Slice:
    """A part that is done. done: things dealt with in all; cursor: where the next one begins; made: what the end must
    know of this one. cursor and made are plain JSON values.
    """

    done: int
    cursor: Any
    made: Any = None


@dataclass(frozen=True, slots=True)
class Walked:
    """What the slices made, in their order. whole: False when it was stopped, or failed, on the way."""

    made: list[Any] = field(default_factory=list)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Steps:
    """size(actor, given): how many things; raises Refused for what cannot be done at all. Writes nothing.

    slices(actor, given, cursor): does one slice each time it is asked, always inside a transaction that also keeps
    the cursor; None is the start. It must hold nothing of the database from one slice to the next but what it may.
    """

    size: Callable[[Any, Any], int]
    slices: Callable[[Any, Any, Any], Iterator[Slice]]


def parts(items: Sequence[Item], size: int, start: int = 0) -> Iterator[tuple[int, Sequence[Item]]]:
    """`size` items at a time from place `start` on, each with the place behind it."""
    for first in range(start, len(items), size):
        some = items[first : first + size]
        yield first + len(some), some
