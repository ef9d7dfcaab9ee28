"""Rows read by a statement of our own, where building the same one with the ORM costs more than running it."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection


def rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows, as the database gives them: pass instants through `instants.read`, JSON columns through `parsed`."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def places(values: Sequence[Any]) -> str:
    """ "%s, %s, %s": one place for each value of an IN list."""
    return ", ".join(["%s"] * len(values))


def parsed(value: Any) -> Any:
    """A JSON column; both databases give its text."""
    return json.loads(value) if isinstance(value, str) else value
