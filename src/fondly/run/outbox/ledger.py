"""Every change of a message's state on its way out, each in its own short transaction.

    held -> sending -> (committed) -> sent | uncertain | held again | failed

`commit` is the point of no return: it is the fence (is the message still mine?) and the last
policy check, in one transaction, just before the final dot. What was committed and got no
answer is uncertain and is never sent again by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from django.db import connection, transaction
from django.db.models import F, Q

from fondly.ground import clock
from fondly.people.clients import timeline
from fondly.run.journeys import records, switch
from fondly.run.journeys.leases import database_now, lease_end
from fondly.run.journeys.locking import locked
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox import faults, policy
from fondly.run.outbox.models import Attempt, Message
from fondly.run.outbox.smtp import NotSent, Stopped

BATCH = 50
MOST_CRASHES = 3
GIVE_UP_AFTER = timedelta(hours=48)
_FIRST_WAIT, _LONGEST_WAIT = 60, 4 * 3600  # seconds between tries
State = Message.State
UNSURE = "the connection ended before the mail server answered"


@dataclass(slots=True)
class Outgoing:
    """One message in a worker's hands. attempt: its row, once committed."""

    message: Message
    started_at: datetime
    attempt: Attempt | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took it: its last words, and when."""

    outgoing: Outgoing
    reply: str
    at: datetime


def claim(now: datetime, worker: str, limit: int = BATCH) -> list[Message]:
    """Take the next messages that may go, in their order. One that outlived its worker before comes alone."""
    faults.reach("before_claim")
    with transaction.atomic():
        rows = _ready(now).select_related("moment__journey", "client").order_by("go_at", "id")
        messages = list(locked(rows, skip=True)[:limit])
        alone = next((place for place, message in enumerate(messages) if message.crashes), len(messages))
        messages = messages[: max(alone, 1)]
        lease = lease_end(database_now())
        Message.objects.filter(pk__in=[message.pk for message in messages]).update(
            state=State.SENDING, worker=worker, lease_until=lease, attempts_made=F("attempts_made") + 1
        )
    for message in messages:
        message.state, message.worker, message.attempts_made = State.SENDING, worker, message.attempts_made + 1
    faults.reach("after_claim")
    return messages


def _ready(now: datetime):  # type: ignore[no-untyped-def]  # a QuerySet of Message
    """Held messages whose time has come, of active journeys whose plan is current."""
    current = Q(moment__journey__plan_at__isnull=True) | Q(moment__journey__plan_at__gt=now)
    living = Q(moment__journey__state=Journey.State.ACTIVE, moment__state=Moment.State.WORKING) & current
    return Message.objects.filter(Q(moment__isnull=True) | living, state=State.HELD, go_at__lte=now)


def renew(worker: str) -> None:
    """Hold on to what is claimed and not committed yet."""
    mine = Message.objects.filter(worker=worker, state=State.SENDING, committed_at__isnull=True)
    mine.update(lease_until=lease_end(database_now()))


def take_over(now: datetime) -> int:
    """Settle what dead workers held: not committed goes back to be sent, committed becomes uncertain."""
    instant = database_now()
    with transaction.atomic():
        stale = locked(Message.objects.filter(state=State.SENDING, lease_until__lt=instant), skip=True)
        rows = list(stale.values_list("pk", "moment_id", "committed_at", "crashes")[:1000])
        for pk, moment_id, committed_at, crashes in rows:
            if committed_at is not None:
                _set_uncertain(pk, moment_id, UNSURE, now)
            elif crashes + 1 >= MOST_CRASHES:
                _set_failed(pk, moment_id, f"{MOST_CRASHES} workers stopped while they held it", now)
            else:
                release([pk], now, crashed=True)
    return len(rows)


def release(ids: Sequence[int], go_at: datetime, *, why: str = "", crashed: bool = False) -> None:
    """Back to waiting; only what no worker has committed."""
    rows = Message.objects.filter(pk__in=ids, state=State.SENDING, committed_at__isnull=True)
    rows.update(
        state=State.HELD, worker="", lease_until=None, go_at=go_at, held_why=why[:200],
        crashes=F("crashes") + (1 if crashed else 0),
    )  # fmt: skip


def commit(outgoing: Outgoing, worker: str, results: list[Sent]) -> None:
    """The point of no return. Also writes the results of earlier messages, so that one commit does both.

    Raises Stopped when the message is no longer ours or may not go any more; then nothing changed
    (the earlier results are written by the caller's next commit) and the dot must not be sent.
    """
    faults.reach("before_commit")
    now = clock.now()
    with transaction.atomic():
        message = _lock(outgoing.message, worker)
        refusal = policy.refusal(message, now)
        if refusal:
            raise Stopped(refusal)
        finish(results)
        Message.objects.filter(pk=message.pk).update(committed_at=now)
        outgoing.attempt = Attempt.objects.create(
            message=message, worker=worker, started_at=outgoing.started_at, phase="committed"
        )
    results.clear()
    faults.reach("after_commit")


def _lock(message: Message, worker: str) -> Message:
    """The message, locked, if this worker still holds it; its journey locked too, so that an exit waits or wins."""
    if _switch_is_off():
        raise Stopped("everything is paused")
    if message.moment_id is not None:
        list(locked(Journey.objects.filter(moments=message.moment_id)).values_list("pk"))
    mine = Message.objects.filter(
        pk=message.pk, state=State.SENDING, worker=worker, committed_at__isnull=True, lease_until__gt=database_now()
    )
    found = locked(mine.select_related("moment__journey", "client")).first()
    if found is None:
        raise Stopped("another worker has taken it over")
    return found


def _switch_is_off() -> bool:
    """Read under a shared lock, so that pausing everything waits for, or stops, every commit."""
    if connection.vendor != "postgresql":
        return bool(switch.why_paused())
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM ground_setting WHERE name = %s FOR SHARE", [switch.NAME])
        row = cursor.fetchone()
    return bool(row and row[0])


def finish(results: Iterable[Sent]) -> None:
    """Record what the server took: message, attempt, moment and timeline together. Call in a transaction."""
    facts = []
    for sent in results:
        message, attempt = sent.outgoing.message, sent.outgoing.attempt
        Message.objects.filter(pk=message.pk, state__in=(State.SENDING, State.UNCERTAIN)).update(
            state=State.SENT, ended_at=sent.at, reply=sent.reply[:500], worker="", lease_until=None, held_why=""
        )
        if attempt is not None:
            Attempt.objects.filter(pk=attempt.pk).update(
                ended_at=sent.at, phase="done", code=_code(sent.reply), reply=sent.reply[:500]
            )
        facts += _done(message, sent.at)
    timeline.record(*facts)


def _done(message: Message, at: datetime) -> list[timeline.NewFact]:
    """The moment is done; the fact says what was sent."""
    moment = message.moment
    if moment is None:
        return []
    waiting = (Moment.State.WORKING, Moment.State.UNCERTAIN)
    Moment.objects.filter(pk=moment.pk, state__in=waiting).update(
        state=Moment.State.DONE, asks="", ended_at=at, ended_by="Fondly", reason=""
    )
    data = {"message": message.pk, "to": message.to_address, **records.promises_of(moment)}
    return [records.of_moment(moment, "sent", at, text=message.subject, data=data)]


def write_results(results: list[Sent]) -> None:
    """Write what is still unwritten, in a transaction of its own."""
    if results:
        faults.reach("before_result")
        with transaction.atomic():
            finish(results)
        results.clear()
        faults.reach("after_result")


def not_sent(outgoing: Outgoing, error: NotSent, now: datetime) -> None:
    """Record a try that failed, and what becomes of the message."""
    message = outgoing.message
    with transaction.atomic():
        _note_attempt(outgoing, error, now)
        if error.kind == "unknown":
            _set_uncertain(message.pk, message.moment_id, error.reply or UNSURE, now)
            return
        Message.objects.filter(pk=message.pk).update(committed_at=None)  # the server itself said no: nothing is in doubt
        if error.kind == "never" or now - message.made_at > GIVE_UP_AFTER:
            words = error.reply if error.kind == "never" else f"tried for 48 hours; last: {error.reply}"
            _set_failed(message.pk, message.moment_id, f"{error.code or ''} {words}".strip(), now)
        else:
            release([message.pk], now + backoff(message), why=f"will be tried again: {error.code or ''} {error.reply}")


def backoff(message: Message) -> timedelta:
    """1, 2, 4 ... minutes up to 4 hours, each a little different per message, the same every time."""
    seconds = min(_FIRST_WAIT * 2 ** min(message.attempts_made - 1, 12), _LONGEST_WAIT)
    jitter = crc32(f"{message.effect_key}/{message.attempts_made}".encode()) % 1000 / 4000  # 0 to a quarter more
    return timedelta(seconds=seconds * (1 + jitter))


def stop(message: Message, reason: str, now: datetime) -> None:
    """It may not go any more: cancel it, and its moment is skipped with the reason."""
    with transaction.atomic():
        held = Message.objects.filter(pk=message.pk, state=State.SENDING, committed_at__isnull=True)
        if not held.update(state=State.CANCELLED, reply=reason[:500], ended_at=now, worker="", lease_until=None):
            return
        moment = message.moment
        if moment is None:
            return
        Moment.objects.filter(pk=moment.pk, state=Moment.State.WORKING).update(
            state=Moment.State.SKIPPED, reason=reason[:300], ended_at=now, ended_by="Fondly"
        )
        timeline.record(records.of_moment(moment, "skipped", now, text=reason))


def _note_attempt(outgoing: Outgoing, error: NotSent, now: datetime) -> None:
    values = {"ended_at": now, "phase": error.phase[:12], "code": error.code or None, "reply": error.reply}
    if outgoing.attempt is not None:
        Attempt.objects.filter(pk=outgoing.attempt.pk).update(**values)
    else:
        message = outgoing.message
        Attempt.objects.create(message=message, worker=message.worker, started_at=outgoing.started_at, **values)


def _set_uncertain(pk: int, moment_id: int | None, words: str, now: datetime) -> None:
    Message.objects.filter(pk=pk, state=State.SENDING).update(
        state=State.UNCERTAIN, ended_at=now, reply=words[:500], lease_until=None
    )
    Moment.objects.filter(pk=moment_id, state=Moment.State.WORKING).update(
        state=Moment.State.UNCERTAIN, reason=words[:300]
    )


def _set_failed(pk: int, moment_id: int | None, words: str, now: datetime) -> None:
    Message.objects.filter(pk=pk, state=State.SENDING).update(
        state=State.FAILED, ended_at=now, reply=words[:500], worker="", lease_until=None, held_why=""
    )
    Moment.objects.filter(pk=moment_id, state=Moment.State.WORKING).update(
        state=Moment.State.DUE, asks="failed", reason=words[:300]
    )


def _code(reply: str) -> int | None:
    return int(reply[:3]) if reply[:3].isdigit() else None


def next_at(after: datetime) -> datetime | None:
    """When the next waiting message may go."""
    rows = Message.objects.filter(state=State.HELD, go_at__gt=after).order_by("go_at")
    return rows.values_list("go_at", flat=True).first()
