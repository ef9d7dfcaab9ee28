"""Writing down what the mail server took: message, attempt, moment and timeline together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from fondly.ground.instants import stored
from fondly.people.clients import timeline
from fondly.run.journeys import records
from fondly.run.journeys.rows import MomentRow
from fondly.run.outbox import faults
from fondly.run.outbox.outgoing import Outgoing


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took it: its last words, and when."""

    message: Outgoing
    reply: str
    at: datetime


# A message found uncertain meanwhile (this worker slept past its lease) has arrived all the same.
_MESSAGE = """UPDATE outbox_message
SET state = 'sent', ended_at = %s, reply = %s, worker = '', lease_until = NULL, held_why = ''
WHERE id = %s AND state IN ('sending', 'uncertain')"""
_ATTEMPT = """INSERT INTO outbox_attempt (message_id, worker, started_at, ended_at, phase, code, reply)
VALUES (%s, %s, %s, %s, 'done', %s, %s)"""
_MOMENT = """UPDATE journeys_moment SET state = 'done', asks = '', ended_at = %s, ended_by = 'Fondly', reason = ''
WHERE id = %s AND state IN ('working', 'uncertain')"""


def finish(results: Sequence[Sent], worker: str) -> None:
    """Record these. Call in a transaction."""
    if not results:
        return
    lived = [(one, moment) for one in results if (moment := one.message.moment) is not None]
    with connection.cursor() as cursor:
        cursor.executemany(_MESSAGE, [(stored(one.at), one.reply[:500], one.message.pk) for one in results])
        cursor.executemany(_ATTEMPT, [_attempt(one, worker) for one in results])
        if lived:
            cursor.executemany(_MOMENT, [(stored(one.at), moment.pk) for one, moment in lived])
    timeline.record(*(_fact(one, moment) for one, moment in lived))


def _attempt(sent: Sent, worker: str) -> tuple[Any, ...]:
    message, reply = sent.message, sent.reply[:500]
    return message.pk, worker, stored(message.started_at or sent.at), stored(sent.at), _code(reply), reply


def write(results: list[Sent], worker: str) -> None:
    """Write what is still unwritten, in a transaction of its own."""
    if results:
        faults.reach("before_result")
        with transaction.atomic():
            finish(results, worker)
        results.clear()
        faults.reach("after_result")


def _fact(sent: Sent, moment: MomentRow) -> timeline.NewFact:
    """What the timeline says of a message that left."""
    message = sent.message
    data: dict[str, Any] = {"message": message.pk, "to": message.to_address}
    if message.book is not None:
        data |= records.promises_in(message.book, moment.stage, moment.touchpoint)
    return records.of_moment(moment, "sent", sent.at, text=message.subject, data=data)


def _code(reply: str) -> int | None:
    return int(reply[:3]) if reply[:3].isdigit() else None
