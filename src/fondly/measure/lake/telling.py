"""A client's behaviour events for the client's own copy: also those that have left the database."""

import json
from datetime import UTC
from typing import Any

from fondly.measure.events.erasing import visitors_of
from fondly.measure.lake import inside

_THEIRS = """
SELECT "at", kind, name, visitor_id, properties, context FROM events
WHERE visitor_id IN (SELECT unnest(?)) ORDER BY "at", id"""


def on_export(client_id: int) -> dict[str, Any]:
    """The ids we know the client by and what came under them."""
    visitors = visitors_of(client_id)
    return {"behaviour": {"visitors": visitors, "events": _events(visitors) if visitors else []}}


def _events(visitors: list[str]) -> list[dict[str, Any]]:
    with inside.lake(personal=True) as lake:
        rows = lake.duckdb("events").execute(_THEIRS, [visitors]).fetchall()
    return [
        {"at": at.replace(tzinfo=UTC).isoformat(), "kind": kind, "name": name or "", "visitor": visitor}
        | {"properties": json.loads(properties), "context": json.loads(context)}
        for at, kind, name, visitor, properties, context in rows
    ]
