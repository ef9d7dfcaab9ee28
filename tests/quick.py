"""What makes a test run quick without making it another product."""

from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

KEPT = ("django_", "auth_")  # what migrations wrote about the tables, the same before and after any test


class QuickArgon2(Argon2PasswordHasher):
    """The product's way to keep a password, without the quarter of a second that guessing one shall cost."""

    time_cost = 1
    memory_cost = 8  # KiB
    parallelism = 1


def empty_tables(test_case: Any) -> None:
    """After a test that committed: delete what it left. Django's own `flush` empties every table, which takes
    PostgreSQL long, and writes the permissions of all models anew, which nothing here reads."""
    for alias in test_case._databases_names(include_mirrors=False):
        connection = connections[alias]
        with connection.constraint_checks_disabled(), transaction.atomic(alias), connection.cursor() as cursor:
            cursor.execute(_which_hold_rows(connection))
            for (table,) in cursor.fetchall():
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


def _which_hold_rows(connection: BaseDatabaseWrapper) -> str:
    """A statement that answers the names of the tables that are not empty."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    asked = [
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})"
        for name in names
        if not name.startswith(KEPT)
    ]
    return " UNION ALL ".join(asked)
