"""Taking what is due: a lease for what Fondly does itself, a line on Today for what a person does.

Only moments of active journeys whose plan is current are taken, so conditions, consent, caps,
pauses and lateness have just been judged by the planner. A moment that stops its worker again
and again is taken alone, and given to a person after MOST_TRIES.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from fondly.design.playbooks import library
from fondly.ground import bulk
from fondly.ground.leases import database_now, lease_end
from fondly.ground.locking import locked
from fondly.run.journeys import performers
from fondly.run.journeys.assigning import Assigner
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.performers import Job, Result

BATCH = 100
MOST_TRIES = 4
State = Moment.State
_DUE = ("state", "asks", "assignee", "reason", "worker", "lease_until")
_HAND = ("state", "asks", "reason", "worker", "lease_until", "ended_at", "ended_by", "assignee")


@dataclass(slots=True)
class Claimed:
    """One batch: jobs for performers, and how many fell to people."""

    jobs: list[Job] = field(default_factory=list)
    by_hand: int = 0


def take_over(now: datetime) -> int:
    """Give back what dead workers held: their lease, by the database's clock, has run out."""
    instant = database_now()
    with transaction.atomic():
        stale = locked(Moment.objects.filter(state=State.WORKING, lease_until__lt=instant), skip=True)
        ids = list(stale.values_list("pk", flat=True)[:1000])
        rows = Moment.objects.filter(pk__in=ids)
        rows.update(state=State.PLANNED, worker="", lease_until=None, attempts=F("attempts") + 1)
        give_up(ids)
    return len(ids)


def give_up(ids: Sequence[int]) -> None:
    """Moments tried too often go to a person instead of blocking the rest."""
    Moment.objects.filter(pk__in=ids, attempts__gte=MOST_TRIES).update(
        state=State.DUE, asks="failed", reason=f"tried {MOST_TRIES} times without getting to an end"
    )


def claim(now: datetime, worker: str, limit: int = BATCH) -> Claimed:
    """Take one batch of due moments in their order, in one transaction."""
    with transaction.atomic():
        moments = _next(now, limit)
        if not moments:
            return Claimed()
        books = library.parsed_all({moment.journey.version_id for moment in moments})
        claimed = Claimed()
        rows: list[tuple[object, ...]] = []
        people, lease = Assigner(now.date()), lease_end(database_now())
        for moment in moments:
            book = books[moment.journey.version_id]
            stage = book.stages.get(moment.stage)
            touchpoint = stage.touchpoints.get(moment.touchpoint) if stage is not None else None
            if touchpoint is None or moment.mode == "by_hand" or performers.of(moment.channel) is None:
                assignee = moment.assignee_id or people.assignee(moment.role, moment.client)
                rows.append((State.DUE, "by_hand", assignee, "", "", None, moment.pk))
                claimed.by_hand += 1
            else:
                rows.append((State.WORKING, "", moment.assignee_id, "", worker, lease, moment.pk))
                claimed.jobs.append(Job(moment, moment.journey, moment.client, book, touchpoint))
        bulk.update(Moment, _DUE, rows)
        return claimed


def _next(now: datetime, limit: int) -> list[Moment]:
    """The next due moments; one that failed before comes alone, so that it cannot spoil others."""
    current = Q(journey__plan_at__isnull=True) | Q(journey__plan_at__gt=now)
    due = Moment.objects.filter(current, state=State.PLANNED, at__lte=now, journey__state=Journey.State.ACTIVE)
    rows = due.select_related("journey", "client").order_by("at", "id")
    moments = list(locked(rows, skip=True)[:limit])
    if moments and moments[0].attempts:
        return moments[:1]
    tried = next((place for place, moment in enumerate(moments) if moment.attempts), len(moments))
    return moments[:tried]


def perform(claimed: Claimed, now: datetime, worker: str) -> int:
    """Have the claimed jobs performed, per channel in one transaction; a batch that fails is tried one by one."""
    done = 0
    for channel in dict.fromkeys(job.moment.channel for job in claimed.jobs):
        jobs = [job for job in claimed.jobs if job.moment.channel == channel]
        done += _perform_together(channel, jobs, now, worker)
    return done


def _perform_together(channel: str, jobs: list[Job], now: datetime, worker: str) -> int:
    try:
        return _perform(channel, jobs, now, worker)
    except Exception as error:
        if len(jobs) > 1:
            return sum(_perform_together(channel, [job], now, worker) for job in jobs)
        _failed(jobs[0].moment.pk, error)
        return 0


def _perform(channel: str, jobs: list[Job], now: datetime, worker: str) -> int:
    performer = performers.of(channel)
    if performer is None:  # the channel's room went away between claim and now
        return 0
    with transaction.atomic():
        ids = [job.moment.pk for job in jobs]
        held = Moment.objects.filter(pk__in=ids, state=State.WORKING, worker=worker, lease_until__gt=database_now())
        mine = set(locked(held).values_list("pk", flat=True))
        ours = [job for job in jobs if job.moment.pk in mine]
        results = performer.perform(ours, now)
        _settle(ours, results, now)
    return len(ours)


def _settle(jobs: Sequence[Job], results: Sequence[Result], now: datetime) -> None:
    people, by_id = Assigner(now.date()), {job.moment.pk: job for job in jobs}
    rows = [_row(by_id[result.moment_id], result, now, people) for result in results]
    bulk.update(Moment, _HAND, rows)


def _row(job: Job, result: Result, now: datetime, people: Assigner) -> tuple[object, ...]:
    reason = result.reason[:300]
    assignee = job.moment.assignee_id or people.assignee(job.moment.role, job.client)
    match result.outcome:
        case "on_the_way":
            return (State.WORKING, "", "", "", None, None, "", assignee, job.moment.pk)
        case "done":
            return (State.DONE, "", reason, "", None, now, "Fondly", assignee, job.moment.pk)
        case "uncertain":
            return (State.UNCERTAIN, "", reason, "", None, None, "", assignee, job.moment.pk)
        case "skipped":
            return (State.SKIPPED, "", reason, "", None, now, "Fondly", assignee, job.moment.pk)
        case asks:
            return (State.DUE, asks, reason, "", None, None, "", assignee, job.moment.pk)


def _failed(moment_id: int, error: Exception) -> None:
    """Note the failure; after a few it goes to a person."""
    with transaction.atomic():
        rows = Moment.objects.filter(pk=moment_id, state=State.WORKING)
        words = f"{type(error).__name__}: {error}"[:300]
        rows.update(state=State.PLANNED, worker="", lease_until=None, attempts=F("attempts") + 1, reason=words)
        Moment.objects.filter(pk=moment_id, attempts__gte=MOST_TRIES).update(state=State.DUE, asks="failed")
