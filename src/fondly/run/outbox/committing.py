"""The point of no return: the fence (is the message still mine?) and the last policy check, just before the dot.

One transaction asks for one message or for a few at once (FONDLY_MAILS_PER_COMMIT), each for itself.
It also writes the results of the messages before, so that a mail costs one commit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import connection, transaction

from fondly.ground import clock, instants, reading
from fondly.ground.leases import INSTANT
from fondly.ground.locking import past_deadlocks
from fondly.ground.wording import recorded
from fondly.people.clients import consents
from fondly.run.journeys import switch
from fondly.run.outbox import capping, faults, policy, rates, results, room
from fondly.run.outbox.outgoing import Outgoing
from fondly.run.outbox.results import Sent


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message stays here. cancel: for good; wait: until go_at; paused: everything waits; lost: another's now."""

    kind: Literal["cancel", "wait", "paused", "lost"]
    reason: str
    go_at: datetime | None = None


def commit(messages: Sequence[Outgoing], worker: str, sent: list[Sent]) -> dict[int, Refusal]:
    """Commit these and write down what was `sent` before. Returns who may not go, by message id, and why.

    A refused message is not changed, and its dot must not be sent.
    """
    faults.reach("before_commit")
    # Who erases or edits holds the client and then wants the journey; a fact of a mail before wants them the other way.
    refused = past_deadlocks(lambda: _commit(messages, worker, sent, clock.now()))
    sent.clear()
    faults.reach("after_commit")
    return refused


def _commit(messages: Sequence[Outgoing], worker: str, sent: Sequence[Sent], now: datetime) -> dict[int, Refusal]:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            _lock_rows(messages, sent)
        refused = dict(_refused(messages, worker, now))
        faults.reach("checked")
        results.finish(sent, worker)
        _mark([message.pk for message in messages if message.pk not in refused], now)
    return refused


def _refused(messages: Sequence[Outgoing], worker: str, now: datetime) -> Iterator[tuple[int, Refusal]]:
    found = _fresh(messages, worker, now)
    changed = [message for message in messages if not _as_stamped(message, found.get(message.pk))]
    forbidden = policy.forbidden(changed) if changed else {}
    uncounted = capping.Uncounted(messages)
    space = room.Room(rates.limits(), messages, now)
    for message in messages:
        refusal = _refusal(message, found.get(message.pk), forbidden.get(message.pk, ""), now)
        if refusal is None and uncounted.concerns(message):
            refusal = Refusal(
                "wait", recorded("another message to them has just left: the caps are counted first"), now
            )
        if refusal is None and (until := space.full_until(message)):
            refusal = Refusal("wait", room.full(), until)
        if refusal is not None:
            yield message.pk, refusal
        else:
            uncounted.add(message)
            space.take(message)
    space.write()


def _refusal(message: Outgoing, fresh: "Fresh | None", forbidden: str, now: datetime) -> Refusal | None:
    if fresh is None:
        return Refusal("lost", recorded("another worker has taken it over"))
    if fresh.paused:
        return Refusal("paused", recorded("everything is paused"), now)
    if fresh.is_erased or forbidden:
        return Refusal("cancel", policy.erased() if fresh.is_erased else forbidden)
    if message.moment is not None:
        reason = policy.refused_by_journey(fresh.journey_state or "", fresh.moment_state or "", bool(fresh.is_current))
        if reason:
            return Refusal("wait", reason, now)
    opens = policy.opens_at(message, now)
    return Refusal("wait", recorded("quiet hours"), opens) if opens > now else None


def _as_stamped(message: Outgoing, fresh: "Fresh | None") -> bool:
    """Whether consent and address are as they were when this message was found to be allowed."""
    stamp = message.stamp
    return fresh is None or (
        stamp is not None and (fresh.lines, fresh.newest_line) == stamp.lines and not fresh.is_suppressed
    )


@dataclass(frozen=True, slots=True)
class Fresh:
    """What is true of a message that is still ours. None where it has no moment, or the switch was never turned."""

    moment_state: str | None
    journey_state: str | None
    is_current: bool | None
    paused: str | None
    lines: int  # of consent, and the newest one's number
    newest_line: int
    is_suppressed: bool
    is_erased: bool


_FRESH = """
WITH asked(id, key_hash) AS (VALUES {asked})
SELECT m.id, mo.state, j.state, (j.plan_at IS NULL OR j.plan_at > %s), s.value,
  (SELECT count(*) FROM clients_consent l WHERE l.client_id = m.client_id),
  (SELECT coalesce(max(l.id), 0) FROM clients_consent l WHERE l.client_id = m.client_id),
  EXISTS (SELECT 1 FROM clients_suppression x WHERE x.key_hash = asked.key_hash),
  c.erased_at IS NOT NULL
FROM asked
JOIN outbox_message m ON m.id = asked.id
JOIN clients_client c ON c.id = m.client_id
LEFT JOIN journeys_moment mo ON mo.id = m.moment_id
LEFT JOIN journeys_journey j ON j.id = mo.journey_id
LEFT JOIN ground_setting s ON s.name = %s
WHERE m.worker = %s AND m.state = 'sending' AND m.committed_at IS NULL AND m.lease_until > {instant}"""


def _fresh(messages: Sequence[Outgoing], worker: str, now: datetime) -> dict[int, Fresh]:
    """By message id; those that are not ours any more are missing."""
    sql = _FRESH.format(asked=", ".join(["(%s, %s)"] * len(messages)), instant=INSTANT[connection.vendor])
    asked = [value for m in messages for value in (m.pk, m.stamp.address_hash if m.stamp else "")]
    found = reading.rows(sql, [*asked, instants.stored(now), switch.NAME, worker])
    return {pk: Fresh(*values) for pk, *values in found}


def _lock_rows(messages: Sequence[Outgoing], sent: Sequence[Sent]) -> None:
    """A refusal, an exit, a pause or an edit either waits for this commit or is seen by it. (SQLite has one writer.)"""
    consents.stand_still()
    room.one_worker_at_a_time()
    capping.one_at_a_time(messages)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM ground_setting WHERE name = %s FOR SHARE", [switch.NAME])
        results.lock_journeys([*messages, *(one.message for one in sent)])
        ids = sorted(message.pk for message in messages)
        cursor.execute("SELECT 1 FROM outbox_message WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [ids])


def _mark(ids: Sequence[int], now: datetime) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE outbox_message SET committed_at = %s WHERE id IN ({reading.places(ids)})",  # noqa: S608
                [instants.stored(now), *ids],
            )
