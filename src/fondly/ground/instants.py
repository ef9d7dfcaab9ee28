"""Instants in plain SQL: as this database keeps them, and back."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import connection


def stored(at: datetime) -> Any:
    """The instant as a parameter: PostgreSQL takes it as it is; SQLite holds UTC text, as Django itself writes it."""
    return at.astimezone(UTC).isoformat(" ")[:-6] if _kept_as_text() else at


def read(value: datetime) -> datetime:
    """An instant of a result row, UTC. SQLite gives it without its zone."""
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


@lru_cache(maxsize=1)
def _kept_as_text() -> bool:
    """Asked for every value of every row; the answer is the same for the life of a process."""
    return connection.vendor == "sqlite"
