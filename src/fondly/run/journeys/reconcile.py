"""Making the stored moments, stays and stages those of the plan: in bulk, a constant number of queries a batch.

Call inside a transaction with the journeys locked. What is done, and what a person decided, stays.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fondly.core.planner import alike
from fondly.core.planner.decide import decide
from fondly.core.planner.model import History, Plan, Schedule
from fondly.core.playbook.model import Playbook as Book
from fondly.design.playbooks import library
from fondly.ground import bulk
from fondly.run.journeys import moment_rows, performers, records
from fondly.run.journeys.difference import Difference, compare
from fondly.run.journeys.exits import reason_of
from fondly.run.journeys.histories import Kept, Loaded, load
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.plan_words import recorded
from fondly.run.journeys.stays import StayWriter

HORIZON = timedelta(days=35)
LOOK_AGAIN = timedelta(days=14)  # at the latest, so that the stored future never runs out
MOVED = "its time was moved"
COMPLETED = "completed"
State = Moment.State


@dataclass(slots=True)
class Changes:
    """What one run changed, over all its journeys."""

    added: list[tuple[object, ...]] = field(default_factory=list)
    moved: list[tuple[object, ...]] = field(default_factory=list)
    ended: list[tuple[object, ...]] = field(default_factory=list)
    skipped: list[tuple[Journey, Kept, str]] = field(default_factory=list)
    journeys: list[tuple[object, ...]] = field(default_factory=list)
    withdraw: list[Kept] = field(default_factory=list)
    recall: list[tuple[Journey, Kept, str]] = field(default_factory=list)
    question: list[tuple[Kept, str]] = field(default_factory=list)
    postpone: list[tuple[Book, Kept, Schedule]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.added) + len(self.moved) + len(self.ended)


def plan_of(book: Book, history: History, now: datetime) -> Plan:
    """The plan up to the horizon, in the words that are stored."""
    return recorded(decide(book, history, now, until=now + HORIZON))


@dataclass(frozen=True, slots=True)
class Planned:
    """A journey (with `client` loaded) beside its plan. entered: (stage, at) on the timeline already."""

    journey: Journey
    book: Book
    plan: Plan
    difference: Difference
    entered: set[tuple[str, datetime]]


def reconcile(journeys: Sequence[Journey], now: datetime, *, past: str = "run") -> int:
    """Bring these journeys (with `client` loaded) to their plan; returns how many moments changed.

    past="skip": what was due before now is written down as skipped (backfill of old clients).
    """
    return keep(look(journeys, library.parsed_all({j.version_id for j in journeys}), now), now, past=past)


def look(journeys: Sequence[Journey], books: Mapping[int, Book], now: datetime) -> list[Planned]:
    """The plans of journeys, and how what is stored differs. books: by version id. Writes nothing."""
    loaded, found = load(journeys, books), []
    begun: dict[Hashable, Plan] = {}
    for journey in journeys:
        book = books[journey.version_id]
        plan = _plan_once(begun, book, loaded.histories[journey.pk], now)
        difference = compare(plan, loaded.moments.get(journey.pk, ()), now)
        found.append(Planned(journey, book, plan, difference, loaded.entered[journey.pk]))
    return found


def _plan_once(begun: dict[Hashable, Plan], book: Book, history: History, now: datetime) -> Plan:
    """The plan; journeys that began alike share it. begun: the plans to be shared so far."""
    beginning = alike.beginning(history)
    if beginning is None:
        return plan_of(book, history, now)
    plan = begun.get((id(book), beginning))
    if plan is None:
        plan = plan_of(book, history, now)
        if not alike.seed_counts(plan):
            begun[id(book), beginning] = plan
    return plan


def keep(planned: Sequence[Planned], now: datetime, *, past: str = "run") -> int:
    """Make what is stored that of the plans; returns how many moments changed."""
    changes, stays = Changes(), StayWriter([one.journey for one in planned])
    for one in planned:
        _collect(changes, one.journey, one.book, one.difference, now, past)
        stays.take(one.journey, one.plan, one.entered, now)
        changes.journeys.append(_journey_row(one.journey, one.plan, one.difference, now))
    write(changes, now)
    stays.write()
    return changes.count


def load_for(journeys: Sequence[Journey]) -> tuple[Mapping[int, Book], Loaded]:
    """Books and histories of journeys, for callers that only want to look."""
    books = library.parsed_all({journey.version_id for journey in journeys})
    return books, load(journeys, books)


def _collect(changes: Changes, journey: Journey, book: Book, diff: Difference, now: datetime, past: str) -> None:
    for schedule in diff.added:
        backfilled = past == "skip" and schedule.at < now
        changes.added.append((moment_rows.over if backfilled else moment_rows.new)(journey, book, schedule))
    changes.added += [moment_rows.alerted(journey, book, alert) for alert in diff.alerts]
    changes.moved += [moment_rows.moved(book, row, schedule) for row, schedule in diff.moved]
    for row, reason in diff.cancelled:
        changes.ended.append((State.CANCELLED, "", reason[:300], None, "", row.id))
        changes.withdraw.append(row)
    for row, reason in diff.skipped:
        changes.ended.append((State.SKIPPED, "", reason[:300], now, "Fondly", row.id))
        changes.skipped.append((journey, row, reason))
        changes.withdraw.append(row)
    changes.recall += [(journey, row, reason) for row, reason in diff.recalled]
    changes.question += diff.questioned
    changes.postpone += [(book, row, schedule) for row, schedule in diff.postponed]


def write(changes: Changes, now: datetime) -> None:
    """Store what was collected."""
    _recall(changes, now)
    waiting = [(row.id, row.channel) for row in changes.withdraw if row.asks == "approve"]
    performers.withdraw(waiting, "the plan no longer has it", now)
    bulk.insert_rows(Moment, moment_rows.NEW, changes.added)
    bulk.update(Moment, moment_rows.MOVED, changes.moved)
    bulk.update(Moment, ("state", "asks", "reason", "ended_at", "ended_by"), changes.ended)
    bulk.update(Journey, _JOURNEY, changes.journeys)
    records.skipped([(j, row, reason) for j, row, reason in changes.skipped], now)


def _recall(changes: Changes, now: datetime) -> None:
    """Call back or hold back what is on its way; what has left already stays as it is."""
    for journey, row, reason in changes.recall:
        if row.id in performers.withdraw([(row.id, row.channel)], reason, now):
            changes.ended.append((State.SKIPPED, "", reason[:300], now, "Fondly", row.id))
            changes.skipped.append((journey, row, reason))
    for row, reason in changes.question:
        if row.id in performers.ask([(row.id, row.channel)], reason, now):
            changes.ended.append((State.DUE, "approve", reason[:300], None, "", row.id))
    for book, row, schedule in changes.postpone:
        if row.wanted_at == schedule.wanted_at:
            performers.postpone(row.id, row.channel, schedule.at, "; ".join(schedule.moved))
        elif row.id in performers.withdraw([(row.id, row.channel)], MOVED, now):  # its text may name the old time
            changes.moved.append(moment_rows.moved(book, row, schedule))


_JOURNEY = ("stage", "stage_entered_at", "plan_at", "next_moment_at", "state", "ended_at", "exit_reason", "exit_stage")


def _journey_row(journey: Journey, plan: Plan, diff: Difference, now: datetime) -> tuple[object, ...]:
    """The journey's columns after the plan; also set on the object, for whoever holds it."""
    entered = [stay for stay in plan.stays if stay.entered_at <= now]
    if entered:
        journey.stage, journey.stage_entered_at = entered[-1].stage, entered[-1].entered_at
    journey.next_moment_at = diff.next_at
    journey.plan_at = min(plan.look_again_at or now + LOOK_AGAIN, now + LOOK_AGAIN)
    completed = plan.stop is not None and plan.stop.reason == COMPLETED
    if plan.stop is not None and not (completed and diff.lingers):
        journey.state = Journey.State.COMPLETED if completed else Journey.State.EXITED
        journey.exit_reason = "" if completed else reason_of(plan.stop.reason)
        journey.exit_stage = "" if completed else journey.stage
        journey.ended_at, journey.plan_at = plan.stop.at, None
    return (*(getattr(journey, name) for name in _JOURNEY), journey.pk)
