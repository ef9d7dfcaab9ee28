"""An old install brought back from its file: SQLite as it was; PostgreSQL by its migrations of then and row for row."""

import json
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import BooleanField, DateTimeField, Field, JSONField, Model


def bring_back(database: Path) -> None:
    """database: the old install's SQLite file. The database of the settings must be empty."""
    if connection.vendor == "sqlite":
        shutil.copy(database, settings.DATABASES["default"]["NAME"])
    else:
        with closing(sqlite3.connect(database)) as kept:
            _copy(kept)


def _copy(kept: sqlite3.Connection) -> None:
    models = _as_it_was(kept)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # rows come in any order
        for model in models:
            _copy_rows(kept, model, cursor)
        cursor.execute("SET session_replication_role = DEFAULT")
        for statement in connection.ops.sequence_reset_sql(_no_style(), models):
            cursor.execute(statement)


def _as_it_was(kept: sqlite3.Connection) -> list[type[Model]]:
    """Make the tables of then, by the migrations it says were applied; their models."""
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    recorded = kept.execute("SELECT app, name FROM django_migrations").fetchall()
    applied = {key for key in recorded if key in graph.node_map}  # what we no longer use is left behind
    targets = [key for key in applied if not any(child.key in applied for child in graph.node_map[key].children)]
    return list(executor.migrate(targets).apps.get_models(include_auto_created=True))


def _copy_rows(kept: sqlite3.Connection, model: type[Model], cursor: Any) -> None:
    fields = model._meta.concrete_fields
    names = ", ".join(f'"{field.column}"' for field in fields)
    table = model._meta.db_table
    rows = kept.execute(f"SELECT {names} FROM {table}")
    places = ", ".join(["%s"] * len(fields))
    cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({places})', [_row(fields, row) for row in rows])


def _row(fields: Iterable["Field[Any, Any]"], row: Iterable[Any]) -> list[Any]:
    return [_value(field, value) for field, value in zip(fields, row, strict=True)]


def _value(field: "Field[Any, Any]", value: Any) -> Any:
    """What SQLite keeps as text and numbers, as PostgreSQL wants it."""
    if value is None:
        return None
    if isinstance(field, BooleanField):
        return bool(value)
    if isinstance(field, DateTimeField):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return connection.ops.adapt_json_value(json.loads(value), None) if isinstance(field, JSONField) else value


def _no_style() -> Any:
    from django.core.management.color import no_style

    return no_style()
