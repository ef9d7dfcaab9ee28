"""Instants in plain SQL: as this database keeps them, and back."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection


def stored(at: datetime) -> Any:
    """The instant as a parameter: PostgreSQL takes it as it is; SQLite holds UTC text, as Django itself writes it."""
    if connection.vendor != "sqlite":
        return at
    return str(at.astimezone(UTC).replace(tzinfo=None))


def read(value: datetime) -> datetime:
    """An instant of a result row, UTC. SQLite gives it without its zone."""
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
