"""The people one meets first, by trade: where they stand, and what makes them worth looking at. See casts.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Part:
    """days: how long ago they entered `stage`, where they are now. fields: their values; "today" has its yearly day."""

    name: str
    stage: str
    days: float
    persona: str = ""
    memory: str = ""
    kind: str = "person"
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """Something said or done lately. ago: before now."""

    name: str
    ago: timedelta
    kind: str
    channel: str
    feeling: int | None
    solved: str
    text: str


@dataclass(frozen=True, slots=True)
class Cast:
    """promised: to whom something is promised that is due now, and what."""

    people: tuple[Part, ...] = ()
    lines: tuple[Line, ...] = ()
    promised: tuple[str, str] | None = None


def cast_of(trade: str) -> Cast:
    """The cast of a trade; an empty one for a trade without."""
    text = (files("fondly.doors.demo") / "casts.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text).get(trade)
    if found is None:
        return Cast()
    people = tuple(Part(*row[:5], **(row[5] if len(row) > 5 else {})) for row in found["people"])
    lines = tuple(Line(row[0], timedelta(hours=row[1]), *row[2:]) for row in found["lines"])
    return Cast(people, lines, tuple(found["promise"]))
