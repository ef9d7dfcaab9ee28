"""A message in a worker's hands, as a plain row: the loop that sends makes no model instances."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from fondly.core.playbook.model import Playbook as Book
from fondly.ground import instants, reading
from fondly.ground.leases import INSTANT
from fondly.run.journeys import rows
from fondly.run.journeys.rows import MomentRow


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the last look at the policy saw, so that the point of no return need only see whether it is still so."""

    lines: tuple[int, int]  # how many consent lines the client has, and the newest one's number
    address_hash: str  # under which the address would be suppressed


@dataclass(slots=True)
class Outgoing:
    """As claimed. moment None: it belongs to no journey. book, stamp and raw are filled in before it is sent."""

    pk: int
    effect_key: str
    client_id: int
    purpose: str
    to_name: str
    to_address: str
    subject: str
    text: str
    html: str
    raw: bytes | None
    message_id: str
    attempts_made: int
    crashes: int
    made_at: datetime
    go_at: datetime
    zone: str  # the client's
    is_erased: bool
    moment: MomentRow | None = None
    book: Book | None = None  # the playbook its journey lives
    stamp: Stamp | None = None
    started_at: datetime | None = None


_SELECT = f"""
SELECT m.id, m.effect_key, m.client_id, m.purpose, m.to_name, m.to_address, m.subject, m.text, m.html, m.raw,
  m.message_id, m.attempts_made, m.crashes, m.made_at, m.go_at, c.zone, c.erased_at IS NOT NULL, {rows.MOMENT}
FROM outbox_message m
JOIN clients_client c ON c.id = m.client_id
LEFT JOIN journeys_moment mo ON mo.id = m.moment_id
LEFT JOIN journeys_journey j ON j.id = mo.journey_id
"""  # noqa: S608 - our own names
# Held, its time has come, and its journey is active with a current plan.
_IS_READY = """
m.state = 'held' AND m.go_at <= %s AND (
  m.moment_id IS NULL
  OR (j.state = 'active' AND mo.state = 'working' AND (j.plan_at IS NULL OR j.plan_at > %s)))"""
_READY = f"WHERE {_IS_READY} ORDER BY m.go_at, m.id LIMIT %s"
_ANYTHING = f"""
SELECT EXISTS (SELECT 1 FROM outbox_message WHERE state = 'sending' AND lease_until < {{instant}})
  OR EXISTS (
    SELECT 1 FROM outbox_message m LEFT JOIN journeys_moment mo ON mo.id = m.moment_id
    LEFT JOIN journeys_journey j ON j.id = mo.journey_id WHERE {_IS_READY})
"""  # noqa: S608 - our own names


def is_anything_ready(now: datetime) -> bool:
    """Whether a message may go, or is held by a worker that is gone."""
    at = instants.stored(now)
    ((found,),) = reading.rows(_ANYTHING.format(instant=INSTANT[connection.vendor]), [at, at])
    return bool(found)


def ready(now: datetime, limit: int) -> list[Outgoing]:
    """The next messages that may go, in their order; locked, leaving out those another worker is taking."""
    lock = " FOR UPDATE OF m SKIP LOCKED" if connection.vendor == "postgresql" else ""
    at = instants.stored(now)
    return [_outgoing(row) for row in reading.rows(_SELECT + _READY + lock, [at, at, limit])]


def _outgoing(row: tuple[Any, ...]) -> Outgoing:
    message = Outgoing(*row[: -rows.MOMENT_WIDTH])
    if row[-rows.MOMENT_WIDTH] is not None:
        message.moment = rows.moment(row[-rows.MOMENT_WIDTH :])
    message.raw = bytes(message.raw) if message.raw is not None else None  # PostgreSQL gives a memoryview
    message.made_at, message.go_at = instants.read(message.made_at), instants.read(message.go_at)
    return message
