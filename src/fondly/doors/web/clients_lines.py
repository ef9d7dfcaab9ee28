"""What the Clients list says of each client: the client, the journey that moved last, and what comes next."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from fondly.ground import instants
from fondly.ground.reading import parsed, places, rows
from fondly.people.clients.queries import tag_names, tags_of


class Line(NamedTuple):
    """day: which day of the stage. The journey's and the next moment's columns are empty where there is none."""

    id: int
    name: str
    sort_name: str
    persona: str
    owner: str
    feeling: float | None
    recent: list[float]
    last_contact_at: datetime | None
    is_demo: bool
    value_minor: int
    currency: str
    stage: str
    day: int
    paused: bool
    next_what: str
    next_at: datetime | None
    tags: tuple[str, ...]


_LINES = """
SELECT c.id, c.name, c.sort_name, c.persona, coalesce(u.name, ''), c.feeling, c.recent_feelings, c.last_contact_at,
  c.is_demo, c.value_minor, c.currency, coalesce(j.stage, ''), j.stage_entered_at, j.state,
  coalesce(m.touchpoint, ''), m.at, {tags}
FROM clients_client c
LEFT JOIN team_user u ON u.id = c.owner_id
LEFT JOIN journeys_journey j ON j.id = (
  SELECT id FROM journeys_journey WHERE client_id = c.id AND state IN ('active', 'paused')
  ORDER BY stage_entered_at DESC, id DESC LIMIT 1)
LEFT JOIN journeys_moment m ON m.id = (
  SELECT id FROM journeys_moment WHERE client_id = c.id AND state IN ('planned', 'due') ORDER BY at, id LIMIT 1)
WHERE c.merged_into_id IS NULL AND c.erased_at IS NULL AND c.id IN ({places})"""


def lines(ids: Sequence[int], now: datetime) -> list[Line]:
    """One line for each of these clients, in the order of `ids`; merged and erased ones are left out. One query."""
    if not ids:
        return []
    sql = _LINES.format(places=places(ids), tags=tags_of("c.id"))
    found = {row[0]: _line(row, now) for row in rows(sql, ids)}
    return [found[pk] for pk in ids if pk in found]


def _line(row: tuple[Any, ...], now: datetime) -> Line:
    pk, name, sort_name, persona, owner, feeling, recent, talked, is_demo, value, currency, *rest = row
    stage, entered, state, what, next_at, tags = rest
    return Line(
        id=pk,
        name=name,
        sort_name=sort_name,
        persona=persona,
        owner=owner,
        feeling=feeling,
        recent=parsed(recent),
        last_contact_at=talked and instants.read(talked),
        is_demo=bool(is_demo),
        value_minor=value,
        currency=currency,
        stage=stage,
        day=(now - instants.read(entered)).days + 1 if entered else 0,
        paused=state == "paused",
        next_what=what,
        next_at=next_at and instants.read(next_at),
        tags=tuple(tag_names(tags)),
    )
