"""What state the database is in, in words: reachable, empty, behind the code, ahead of the code."""

from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max


class Unreachable(Exception):
    """The database cannot be used at all; the message says why and what to look at."""


@dataclass(frozen=True, slots=True)
class State:
    empty: bool
    pending: tuple[str, ...]  # migrations the code has and the database has not
    unknown: tuple[str, ...]  # migrations the database has and the code has not: a newer Fondly wrote it

    @property
    def trouble(self) -> str:
        """Why this database cannot be served now, in a sentence; "" when it can."""
        if self.unknown:
            return (
                f"The database was written by a newer Fondly (it knows {self.unknown[0]}, this version does not). "
                "Install that version again, or restore a backup made with this one."
            )
        if self.empty:
            return "The database is empty. `fondly up` prepares it."
        if self.pending:
            return (
                f"The database is not ready: {len(self.pending)} change(s) are missing, the first is "
                f"{self.pending[0]}. `fondly up` makes a backup and finishes them."
            )
        return ""


def state() -> State:
    """Compare the database with the code. Raises Unreachable."""
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        applied = set(executor.loader.applied_migrations)
    except DatabaseError as error:
        raise Unreachable(_in_words(error)) from error
    known, ours = set(executor.loader.disk_migrations or {}), {config.label for config in apps.get_app_configs()}
    unknown = sorted(f"{app}.{name}" for app, name in applied - known if app in ours)
    pending = tuple(f"{migration.app_label}.{migration.name}" for migration, _ in plan)
    return State(not applied, pending, tuple(unknown))


def changes() -> int:
    """A number that is another one once the shape of the database was changed."""
    return MigrationRecorder.Migration.objects.aggregate(newest=Max("pk"))["newest"] or 0


def is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def _in_words(error: DatabaseError) -> str:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if is_sqlite():
        return f"The database file {settings.DATABASES['default']['NAME']} cannot be used: {reason}."
    shown = settings.FONDLY["FONDLY_DATABASE_URL"].shown
    return f"The database at {shown} (FONDLY_DATABASE_URL) does not answer: {reason}"
