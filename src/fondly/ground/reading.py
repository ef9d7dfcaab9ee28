"""Rows read by a statement of our own, where building the same one with the ORM costs more than running it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection


def rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows, as the database gives them: pass instants and JSON columns through `instant` and `parsed`."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def places(values: Sequence[Any]) -> str:
    """ "%s, %s, %s": one place for each value of an IN list."""
    return ", ".join(["%s"] * len(values))


def instant(value: Any) -> datetime | None:
    """SQLite gives UTC without saying so, and text where it was computed; PostgreSQL gives the instant itself."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def parsed(value: Any) -> Any:
    """A JSON column; both databases give its text."""
    return json.loads(value) if isinstance(value, str) else value
