"""What must change so that the stored moments of a journey become those of its plan. Values in, values out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from fondly.core.planner.model import Alert, Plan, Schedule, Skip
from fondly.ground.wording import recorded
from fondly.run.journeys.histories import Kept
from fondly.run.journeys.models import Moment

State = Moment.State
WAITING = frozenset({State.PLANNED.value, State.DUE.value})


@dataclass(slots=True)
class Difference:
    """Changes to one journey's moments. moved: time, words or the question to a person differ.

    cancelled may come back; skipped is for good. recalled: on its way, to be withdrawn if still possible.
    postponed: on its way, and the plan has it later.
    """

    added: list[Schedule] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    moved: list[tuple[Kept, Schedule]] = field(default_factory=list)
    cancelled: list[tuple[Kept, str]] = field(default_factory=list)
    skipped: list[tuple[Kept, str]] = field(default_factory=list)
    recalled: list[tuple[Kept, str]] = field(default_factory=list)
    questioned: list[tuple[Kept, str]] = field(default_factory=list)  # on its way, yet a person must be asked
    postponed: list[tuple[Kept, Schedule]] = field(default_factory=list)
    kept: int = 0
    lingers: bool = False  # something the plan does not have any more is still to come to its end
    next_at: datetime | None = None

    def empty(self) -> bool:
        lists = (self.added, self.alerts, self.moved, self.cancelled, self.skipped)
        on_their_way = (self.recalled, self.questioned, self.postponed)
        return not any((*lists, *on_their_way))


def compare(plan: Plan, stored: Iterable[Kept], now: datetime) -> Difference:
    """Never touches what is done, skipped, uncertain or failed, nor what a person decided."""
    difference = Difference()
    rows = {row.key: row for row in stored}
    for schedule in plan.moments:
        row = rows.get(schedule.key)
        if not schedule.settled:
            _place(difference, schedule, row, now)
        elif row is not None and _is_unwritten(row):
            difference.cancelled.append((row, recorded("the timeline says it was done already")))
    skips = {skip.key: skip for skip in plan.skips}
    alerts = {alert.key: alert for alert in plan.alerts}
    wanted = {schedule.key for schedule in plan.moments}
    for key, alert in alerts.items():
        if key not in rows:
            difference.alerts.append(alert)
    for row in rows.values():
        if row.key not in wanted and row.key not in alerts:
            _leave_out(difference, row, skips.get(row.key), now)
    difference.next_at = _next(plan, rows)
    return difference


def _place(difference: Difference, schedule: Schedule, row: Kept | None, now: datetime) -> None:
    if row is None:
        difference.added.append(schedule)
    elif _is_on_its_way(row):
        difference.kept += 1
        _place_on_its_way(difference, schedule, row, now)
    elif row.state == State.DUE:
        _place_due(difference, schedule, row, now)
    elif row.state == State.CANCELLED or (_is_unwritten(row) and _differs(row, schedule)):
        difference.moved.append((row, schedule))
    else:
        difference.kept += 1


def _is_on_its_way(row: Kept) -> bool:
    """Whether what is to be sent has been written down. (Until then a lease says who has claimed it.)"""
    return row.state == State.WORKING and row.lease_until is None


def _is_unwritten(row: Kept) -> bool:
    """It waits, or a worker has just claimed it: who finds it changed drops it, so the plan decides as if it waited."""
    return row.state in WAITING or (row.state == State.WORKING and row.lease_until is not None)


def _place_on_its_way(difference: Difference, schedule: Schedule, row: Kept, now: datetime) -> None:
    """What waits to be sent is held back when a person must be asked, or when its time is later now (a cap, a date)."""
    if schedule.ask:
        difference.questioned.append((row, schedule.ask))
    elif schedule.at > now:
        difference.postponed.append((row, schedule))


def _place_due(difference: Difference, schedule: Schedule, row: Kept, now: datetime) -> None:
    """What waits for a person goes back to waiting for its time only when that time is now in the future."""
    if row.asks in ("by_hand", "late") and schedule.at > now and not schedule.ask:
        difference.moved.append((row, schedule))
    else:
        difference.kept += 1


def asks_late(schedule: Schedule) -> bool:
    """Whether a person must say yes before this late moment happens (one done by hand is simply overdue)."""
    return bool(schedule.ask) and schedule.mode != "by_hand"


def _differs(row: Kept, schedule: Schedule) -> bool:
    if asks_late(schedule):
        return True
    return row.at != schedule.at or row.wanted_at != schedule.wanted_at or row.why != schedule.why[:300]


def _leave_out(difference: Difference, row: Kept, skip: Skip | None, now: datetime) -> None:
    reason = skip.reason if skip is not None else recorded("the plan no longer has it")
    difference.lingers |= skip is None and _lingers(row)
    if _is_on_its_way(row):
        if skip is not None:
            difference.recalled.append((row, reason))
    elif not _is_unwritten(row) or (row.override and skip is None):
        difference.kept += 1
    elif skip is not None and skip.at <= now:
        difference.skipped.append((row, reason))
    else:
        difference.cancelled.append((row, reason))


def _lingers(row: Kept) -> bool:
    """Whether it comes to its end without the plan: a person wants it all the same, it is leaving, or in doubt."""
    return _is_on_its_way(row) or (_is_unwritten(row) and bool(row.override)) or row.state == State.UNCERTAIN


def _next(plan: Plan, rows: dict[str, Kept]) -> datetime | None:
    """When the next thing of this journey is to happen, done ones left out."""
    settled = {key for key, row in rows.items() if row.state not in WAITING and row.state != State.CANCELLED}
    return min((s.at for s in plan.moments if not s.settled and s.key not in settled), default=None)
