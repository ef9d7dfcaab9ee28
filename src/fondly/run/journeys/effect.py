"""Who would get what if journeys lived another version: the same computation shows it and does it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zlib import crc32

from django.db.models import QuerySet

from fondly.core.planner.calendars import first_open
from fondly.core.planner.compiled import ready
from fondly.core.planner.model import Schedule
from fondly.core.planner.zones import zone_of
from fondly.core.playbook.model import Playbook as Book
from fondly.design.playbooks import library
from fondly.design.playbooks.models import PlaybookVersion
from fondly.run.journeys.difference import WAITING, Difference
from fondly.run.journeys.histories import with_clients
from fondly.run.journeys.models import Journey
from fondly.run.journeys.reconcile import Planned, look

LateChoice = Literal["send", "spread", "skip"]
BATCH = 500
SHOWN = 200  # clients told one by one
COUNTED = ("journeys", "changed", "kept", "moved", "added", "dropped", "would_send_now", "stranded")
_MORNING = 4 * 3600  # seconds over which those that wait for the end of quiet hours are spread
SPREAD = timedelta(days=2)  # over which `spread` sends what would otherwise go at once


@dataclass(frozen=True, slots=True)
class ClientEffect:
    """What changes for one client. Touchpoint names; would_send_now: automatic ones whose time has passed already."""

    journey_id: int
    client_id: int
    name: str
    stage: str  # its title
    added: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    would_send_now: tuple[str, ...] = ()


@dataclass(slots=True)
class Effect:
    """Counts of moments over all journeys; stranded: journeys whose stage the version does not have (they stay)."""

    journeys: int = 0
    changed: int = 0
    kept: int = 0
    moved: int = 0
    added: int = 0
    dropped: int = 0
    would_send_now: int = 0
    stranded: int = 0
    clients: list[ClientEffect] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Turn:
    """One journey's change to another version: its new plan, and which schedules would happen at once."""

    planned: Planned
    at_once: tuple[Schedule, ...]

    @property
    def journey(self) -> Journey:
        return self.planned.journey

    @property
    def difference(self) -> Difference:
        return self.planned.difference


def preview(playbook_id: int, new: str | int, now: datetime, *, from_version_id: int | None = None) -> Effect:
    """The effect on everyone living the playbook (or one version of it). new: a text, or a version's id.

    Writes nothing. Raises PlaybookError when the text cannot be read.
    """
    book = library.parse(new) if isinstance(new, str) else library.parsed(new)
    rows = concerned(playbook_id, from_version_id, new if isinstance(new, int) else None)
    return total(of(*turns_of(journeys, book, now)) for journeys in batches(rows))


def of(turns: Sequence[Turn], stranded: Sequence[Journey]) -> Effect:
    """What `turns_of` found, in sums."""
    effect = Effect(stranded=len(stranded))
    for turn in turns:
        _count(effect, turn)
    return effect


def total(parts: Iterable[Effect]) -> Effect:
    """The sums of all parts, and the first SHOWN clients."""
    found = Effect()
    for part in parts:
        for name in COUNTED:
            setattr(found, name, getattr(found, name) + getattr(part, name))
        found.clients += part.clients[: SHOWN - len(found.clients)]
    return found


def concerned(playbook_id: int, from_version_id: int | None, to_version_id: int | None) -> QuerySet[Journey]:
    """The living journeys that would change to another version, by id."""
    rows = Journey.objects.filter(playbook=playbook_id, state__in=(Journey.State.ACTIVE, Journey.State.PAUSED))
    if from_version_id is not None:
        rows = rows.filter(version=from_version_id)
    if to_version_id is not None:
        rows = rows.exclude(version=to_version_id)
    return rows.order_by("pk")


def batches(rows: QuerySet[Journey], last: int = 0) -> Iterator[list[Journey]]:
    """Those behind the id `last`, with their clients, a batch at a time."""
    while batch := list(with_clients(rows.filter(pk__gt=last))[:BATCH]):
        yield batch
        last = batch[-1].pk


def turns_of(journeys: Sequence[Journey], book: Book, now: datetime) -> tuple[list[Turn], list[Journey]]:
    """What changes for each journey under `book`; and those whose stage it does not have."""
    staying = [journey for journey in journeys if journey.stage not in book.stages]
    going = [journey for journey in journeys if journey.stage in book.stages]
    planned = look(going, {journey.version_id: book for journey in going}, now)
    return [Turn(one, _at_once(one.difference, now)) for one in planned], staying


def _count(effect: Effect, turn: Turn) -> None:
    """Add one journey's change to the sums."""
    difference = turn.difference
    dropped = [row for row, _ in (*difference.cancelled, *difference.skipped)]
    moved = [row for row, _ in difference.moved if row.state in WAITING]
    added = [*difference.added] + [s for row, s in difference.moved if row.state not in WAITING]
    effect.journeys += 1
    effect.kept += difference.kept
    effect.moved += len(moved)
    effect.added += len(added) + len(difference.alerts)
    effect.dropped += len(dropped)
    effect.would_send_now += len(turn.at_once)
    if difference.empty():
        return
    effect.changed += 1
    if len(effect.clients) < SHOWN:
        journey = turn.journey
        effect.clients.append(
            ClientEffect(
                journey.pk, journey.client_id, journey.client.name,
                turn.planned.book.stages[journey.stage].title,
                tuple(s.touchpoint for s in added), tuple(row.touchpoint for row in moved),
                tuple(row.touchpoint for row in dropped), tuple(s.touchpoint for s in turn.at_once),
            )
        )  # fmt: skip


def open_time(journey: Journey, book: Book, schedule: Schedule, now: datetime, *, spread: bool) -> datetime:
    """The next instant this moment may happen; with `spread` within two days, the same every time."""
    wait = crc32(f"{journey.pk}/{schedule.key}".encode()) % int(SPREAD.total_seconds()) if spread else 0
    at, compiled = now + timedelta(seconds=wait), ready(book)
    step = compiled.by_name.get(schedule.touchpoint)
    if step is None:
        return at
    gates = compiled.gates(step, zone_of(journey.client.zone, book.timezone))
    opened = first_open(at, gates)
    if opened is not None and spread and opened[0] > at:  # not all of a night's at the minute it opens
        opened = first_open(opened[0] + timedelta(seconds=wait % _MORNING), gates)
    return opened[0] if opened is not None else at


def _at_once(difference: Difference, now: datetime) -> tuple[Schedule, ...]:
    """Automatic moments that the other version adds, or brings forward, to a time that has passed."""
    due_anyway = {row.key for row, _ in difference.moved if row.state in WAITING and row.at <= now}
    moved = (schedule for _, schedule in difference.moved if schedule.key not in due_anyway)
    new = [*difference.added, *moved]
    return tuple(schedule for schedule in new if schedule.mode != "by_hand" and schedule.at <= now)


def version_of(playbook_id: int, version_id: int) -> PlaybookVersion | None:
    """A version journeys may move to: live, or retired."""
    rows = PlaybookVersion.objects.filter(pk=version_id, playbook=playbook_id)
    return rows.exclude(state=PlaybookVersion.State.DRAFT).first()
