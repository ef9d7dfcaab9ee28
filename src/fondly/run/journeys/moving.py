"""Moving journeys to another version, and back."""

from collections.abc import Sequence
from datetime import datetime

from fondly.core.playbook.model import Playbook as Book
from fondly.design.playbooks.models import PlaybookVersion
from fondly.ground import bulk
from fondly.ground.locking import locked
from fondly.run.journeys import moment_rows
from fondly.run.journeys.effect import LateChoice, Turn, open_time, turns_of
from fondly.run.journeys.histories import Kept, with_clients
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.reconcile import keep, reconcile
from fondly.run.journeys.starting import LIVING

State = Moment.State
_OVERRIDE = ("override", "override_at", "override_by", "override_why", "state", "asks", "reason", "ended_at", "at")


def mark_of(version: PlaybookVersion) -> str:
    """What the overrides of a move say, by which its undo finds them."""
    return f"move to version {version.number} (#{version.pk})"


def move_batch(
    ids: Sequence[int], version: PlaybookVersion, book: Book, late: LateChoice, by: str, now: datetime
) -> tuple[list[Turn], list[Journey]]:
    """Move these journeys; returns what changed, and those that stayed because the version lacks their stage."""
    journeys = list(locked(with_clients(Journey.objects.filter(pk__in=ids)).order_by("pk")))
    turns, stranded = turns_of(journeys, book, now)
    _decide_late(turns, version, book, late, by, now)
    going = [turn.journey for turn in turns]
    for journey in going:
        journey.version = version
        journey.revision += 1
    bulk.update(Journey, ("version", "revision"), [(version.pk, j.revision, j.pk) for j in going])
    keep([turn.planned for turn in turns if not turn.at_once], now)
    reconcile([turn.journey for turn in turns if turn.at_once], now)  # a person's choice is part of their plan now
    return turns, stranded


def move_back(ids: Sequence[int], version_id: int, mark: str, now: datetime) -> int:
    """Undo a move: the old version, and none of the move's own decisions. A journey that has ended since stays so."""
    living = Journey.objects.filter(pk__in=ids, state__in=LIVING)
    journeys = list(locked(with_clients(living).order_by("pk")))
    undone = Moment.objects.filter(journey__in=journeys, override_why=mark)
    undone.filter(state=State.SKIPPED).update(state=State.CANCELLED, reason="", ended_at=None)
    undone.update(override="", override_at=None, override_by="", override_why="")
    for journey in journeys:
        journey.version_id = version_id
        journey.revision += 1
    bulk.update(Journey, ("version", "revision"), [(version_id, j.revision, j.pk) for j in journeys])
    reconcile(journeys, now)
    return len(journeys)


def _decide_late(
    turns: Sequence[Turn], version: PlaybookVersion, book: Book, late: LateChoice, by: str, now: datetime
) -> None:
    """Write the person's choice for what would otherwise happen at once, as an override that survives planning."""
    mark = mark_of(version)
    fresh: list[tuple[object, ...]] = []
    changed: list[tuple[object, ...]] = []
    for turn in turns:
        stored = {schedule.key: row for row, schedule in turn.difference.moved}
        for schedule in turn.at_once:
            values: tuple[object, ...] = ("skip", None, by, mark, State.SKIPPED, "", mark, now, schedule.at)
            if late != "skip":
                at = open_time(turn.journey, book, schedule, now, spread=late == "spread")
                values = ("at", at, by, mark, State.PLANNED, "", "", None, at)
            row: Kept | None = stored.get(schedule.key)
            if row is not None:
                changed.append((*values, row.id))
            else:
                fresh.append((*moment_rows.what(turn.journey, book, schedule), *values))
    bulk.insert_rows(Moment, (*moment_rows.WHAT, *_OVERRIDE), fresh)
    bulk.update(Moment, _OVERRIDE, changed)
