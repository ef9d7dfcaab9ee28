"""Locking rows for one writer: FOR UPDATE on PostgreSQL; on SQLite the transaction is the only writer already."""

from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def locked(rows: QuerySet[M], *, skip: bool = False) -> QuerySet[M]:
    """These rows, locked until the transaction ends. skip: leave out those somebody else holds."""
    options: dict[str, Any] = {"of": ("self",)}
    if not connection.features.has_select_for_update:
        return rows
    if skip and connection.features.has_select_for_update_skip_locked:
        options["skip_locked"] = True
    return rows.select_for_update(**options)


def fence(number: int, *, shared: bool = False) -> None:
    """Stand here until the transaction ends: nobody else passes, or with `shared` only those who share it.

    An advisory lock of PostgreSQL, for what is not a row yet. number: below 2**63, told apart by whoever uses it.
    """
    if connection.vendor == "postgresql":
        lock = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {lock}(%s)", [number])
