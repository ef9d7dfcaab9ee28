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
