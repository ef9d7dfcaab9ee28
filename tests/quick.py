"""What makes a test run quick without making it another product."""

import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

ROOT = Path(__file__).parents[1]
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
        empty(connections[alias])


def empty(connection: BaseDatabaseWrapper) -> None:
    """Delete every row there is, and what triggers write down about the deleting."""
    with connection.constraint_checks_disabled(), transaction.atomic(connection.alias), connection.cursor() as cursor:
        while tables := _those_with_rows(connection, cursor):
            for table in tables:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


def _those_with_rows(connection: BaseDatabaseWrapper, cursor: Any) -> list[str]:
    cursor.execute(_which_hold_rows(connection))
    return [table for (table,) in cursor.fetchall()]


def _which_hold_rows(connection: BaseDatabaseWrapper) -> str:
    """A statement that answers the names of the tables that are not empty."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    asked = [
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})"
        for name in names
        if not name.startswith(KEPT)
    ]
    return " UNION ALL ".join(asked)


@functools.cache
def migrated() -> Path:
    """A database file with every table and no rows, made once and copied by whoever begins with an empty home."""
    folder = ROOT / ".pytest_cache"
    folder.mkdir(exist_ok=True)
    made = folder / f"migrated-{_shape()}.sqlite3"
    with (folder / "migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test processes begin at the same time
        if not made.exists():
            for old in folder.glob("migrated-*.sqlite3"):
                old.unlink()
            _migrate(made)
    return made


def _shape() -> str:
    """Changes with the tables."""
    triggers = ("people/clients/search_index.py", "measure/lake/watching.py", "measure/lake/catalogue.py")
    sources = [*ROOT.glob("src/fondly/**/migrations/*.py"), *(ROOT / "src" / "fondly" / name for name in triggers)]
    digest = hashlib.sha256("".join(map(version, ("django", "django-allauth"))).encode())
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(made: Path) -> None:
    code = (
        "import django; django.setup(); from django.core.management import call_command as do;"
        "do('migrate', verbosity=0); do('createcachetable', verbosity=0);"
        "from django.db import connection; connection.cursor().execute('PRAGMA wal_checkpoint(TRUNCATE)')"
    )
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("FONDLY_", "DJANGO_"))}
    with tempfile.TemporaryDirectory() as home:
        here = {"FONDLY_HOME": home, "DJANGO_SETTINGS_MODULE": "fondly.project.settings"}
        subprocess.run([sys.executable, "-c", code], env={**kept, **here}, check=True, timeout=300)
        shutil.move(Path(home) / "fondly.sqlite3", made)
