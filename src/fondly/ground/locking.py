"""Locking rows for one writer: FOR UPDATE on PostgreSQL; on SQLite the transaction is the only writer already."""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import OperationalError, connection
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
Result = TypeVar("Result")
MOST_TRIES = 3
_WAIT_SECONDS = (0.02, 0.2)  # a random time between them, so that the same two do not meet again
_DEADLOCK = "40P01"  # SQLSTATE of the one PostgreSQL chose to end


def locked(rows: QuerySet[M], *, skip: bool = False) -> QuerySet[M]:
    """These rows, locked until the transaction ends. skip: leave out those somebody else holds."""
    options: dict[str, Any] = {"of": ("self",)}
    if not connection.features.has_select_for_update:
        return rows
    if skip and connection.features.has_select_for_update_skip_locked:
        options["skip_locked"] = True
    return rows.select_for_update(**options)


def past_deadlocks(act: Callable[[], Result]) -> Result:
    """What `act`, a transaction of its own, gives back; done again when the database ended it to free another.

    Inside somebody else's transaction it is done once: only the whole of that can be done again.
    """
    for _ in range(MOST_TRIES - 1):
        try:
            return act()
        except OperationalError as error:
            if connection.in_atomic_block or getattr(error.__cause__, "sqlstate", "") != _DEADLOCK:
                raise
        time.sleep(random.uniform(*_WAIT_SECONDS))  # noqa: S311 - not for a secret
    return act()


def fence(number: int, *, shared: bool = False) -> None:
    """Stand here until the transaction ends: nobody else passes, or with `shared` only those who share it.

    An advisory lock of PostgreSQL, for what is not a row yet. number: below 2**63, told apart by whoever uses it.
    """
    if connection.vendor == "postgresql":
        lock = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {lock}(%s)", [number])
