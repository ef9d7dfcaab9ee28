"""Moments and clients as plain rows: what is performed and sent by the thousand makes no model instances."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from fondly.ground import instants, reading
from fondly.ground.leases import INSTANT


class MomentRow(NamedTuple):
    """A moment as it was claimed, with the playbook version its journey lives."""

    pk: int
    client_id: int
    journey_id: int
    version_id: int
    key: str
    touchpoint: str
    stage: str
    channel: str
    mode: str
    role: str
    assignee_id: int | None
    why: str
    wanted_at: datetime
    override: str
    override_at: datetime | None
    attempts: int
    revision: int


class ClientRow(NamedTuple):
    """What a template may say of a client, and whose client it is."""

    pk: int
    owner_id: int | None
    name: str
    first_name: str
    last_name: str
    salutation: str
    persona: str
    fields: Mapping[str, Any]
    values: Mapping[str, Any]


# In the order of the rows above; `mo` is the moment, `j` its journey, `c` the client.
MOMENT = (
    "mo.id, mo.client_id, mo.journey_id, j.version_id, mo.key, mo.touchpoint, mo.stage, mo.channel, mo.mode, mo.role, "
    "mo.assignee_id, mo.why, mo.wanted_at, mo.override, mo.override_at, mo.attempts, mo.revision"
)
MOMENT_WIDTH, _WANTED_AT, _OVERRIDE_AT = 17, 12, 14
_CLIENT = 'c.id, c.owner_id, c.name, c.first_name, c.last_name, c.salutation, c.persona, c.fields, c."values"'
# Planned, its time has come, and its journey is active with a current plan.
_IS_DUE = "mo.state = 'planned' AND mo.at <= %s AND j.state = 'active' AND (j.plan_at IS NULL OR j.plan_at > %s)"
_DUE = f"""
SELECT {MOMENT}, {_CLIENT}
FROM journeys_moment mo
JOIN journeys_journey j ON j.id = mo.journey_id
JOIN clients_client c ON c.id = mo.client_id
WHERE {_IS_DUE}
ORDER BY mo.at, mo.id LIMIT %s"""  # noqa: S608 - our own names
_ANYTHING = f"""
SELECT EXISTS (SELECT 1 FROM journeys_journey WHERE state = 'active' AND plan_at <= %s)
  OR EXISTS (SELECT 1 FROM journeys_journey WHERE state = 'paused' AND paused_until <= %s)
  OR EXISTS (SELECT 1 FROM journeys_moment WHERE state = 'working' AND lease_until < {{instant}})
  OR EXISTS (SELECT 1 FROM journeys_moment mo JOIN journeys_journey j ON j.id = mo.journey_id WHERE {_IS_DUE})
"""  # noqa: S608 - our own names


def is_anything_due(now: datetime) -> bool:
    """Whether a plan, a pause, a lease or a moment waits to be looked at: what an idle worker asks every second."""
    at = instants.stored(now)
    ((found,),) = reading.rows(_ANYTHING.format(instant=INSTANT[connection.vendor]), [at] * 4)
    return bool(found)


def due(now: datetime, limit: int) -> list[tuple[MomentRow, ClientRow]]:
    """The next due moments in their order, locked with their journeys; what others take or plan at present is left out.

    Without the lock on the journey, planning that read a moment before it was taken would put it back to planned.
    """
    lock = " FOR UPDATE OF mo, j SKIP LOCKED" if connection.vendor == "postgresql" else ""
    at = instants.stored(now)
    found = reading.rows(_DUE + lock, [at, at, limit])
    return [(moment(row[:MOMENT_WIDTH]), _client(row[MOMENT_WIDTH:])) for row in found]


def moment(values: tuple[Any, ...]) -> MomentRow:
    """The row of what was read in the order of MOMENT."""
    found = list(values)
    found[_WANTED_AT] = instants.read(found[_WANTED_AT])
    found[_OVERRIDE_AT] = found[_OVERRIDE_AT] and instants.read(found[_OVERRIDE_AT])
    return MomentRow._make(found)


def _client(values: tuple[Any, ...]) -> ClientRow:
    return ClientRow._make((*values[:-2], reading.parsed(values[-2]), reading.parsed(values[-1])))
