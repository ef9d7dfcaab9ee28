"""Put a backup back: checked first, then swapped in, with what was there kept. The engine starts paused."""

import json
import shutil
import sqlite3
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from fondly.doors import heartbeat
from fondly.doors.cli import archive
from fondly.ground import clock
from fondly.measure.lake import backing
from fondly.measure.lake.manifest import FOLDER
from fondly.run.journeys import switch
from fondly.run.outbox import restoring as fencing


def restore(file: Path, *, force: bool) -> None:
    """Bring the install back to a backup. Exits with a sentence when it cannot; then nothing was changed."""
    home = Path(settings.HOME)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    used = _is_used(home)  # before anything connects, which would make an empty database file
    with tempfile.TemporaryDirectory(dir=home, prefix=".restore-") as folder:
        staged = Path(folder)
        manifest = _unpack(file, staged)
        _refuse_foreign(manifest)
        if used:
            _refuse_running()
            _make_room(home, force)
        _swap_in(staged, home)
    connection.close()
    backing.begin_again()
    switch.turn("restored")
    fencing.put_up(datetime.fromisoformat(manifest["made_at"]), clock.now())


def _unpack(file: Path, folder: Path) -> dict[str, Any]:
    """Everything unpacked and every hash right, or exit."""
    try:
        with tarfile.open(file, "r:gz") as tar:
            for member in tar:
                _unpack_one(tar, member, folder)
    except (OSError, tarfile.TarError, EOFError) as error:
        sys.exit(f"fondly: {file} cannot be read as a backup: {error}")
    manifest = _read_manifest(file, folder)
    _check_hashes(file, folder, manifest["files"])
    return manifest


def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    path = PurePosixPath(member.name)
    if not member.isfile() or path.is_absolute() or ".." in path.parts:
        sys.exit(f"fondly: the backup holds something that does not belong there: {member.name}")
    source = tar.extractfile(member)
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if source is not None:
        with target.open("wb") as file:
            shutil.copyfileobj(source, file)
    target.chmod(0o600)


def _read_manifest(file: Path, folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / archive.MANIFEST).read_text(encoding="utf-8"))
        known = manifest["format"] == archive.FORMAT and isinstance(manifest["files"], dict)
    except (OSError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        sys.exit(f"fondly: {file} is not a backup of Fondly, or it is cut off: its list of contents is missing.")
    return manifest


def _check_hashes(file: Path, folder: Path, hashes: dict[str, str]) -> None:
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {archive.MANIFEST}
    if present != set(hashes):
        sys.exit(f"fondly: {file} is damaged: what it holds is not what its list says. Nothing was changed.")
    for name, wanted in hashes.items():
        if archive.sha256(folder / name) != wanted:
            sys.exit(f"fondly: {file} is damaged: {name} is not what was backed up. Nothing was changed.")


def _refuse_foreign(manifest: dict[str, Any]) -> None:
    if manifest["database"] != connection.vendor:
        sys.exit(
            f"fondly: this backup was made from {manifest['database']}, this install uses {connection.vendor}. "
            "Set FONDLY_DATABASE_URL to the same kind of database."
        )
    known = {".".join(key) for key in MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {}}
    unknown = sorted(set(manifest["migrations"]) - known)
    if unknown:
        sys.exit(f"fondly: this backup was made by a newer Fondly ({manifest['fondly']}). Install that one first.")


def _refuse_running() -> None:
    try:
        running = heartbeat.is_fresh()
    except DatabaseError:
        running = False  # no database yet, or one that is broken: the reason to restore
    if running:
        sys.exit("fondly: Fondly is running on this database. Stop it, wait a minute, then restore.")


def _make_room(home: Path, force: bool) -> None:
    """What is there already is kept aside; without --force it is a reason to stop."""
    if not force:
        sys.exit(
            f"fondly: there is an install in {home} already. To replace it say --force; a copy of it is kept in "
            f"{home / 'backups'}."
        )
    kept = home / "backups" / f"replaced-{datetime.now(UTC).strftime('%Y%m%d-%H%M%S')}"
    kept.mkdir(parents=True)
    if connection.vendor == "postgresql":
        archive.make(kept / "database-and-files.tar.gz")
    connection.close()
    for name in (*_sqlite_files(), "files", FOLDER, archive.KEY):
        if (home / name).exists():
            (home / name).rename(kept / name)
    print(f"What was there is kept in {kept}")


def _is_used(home: Path) -> bool:
    if connection.vendor == "sqlite":
        path = home / _sqlite_files()[0]
        return path.exists() and path.stat().st_size > 0
    return "team_user" in connection.introspection.table_names()


def _sqlite_files() -> tuple[str, ...]:
    if connection.vendor != "sqlite":
        return ()
    name = Path(settings.DATABASES["default"]["NAME"]).name
    return (name, f"{name}-wal", f"{name}-shm")


def _swap_in(staged: Path, home: Path) -> None:
    if connection.vendor == "sqlite":
        _verify_sqlite(staged / archive.SQLITE)
        for stale in _sqlite_files():
            (home / stale).unlink(missing_ok=True)
        (staged / archive.SQLITE).rename(Path(settings.DATABASES["default"]["NAME"]))
    else:
        name = str(settings.DATABASES["default"]["NAME"])
        options = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction"]
        archive.run_tool(["pg_restore", *options, f"--dbname={name}", str(staged / archive.POSTGRES)])
    for part in ("files", FOLDER, archive.KEY):
        if (staged / part).exists():
            (home / part).unlink(missing_ok=True) if part == archive.KEY else shutil.rmtree(home / part, True)
            (staged / part).rename(home / part)


def _verify_sqlite(path: Path) -> None:
    with sqlite3.connect(path) as database:
        answer = database.execute("PRAGMA quick_check").fetchone()[0]
    database.close()
    if answer != "ok":
        sys.exit(f"fondly: the database in the backup is damaged: {answer}. Nothing was changed.")
