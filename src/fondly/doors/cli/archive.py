"""One file that holds a whole install: the database, the files, the key, and the hash of each."""

import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from fondly import __version__
from fondly.ground import chain, clock
from fondly.measure.lake import backing

FORMAT = 1
SQLITE, POSTGRES = "database.sqlite3", "database.dump"
KEY, MANIFEST = "secret.key", "manifest.json"
_CHUNK = 1 << 20


def name_for(why: str) -> Path:
    """Where a backup made now goes when nobody said where."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return Path(settings.HOME) / "backups" / f"fondly-{why}-{stamp}.tar.gz"


def make(target: Path, *, with_events: bool = True) -> Path:
    """Write a backup to `target` (only the owner can read it) and return it. A half-written one is never left.

    with_events: also the behaviour events that have left the database. Sealed facts are never in it: they are sealed
    again after a restore.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
            activity_end = _activity_end()  # before the copy, which then holds at least this
            database = _dump(Path(folder))
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
                _pack(raw, database, activity_end, with_events)
                raw.flush()
                os.fsync(raw.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _pack(raw: Any, database: Path, activity_end: str, with_events: bool) -> None:
    hashes: dict[str, str] = {}
    with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as tar:
        for path, name in _members(database, with_events):
            hashes[name] = sha256(path)
            tar.add(path, name, recursive=False)
        text = json.dumps(_manifest(hashes, activity_end), indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(text), 0o600
        tar.addfile(entry, io.BytesIO(text))


def _members(database: Path, with_events: bool) -> Iterator[tuple[Path, str]]:
    yield database, database.name
    key = Path(settings.HOME) / KEY
    if key.exists():
        yield key, KEY
    files = Path(settings.HOME) / "files"
    for path in sorted(files.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, f"files/{path.relative_to(files).as_posix()}"
    if with_events:
        yield from ((path, path.relative_to(settings.HOME).as_posix()) for path in backing.to_keep())


def _manifest(hashes: dict[str, str], activity_end: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "fondly": __version__,
        "made_at": clock.now().isoformat(),
        "database": connection.vendor,
        "migrations": sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations()),
        "activity_end": activity_end,
        "files": hashes,
    }


def _activity_end() -> str:
    """The end of the audit trail's chain; "" before an upgrade that brings the chain."""
    applied = MigrationRecorder(connection).applied_migrations()
    return str(chain.head()) if ("ground", "0003_chain") in applied else ""


def _dump(folder: Path) -> Path:
    if connection.vendor == "sqlite":
        return _dump_sqlite(folder / SQLITE)
    target = folder / POSTGRES
    run_tool(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"])
    return target


def _dump_sqlite(target: Path) -> Path:
    """A consistent copy while others go on writing."""
    with sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=60) as source:
        source.execute("VACUUM INTO ?", (str(target),))
    source.close()
    return target


def run_tool(command: list[str]) -> None:
    """Run a PostgreSQL program against our database; exit with its own words when it fails."""
    place = settings.DATABASES["default"]
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    environ = {**os.environ, **{name: str(place[key]) for name, key in names.items() if place.get(key)}}
    try:
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        sys.exit(f"fondly: {command[0]} is not installed here. It comes with PostgreSQL's client programs.")
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        sys.exit(f"fondly: {command[0]} failed: {reason}")


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
