"""Taking what is due: a lease for what Fondly does itself, a line on Today for what a person does.

Only moments of active journeys whose plan is current are taken, so conditions, consent, caps,
pauses and lateness have just been judged by the planner. A moment that stops its worker again
and again is taken alone, and given to a person after MOST_TRIES.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F

from fondly.design.playbooks import library
from fondly.ground import bulk
from fondly.ground.leases import database_now, lease_end
from fondly.ground.locking import locked
from fondly.people.clients import timeline
from fondly.run.journeys import performers, records, rows
from fondly.run.journeys.assigning import Assigner
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.performers import Job, Result
from fondly.run.journeys.rows import ClientRow, MomentRow

BATCH = 250
MOST_TRIES = 4
State = Moment.State
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
        Moment.objects.filter(pk__in=ids).update(
            state=State.PLANNED, worker="", lease_until=None, attempts=F("attempts") + 1
        )
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
        taken = _next(now, limit)
        if not taken:
            return Claimed()
        books = library.parsed_all({moment.version_id for moment, _client in taken})
        claimed = Claimed()
        by_hand: list[tuple[object, ...]] = []
        people = Assigner(now.date())
        for moment, client in taken:
            book = books[moment.version_id]
            stage = book.stages.get(moment.stage)
            touchpoint = stage.touchpoints.get(moment.touchpoint) if stage is not None else None
            if touchpoint is None or moment.mode == "by_hand" or performers.of(moment.channel) is None:
                assignee = moment.assignee_id or people.assignee(moment.role, client)
                by_hand.append((State.DUE, "by_hand", assignee, "", moment.pk))
            else:
                claimed.jobs.append(Job(moment, client, book, touchpoint))
        bulk.update(Moment, ("state", "asks", "assignee", "reason"), by_hand)
        claimed.by_hand = len(by_hand)
        Moment.objects.filter(pk__among={job.moment.pk for job in claimed.jobs}).update(
            state=State.WORKING, asks="", reason="", worker=worker, lease_until=lease_end(database_now())
        )
        return claimed


def _next(now: datetime, limit: int) -> list[tuple[MomentRow, ClientRow]]:
    """The next due moments; one that failed before comes alone, so that it cannot spoil others."""
    taken = rows.due(now, limit)
    tried = next((place for place, (moment, _client) in enumerate(taken) if moment.attempts), len(taken))
    return taken[: max(tried, 1)]


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
        _stand_still(jobs)
        ids = {job.moment.pk for job in jobs}
        held = Moment.objects.filter(pk__among=ids, state=State.WORKING, worker=worker, lease_until__gt=database_now())
        mine = set(locked(held).values_list("pk", flat=True))
        ours = [job for job in jobs if job.moment.pk in mine]
        results = performer.perform(ours, now)
        _settle(ours, results, now)
    return len(ours)


def _stand_still(jobs: Sequence[Job]) -> None:
    """Keep planning, which takes back what it finds claimed, away from these journeys until what they do is written."""
    journeys = Journey.objects.filter(pk__among={job.moment.journey_id for job in jobs}).order_by("pk")
    list(locked(journeys).values_list("pk", flat=True))


def _settle(jobs: Sequence[Job], results: Sequence[Result], now: datetime) -> None:
    people, by_id = Assigner(now.date()), {job.moment.pk: job for job in jobs}
    settled = [_row(by_id[result.moment_id], result, now, people) for result in results]
    bulk.update(Moment, _HAND, settled)
    given_up = [(by_id[result.moment_id].moment, result) for result in results if result.outcome == "skipped"]
    timeline.record(*(records.of_moment(moment, "skipped", now, text=one.reason) for moment, one in given_up))


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
        words = f"{type(error).__name__}: {error}"[:300]
        Moment.objects.filter(pk=moment_id, state=State.WORKING).update(
            state=State.PLANNED, worker="", lease_until=None, attempts=F("attempts") + 1, reason=words
        )
        Moment.objects.filter(pk=moment_id, attempts__gte=MOST_TRIES).update(state=State.DUE, asks="failed")
