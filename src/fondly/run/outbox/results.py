"""Writing down what the mail server took: message, attempt, moment and timeline together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from fondly.ground import bulk
from fondly.ground.instants import stored
from fondly.ground.locking import past_deadlocks
from fondly.people.clients import timeline
from fondly.run.journeys import records
from fondly.run.journeys.models import Moment
from fondly.run.journeys.rows import MomentRow
from fondly.run.outbox import faults
from fondly.run.outbox.models import Attempt, Message
from fondly.run.outbox.outgoing import Outgoing

State = Message.State


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took it: its last words, and when."""

    message: Outgoing
    reply: str
    at: datetime


# A message found uncertain meanwhile (this worker slept past its lease) has arrived all the same.
_MESSAGE = ("state", "ended_at", "reply", "worker", "lease_until", "held_why")
_OURS = "state IN ('sending', 'uncertain')"
_ATTEMPT = ("message_id", "worker", "started_at", "ended_at", "phase", "code", "reply")
_MOMENT = ("state", "asks", "ended_at", "ended_by", "reason")
_UNDER_WAY = "state IN ('working', 'uncertain')"


def lock_journeys(messages: Sequence[Outgoing]) -> None:
    """Journeys before moments, as everybody locks them, and in the order of their numbers: nobody waits in a circle.

    (SQLite has one writer.)
    """
    ids = sorted({message.moment.journey_id for message in messages if message.moment is not None})
    if ids and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM journeys_journey WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [ids])


def finish(results: Sequence[Sent], worker: str) -> None:
    """Record these. Call in a transaction that holds their journeys."""
    if not results:
        return
    lived = [(one, moment) for one in results if (moment := one.message.moment) is not None]
    sent = [(State.SENT, one.at, one.reply[:500], "", None, "", one.message.pk) for one in results]
    bulk.update(Message, _MESSAGE, sent, where=_OURS)
    bulk.add(Attempt, _ATTEMPT, [_attempt(one, worker) for one in results])
    done = [(Moment.State.DONE, "", one.at, "Fondly", "", moment.pk) for one, moment in lived]
    bulk.update(Moment, _MOMENT, done, where=_UNDER_WAY)
    timeline.record(*(_fact(one, moment) for one, moment in lived))


def _attempt(sent: Sent, worker: str) -> tuple[Any, ...]:
    message, reply = sent.message, sent.reply[:500]
    return message.pk, worker, stored(message.started_at or sent.at), stored(sent.at), "done", _code(reply), reply


def write(results: list[Sent], worker: str) -> None:
    """Write what is still unwritten, in a transaction of its own."""
    if results:
        faults.reach("before_result")
        past_deadlocks(lambda: _finish_alone(results, worker))
        results.clear()
        faults.reach("after_result")


def _finish_alone(results: Sequence[Sent], worker: str) -> None:
    with transaction.atomic():
        lock_journeys([one.message for one in results])
        finish(results, worker)


def _fact(sent: Sent, moment: MomentRow) -> timeline.NewFact:
    """What the timeline says of a message that left."""
    message = sent.message
    data: dict[str, Any] = {"message": message.pk, "to": message.to_address}
    if message.book is not None:
        data |= records.promises_in(message.book, moment.stage, moment.touchpoint)
    return records.of_moment(moment, "sent", sent.at, text=message.subject, data=data)


def _code(reply: str) -> int | None:
    return int(reply[:3]) if reply[:3].isdigit() else None
