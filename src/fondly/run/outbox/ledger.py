"""Every change of a message's state on its way out, each in its own short transaction.

    held -> sending -> (committed) -> sent | uncertain | held again | failed

`commit` is the point of no return: it is the fence (is the message still mine?) and the last
policy check, in one transaction, just before the final dot. What was committed and got no
answer is uncertain and is never sent again by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from django.db import connection, transaction
from django.db.models import F, Q

from fondly.core.playbook.model import Playbook as Book
from fondly.ground import bulk, clock
from fondly.ground.leases import database_now, lease_end
from fondly.ground.locking import locked
from fondly.people.clients import timeline
from fondly.run.journeys import records, switch
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox import faults, policy
from fondly.run.outbox.models import Attempt, Message
from fondly.run.outbox.smtp import NotSent, Stopped

BATCH = 50
MOST_CRASHES = 3
GIVE_UP_AFTER = timedelta(hours=48)
_FIRST_WAIT, _LONGEST_WAIT = 60, 4 * 3600  # seconds between tries
State = Message.State
PAUSED = "everything is paused"
UNSURE = "the connection ended before the mail server answered"


@dataclass(slots=True)
class Outgoing:
    """One message in a worker's hands. book: of its journey, if it has one. attempt: its row's id, once committed.

    stamp: what the last look at the policy saw; with it, the point of no return asks again only when that changed.
    """

    message: Message
    started_at: datetime
    book: Book | None = None
    attempt: int | None = None
    stamp: policy.Stamp | None = None


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


def renew(worker: str, ids: Sequence[int]) -> None:
    """Hold on to these, claimed by this worker and not committed yet."""
    mine = Message.objects.filter(pk__in=ids, worker=worker, state=State.SENDING, committed_at__isnull=True)
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
        _require_ours(outgoing, worker, now)
        finish(results)
        message = outgoing.message
        bulk.update(Message, ("committed_at",), [(now, message.pk)])
        outgoing.attempt = _begun(message, worker, outgoing.started_at)
    results.clear()
    faults.reach("after_commit")


def _require_ours(outgoing: Outgoing, worker: str, now: datetime) -> None:
    """Raises Stopped unless this worker still holds the message and nothing has happened that keeps it here."""
    message = outgoing.message
    if connection.vendor == "postgresql":
        _lock_rows(message)
    found = _fresh(outgoing, worker, now)
    if found is None:
        raise Stopped("another worker has taken it over")
    moment_state, journey_state, is_current, paused, *looked_at = found
    if paused:
        raise Stopped(PAUSED)
    if message.moment_id is not None:
        refusal = policy.refused_by_journey(journey_state, moment_state, bool(is_current))
        if refusal:
            raise Stopped(refusal)
    refusal = "" if _as_stamped(outgoing, *looked_at) else policy.forbidden([message]).get(message.pk, "")
    if refusal or policy.opens_at(message, now, outgoing.book) > now:
        raise Stopped(refusal or "quiet hours")


def _lock_rows(message: Message) -> None:
    """An exit, a pause or an edit either waits for this commit or is seen by it. (SQLite has one writer.)"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM ground_setting WHERE name = %s FOR SHARE", [switch.NAME])
        if message.moment_id is not None:
            cursor.execute(
                "SELECT 1 FROM journeys_journey j JOIN journeys_moment m ON m.journey_id = j.id "
                "WHERE m.id = %s FOR UPDATE OF j",
                [message.moment_id],
            )
        cursor.execute("SELECT 1 FROM outbox_message WHERE id = %s FOR UPDATE", [message.pk])


_INSTANT = {"sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')", "postgresql": "clock_timestamp()"}
_FRESH = """
SELECT mo.state, j.state, (j.plan_at IS NULL OR j.plan_at > %s), s.value,
  (SELECT count(*) FROM clients_consent l WHERE l.client_id = m.client_id),
  (SELECT max(l.id) FROM clients_consent l WHERE l.client_id = m.client_id),
  EXISTS (SELECT 1 FROM clients_suppression x WHERE x.key_hash = %s),
  c.erased_at IS NOT NULL
FROM outbox_message m
JOIN clients_client c ON c.id = m.client_id
LEFT JOIN journeys_moment mo ON mo.id = m.moment_id
LEFT JOIN journeys_journey j ON j.id = mo.journey_id
LEFT JOIN ground_setting s ON s.name = %s
WHERE m.id = %s AND m.worker = %s AND m.state = 'sending' AND m.committed_at IS NULL AND m.lease_until > """


def _fresh(outgoing: Outgoing, worker: str, now: datetime) -> tuple[Any, ...] | None:
    """(moment's state, journey's state, is its plan current, why all is paused, and what the policy looks at).

    None when the message is not ours any more.
    """
    address_hash = outgoing.stamp.address_hash if outgoing.stamp else ""
    values = [connection.ops.adapt_datetimefield_value(now), address_hash, switch.NAME, outgoing.message.pk, worker]
    with connection.cursor() as cursor:
        cursor.execute(_FRESH + _INSTANT[connection.vendor], values)
        return cursor.fetchone()


def _as_stamped(outgoing: Outgoing, lines: int, newest: int | None, suppressed: bool, erased: bool) -> bool:
    """Whether consent, address and record are as they were when this message was found to be allowed."""
    same = outgoing.stamp is not None and outgoing.stamp.lines == (lines, newest or 0)
    return same and not suppressed and not erased


_BEGUN = """INSERT INTO outbox_attempt (message_id, worker, started_at, phase, reply)
VALUES (%s, %s, %s, 'committed', '') RETURNING id"""


def _begun(message: Message, worker: str, at: datetime) -> int:
    """The row of a try that passed the point of no return; its id."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGUN, [message.pk, worker, connection.ops.adapt_datetimefield_value(at)])
        return int(cursor.fetchone()[0])


def finish(results: Sequence[Sent]) -> None:
    """Record what the server took: message, attempt, moment and timeline together. Call in a transaction."""
    if not results:
        return
    bulk.update(
        Message, _SENT, [(State.SENT, r.at, r.reply[:500], "", None, "", r.outgoing.message.pk) for r in results]
    )
    attempts = [
        (r.at, "done", _code(r.reply), r.reply[:500], r.outgoing.attempt) for r in results if r.outgoing.attempt
    ]
    bulk.update(Attempt, ("ended_at", "phase", "code", "reply"), attempts)
    lived = [(moment, r) for r in results if (moment := r.outgoing.message.moment) is not None]
    done = [(Moment.State.DONE, "", r.at, "Fondly", "", moment.pk) for moment, r in lived]
    bulk.update(Moment, ("state", "asks", "ended_at", "ended_by", "reason"), done)
    timeline.record(*(_fact(moment, r) for moment, r in lived))


_SENT = ("state", "ended_at", "reply", "worker", "lease_until", "held_why")


def _fact(moment: Moment, sent: Sent) -> timeline.NewFact:
    """What the timeline says of a message that left."""
    message = sent.outgoing.message
    data = {"message": message.pk, "to": message.to_address, **records.promises_of(moment, sent.outgoing.book)}
    return records.of_moment(moment, "sent", sent.at, text=message.subject, data=data)


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
        Message.objects.filter(pk=message.pk).update(
            committed_at=None
        )  # the server itself said no: nothing is in doubt
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
        Attempt.objects.filter(pk=outgoing.attempt).update(**values)
    else:
        message = outgoing.message
        Attempt.objects.create(message=message, worker=message.worker, started_at=outgoing.started_at, **values)


def _set_uncertain(pk: int, moment_id: int | None, words: str, now: datetime) -> None:
    Message.objects.filter(pk=pk, state=State.SENDING).update(
        state=State.UNCERTAIN, ended_at=now, reply=words[:500], lease_until=None
    )
    Moment.objects.filter(pk=moment_id or 0, state=Moment.State.WORKING).update(
        state=Moment.State.UNCERTAIN, reason=words[:300]
    )


def _set_failed(pk: int, moment_id: int | None, words: str, now: datetime) -> None:
    Message.objects.filter(pk=pk, state=State.SENDING).update(
        state=State.FAILED, ended_at=now, reply=words[:500], worker="", lease_until=None, held_why=""
    )
    Moment.objects.filter(pk=moment_id or 0, state=Moment.State.WORKING).update(
        state=Moment.State.DUE, asks="failed", reason=words[:300]
    )


def _code(reply: str) -> int | None:
    return int(reply[:3]) if reply[:3].isdigit() else None


def next_at(after: datetime) -> datetime | None:
    """When the next waiting message may go."""
    rows = Message.objects.filter(state=State.HELD, go_at__gt=after).order_by("go_at")
    return rows.values_list("go_at", flat=True).first()
