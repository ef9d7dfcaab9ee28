"""A rehearsal as a calendar: what one client would live through in the next days, day by day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from fondly.core.planner.ghosts import Character
from fondly.core.planner.model import Ghost, Schedule, Stay
from fondly.core.planner.rehearsal import Rehearsal, live
from fondly.core.planner.zones import zone_of
from fondly.core.playbook.model import Playbook

DAYS = 90


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    moments: tuple[Schedule, ...]
    entered: tuple[Stay, ...]


def ghost_life(book: Playbook, now: datetime, stage: str = "", persona: str = "", days: int = DAYS) -> Rehearsal:
    """A made-up client who does what the playbook hopes for, from now on. Raises ValueError for an unknown stage."""
    character = Character(book, "rehearsal")
    fields = {name: value for name in book.fields if (value := character.field(name, now)) is not None}
    ghost = Ghost(start=now, stage=stage, zone=book.timezone, persona=persona, fields=fields, seed="rehearsal")
    return live(book, ghost, now + timedelta(days=days), character.stay, character.answer)


def days_of(moments: Iterable[Schedule], stays: Iterable[Stay], zone: str = "UTC") -> list[Day]:
    """Only the days on which something happens, in order. zone: whose days the stays are told in."""
    found: dict[date, tuple[list[Schedule], list[Stay]]] = {}
    for on, group in groupby(sorted(moments, key=lambda m: m.at), key=lambda m: date.fromisoformat(m.local[:10])):
        found.setdefault(on, ([], []))[0].extend(group)
    for stay in stays:
        found.setdefault(stay.entered_at.astimezone(zone_of(zone)).date(), ([], []))[1].append(stay)
    return [Day(on, tuple(m), tuple(s)) for on, (m, s) in sorted(found.items())]
