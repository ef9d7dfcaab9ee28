"""What becomes of a message on its way out, each change in its own short transaction.

    held -> sending -> (committed) -> sent | uncertain | held again | failed

The point of no return is in `committing.py`, what the server took is written by `results.py`.
What was committed and got no answer is uncertain. Only what `must_arrive` is sent again by itself, and
only once evidence shows that it never went.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from zlib import crc32

from django.db import transaction
from django.db.models import F, QuerySet

from fondly.ground import clock
from fondly.ground.leases import database_now, lease_end
from fondly.ground.locking import locked
from fondly.people.clients import timeline
from fondly.run.journeys import ending, exits, merging, planning, records, starting
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox import faults, outgoing
from fondly.run.outbox.models import Attempt, Message
from fondly.run.outbox.outgoing import Outgoing
from fondly.run.outbox.smtp import NotSent

BATCH = 250
MOST_CRASHES = 3
GIVE_UP_AFTER = timedelta(hours=48)
_FIRST_WAIT, _LONGEST_WAIT = 60, 4 * 3600  # seconds between tries
State = Message.State
UNSURE = "the connection ended before the mail server answered"


def claim(now: datetime, worker: str, limit: int = BATCH) -> list[Outgoing]:
    """Take the next messages that may go, in their order. One that outlived its worker before comes alone."""
    faults.reach("before_claim")
    with transaction.atomic():
        messages = outgoing.ready(now, limit)
        alone = next((place for place, message in enumerate(messages) if message.crashes), len(messages))
        messages = messages[: max(alone, 1)]
        if messages:
            Message.objects.filter(pk__among={message.pk for message in messages}).update(
                state=State.SENDING, worker=worker, lease_until=lease_end(database_now()),
                attempts_made=F("attempts_made") + 1,
            )  # fmt: skip
    for message in messages:
        message.attempts_made += 1
    faults.reach("after_claim")
    return messages


def renew(worker: str, ids: Sequence[int]) -> None:
    """Hold on to these, claimed by this worker and not committed yet."""
    mine = Message.objects.filter(pk__in=ids, worker=worker, state=State.SENDING, committed_at__isnull=True)
    mine.update(lease_until=lease_end(database_now()))


def take_over(now: datetime) -> int:
    """Settle what dead workers held: not committed goes back to be sent, committed becomes uncertain."""
    instant = database_now()
    with transaction.atomic():
        stale = locked(Message.objects.filter(state=State.SENDING, lease_until__lt=instant), skip=True)
        rows = list(stale.values_list("pk", "moment_id", "worker", "committed_at", "crashes")[:1000])
        again = []
        for pk, moment_id, worker, committed_at, crashes in rows:
            if committed_at is not None:
                _set_uncertain(pk, worker, moment_id, UNSURE, now)
                Attempt.objects.create(message_id=pk, worker=worker, started_at=committed_at, phase="committed")
            elif crashes + 1 >= MOST_CRASHES:
                _set_failed(pk, worker, moment_id, f"{MOST_CRASHES} workers stopped while they held it", now)
            else:
                again.append(pk)
        Message.objects.filter(pk__in=again).update(
            state=State.HELD, worker="", lease_until=None, go_at=now, held_why="", crashes=F("crashes") + 1
        )
    return len(rows)


def release(ids: Sequence[int], worker: str, go_at: datetime, *, why: str = "") -> None:
    """Back to waiting, for what this worker holds and has sent no final dot of, or what the server said no to."""
    with transaction.atomic():
        mine = Message.objects.filter(pk__in=ids, state=State.SENDING, worker=worker)
        past = list(mine.filter(committed_at__isnull=False).values_list("client_id", "moment__journey"))
        mine.update(state=State.HELD, worker="", lease_until=None, committed_at=None, go_at=go_at, held_why=why[:200])
        if past:
            _look_again({client_id for client_id, _ in past}, {journey_id for _, journey_id in past})


def _look_again(client_ids: Collection[int], journey_ids: Collection[int | None]) -> None:
    """Past its point of no return a message could not be called back: what happened since is made up for now."""
    now, rows = clock.now(), Journey.objects.select_related("client")
    for journey in rows.filter(pk__in=[pk for pk in journey_ids if pk]).exclude(state__in=starting.LIVING):
        ending.cancel_undone(journey, ending.LEFT + str(exits.REASONS.get(journey.exit_reason, "")), now)
        merging.ask_what_did_not_go(journey)
    planning.ask_for(list(client_ids), now)


def not_sent(message: Outgoing, worker: str, error: NotSent, now: datetime) -> None:
    """Record a try that failed, and what becomes of the message."""
    with transaction.atomic():
        Attempt.objects.create(
            message_id=message.pk, worker=worker, started_at=message.started_at or now, ended_at=now,
            phase=error.phase[:12], code=error.code or None, reply=error.reply,
        )  # fmt: skip
        moment_id = message.moment.pk if message.moment is not None else None
        if error.kind == "unknown":
            _set_uncertain(message.pk, worker, moment_id, error.reply or UNSURE, now)
        elif error.kind == "never" or now - message.made_at > GIVE_UP_AFTER:
            words = error.reply if error.kind == "never" else f"tried for 48 hours; last: {error.reply}"
            _set_failed(message.pk, worker, moment_id, f"{error.code or ''} {words}".strip(), now)
            if message.moment is not None:
                _look_again({message.client_id}, {message.moment.journey_id})
        else:
            why = f"will be tried again: {error.code or ''} {error.reply}"
            release([message.pk], worker, now + backoff(message), why=why)


def backoff(message: Outgoing) -> timedelta:
    """1, 2, 4 ... minutes up to 4 hours, each a little different per message, the same every time."""
    seconds = min(_FIRST_WAIT * 2 ** min(message.attempts_made - 1, 12), _LONGEST_WAIT)
    jitter = crc32(f"{message.effect_key}/{message.attempts_made}".encode()) % 1000 / 4000  # 0 to a quarter more
    return timedelta(seconds=seconds * (1 + jitter))


def stop(message: Outgoing, worker: str, reason: str, now: datetime) -> None:
    """It may not go any more: cancel it, and its moment is skipped with the reason."""
    with transaction.atomic():
        held = Message.objects.filter(pk=message.pk, state=State.SENDING, worker=worker, committed_at__isnull=True)
        stopped = held.update(state=State.CANCELLED, reply=reason[:500], ended_at=now, worker="", lease_until=None)
        if not stopped or message.moment is None:
            return
        Moment.objects.filter(pk=message.moment.pk, state=Moment.State.WORKING).update(
            state=Moment.State.SKIPPED, reason=reason[:300], ended_at=now, ended_by="Fondly"
        )
        timeline.record(records.of_moment(message.moment, "skipped", now, text=reason))


def _set_uncertain(pk: int, worker: str, moment_id: int | None, words: str, now: datetime) -> None:
    ours = Message.objects.filter(pk=pk, state=State.SENDING, worker=worker)
    if ours.update(state=State.UNCERTAIN, ended_at=now, reply=words[:500], lease_until=None):
        _under_way(moment_id).update(state=Moment.State.UNCERTAIN, reason=words[:300])


def _set_failed(pk: int, worker: str, moment_id: int | None, words: str, now: datetime) -> None:
    ours = Message.objects.filter(pk=pk, state=State.SENDING, worker=worker)
    failed = ours.update(
        state=State.FAILED, ended_at=now, reply=words[:500], worker="", lease_until=None, committed_at=None, held_why=""
    )
    if failed:
        _under_way(moment_id).update(state=Moment.State.DUE, asks="failed", reason=words[:300])


def _under_way(moment_id: int | None) -> QuerySet[Moment]:
    return Moment.objects.filter(pk=moment_id or 0, state=Moment.State.WORKING)


def next_at(after: datetime) -> datetime | None:
    """When the next waiting message may go."""
    rows = Message.objects.filter(state=State.HELD, go_at__gt=after).order_by("go_at")
    return rows.values_list("go_at", flat=True).first()
