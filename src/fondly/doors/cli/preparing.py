"""Before serving: folder, backup, migrations, static files, cache table, first user."""

import hashlib
import sys
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError
from django.db.migrations.exceptions import InconsistentMigrationHistory

from fondly import __version__
from fondly.doors import database, heartbeat
from fondly.people.team import links, queries


def make_ready() -> None:
    """Bring the install to this version, or exit with a sentence."""
    settings.HOME.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = state_or_exit()
    if found.unknown:
        sys.exit(f"fondly: {found.trouble}")
    if found.pending:
        _migrate(found)
    call_command("createcachetable", verbosity=0)
    collect_static()


def refuse_unready() -> None:
    """For `web` and `worker`, which never change the database's shape themselves."""
    trouble = state_or_exit().trouble
    if trouble:
        sys.exit(f"fondly: {trouble}")


def state_or_exit() -> database.State:
    try:
        return database.state()
    except database.Unreachable as error:
        sys.exit(f"fondly: {error}")


def first_page() -> str:
    """The one address to open: the first admin's link while there is none, else the install's front door."""
    if queries.has_admin():
        return settings.FONDLY_URL
    return links.make("first").url


def collect_static() -> None:
    """Put styles and scripts where the web server finds them; skipped while nothing changed."""
    stamp, mark = Path(settings.STATIC_ROOT) / ".collected", _fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == mark:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(mark, encoding="ascii")


def _fingerprint() -> str:
    digest = hashlib.sha256(__version__.encode())
    for finder in get_finders():
        for name, storage in finder.list(None):
            entry = Path(storage.path(name)).stat()
            digest.update(f"{name}|{entry.st_size}|{entry.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _migrate(found: database.State) -> None:
    if not found.empty:
        from fondly.doors.cli import archive

        _refuse_living_worker()
        kept = archive.make(archive.name_for("before-upgrade"))
        print(f"Backup before the upgrade: {kept}", flush=True)
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except (DatabaseError, InconsistentMigrationHistory) as error:
        sys.exit(
            f"fondly: the upgrade could not be finished: {error}. The database has another shape than its list of "
            "changes says. Restore a backup made before with `fondly restore --force FILE`."
        )


def _refuse_living_worker() -> None:
    """A worker of the version before would work on with a database that it does not know."""
    worker = heartbeat.living_worker()
    if worker:
        sys.exit(
            f"fondly: the worker {worker} still runs. Stop it (and the web servers beside it) before the upgrade, "
            "then run `fondly up` again. Nothing was changed."
        )
