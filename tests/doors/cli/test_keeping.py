"""Backup, restore, export: on a real file, with the real commands."""

import hashlib
import json
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from fondly.measure.lake import reading
from tests import warm
from tests.quick import migrated

COMMAND = "fondly.doors.cli.main"
HERE = {k: v for k, v in os.environ.items() if not k.startswith(("FONDLY_", "DJANGO_"))}
pytestmark = pytest.mark.skipif("FONDLY_DATABASE_URL" in os.environ, reason="files of SQLite")


def fondly(home: Path, *arguments: str, fails: bool = False, **environ: str) -> str:
    """Run the command in an install of its own; returns what it said."""
    process = warm.begin(COMMAND, *arguments, environ={**HERE, "FONDLY_HOME": str(home), **environ})
    return said_by(process, fails)


def fondly_from_nothing(home: Path, *arguments: str, fails: bool = False, **environ: str) -> str:
    """The same in a process that has to read everything, as a person's does."""
    environment = {**HERE, "FONDLY_HOME": str(home), **environ}
    command = [sys.executable, "-m", COMMAND, *arguments]
    pipe = subprocess.PIPE
    return said_by(subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True), fails)


def said_by(process: subprocess.Popen[str] | warm.Process, fails: bool) -> str:
    said = "".join(process.communicate(timeout=120))
    assert (process.returncode != 0) == fails, said
    assert "Traceback" not in said
    return said


def refusals(home: Path, commands: Iterable[Sequence[str]]) -> list[str]:
    """What each of these commands says in refusing; tried in one process."""
    process = warm.begin(
        "tests.doors.cli.in_turn", json.dumps(list(commands)), environ={**HERE, "FONDLY_HOME": str(home)}
    )
    answers = json.loads(said_by(process, fails=False))
    assert not any(done for done, _said in answers), answers
    return [said for _done, said in answers]


@pytest.fixture(scope="module")
def install(tmp_path_factory) -> Path:
    """A small install with two clients, a key, a file and a secret."""
    home = tmp_path_factory.mktemp("install")
    prepare(home)
    fondly(home, "do", "clients.create", "--name", "Priya Shah", "--email", "priya@example.org")
    fondly(home, "do", "clients.create", "--name", "Tom Weld")
    fondly(home, "do", "team.create_user", "--name", "Dana", "--email", "dana@example.com", "--is-admin", "true")
    fondly(home, "do", "team.create_token", "--name", "n", "--scopes", "read", "--as", "dana@example.com")
    fondly(home, "do", "playbooks.create", "--trade", "coach")
    (home / "files" / "a").mkdir(parents=True)
    (home / "files" / "a" / "photo.txt").write_text("a photo")
    inside(home, SEAL)
    return home


# Two behaviour events and a fact are sealed; the events leave the database.
SEAL = """
from datetime import timedelta
from fondly.ground import clock
from fondly.measure.events.models import BehaviourEvent
from fondly.measure.lake import sealing
from fondly.people.clients.timeline import NewFact, record
now = clock.now()
record(NewFact(1, "note", now, text="words"))
for n in "ab":
    BehaviourEvent.objects.create(
        message_id=n, message_key=ord(n), kind="track", name="opened", visitor=n, at=now, received_at=now,
        properties="{}", context="{}"
    )
assert [sealing.seal(table, now + timedelta(days=1)) for table in ("interactions", "events")] == [1, 2]
BehaviourEvent.objects.all().delete()
"""


def in_lake(home: Path) -> list[tuple]:
    """The facts and the events that can be read."""
    with reading.open(home / "fondly.sqlite3", home) as lake:
        asked = lake.duckdb("interactions", "events")
        return asked.sql("SELECT kind FROM interactions UNION ALL SELECT name FROM events").fetchall()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def prepare(home: Path) -> None:
    """A home with empty tables and a key of its own."""
    home.mkdir(exist_ok=True)
    shutil.copy(migrated(), home / "fondly.sqlite3")
    key = home / "secret.key"
    key.touch(0o600)
    key.write_text(secrets.token_urlsafe(50))


def inside(home: Path, code: str) -> str:
    """Run code in a process that has set up this install; returns what it printed."""
    code = f"from fondly.doors.cli.django_setup import setup; setup()\n{code}"
    environment = {**HERE, "FONDLY_HOME": str(home)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, check=True, timeout=120, stdout=subprocess.PIPE, text=True).stdout


def names(home: Path) -> list[str]:
    with sqlite3.connect(home / "fondly.sqlite3") as database:
        return [row[0] for row in database.execute("SELECT name FROM clients_client ORDER BY id")]


def test_a_backup_comes_back_whole_and_paused(install, tmp_path):
    backup, fresh = tmp_path / "b.tar.gz", tmp_path / "fresh"
    fondly_from_nothing(install, "backup", "-o", str(backup))
    assert backup.stat().st_mode & 0o077 == 0
    said = fondly_from_nothing(fresh, "restore", str(backup))
    assert "Nothing is sent until" in said
    assert names(fresh) == ["Priya Shah", "Tom Weld"]
    assert (fresh / "files" / "a" / "photo.txt").read_text() == "a photo"
    assert in_lake(fresh) == in_lake(install) == [("note",), ("opened",), ("opened",)]
    assert not (fresh / "lake" / "interactions").exists()  # sealed again by a worker
    assert (fresh / "secret.key").read_bytes() == (install / "secret.key").read_bytes()
    with sqlite3.connect(fresh / "fondly.sqlite3") as database:
        settings = dict(database.execute("SELECT name, value FROM ground_setting"))
    assert settings["engine.paused"] == "restored" and settings["restore.fence"]


def test_what_is_there_is_not_overwritten_without_force_and_kept_with_it(install, tmp_path):
    backup, other = tmp_path / "b.tar.gz", tmp_path / "other"
    fondly(install, "backup", "--without-events", "-o", str(backup))
    prepare(other)
    fondly(other, "do", "clients.create", "--name", "Ana Ruiz")
    assert "--force" in fondly(other, "restore", str(backup), fails=True)
    assert names(other) == ["Ana Ruiz"]
    fondly(other, "restore", "--force", str(backup))
    assert names(other) == ["Priya Shah", "Tom Weld"]
    (kept,) = (other / "backups").glob("replaced-*")
    assert in_lake(other) == [("note",)]
    assert names(kept) == ["Ana Ruiz"]


def test_damaged_backups_are_refused_and_change_nothing(install, tmp_path):
    good = tmp_path / "good.tar.gz"
    fondly(install, "backup", "-o", str(good))
    fresh = tmp_path / "fresh"
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    assert "fondly:" in fondly(fresh, "restore", str(cut), fails=True)
    changed = tmp_path / "changed.tar.gz"
    with tarfile.open(good) as source:
        source.extractall(tmp_path / "in", filter="data")
    (tmp_path / "in" / "files" / "a" / "photo.txt").write_text("another photo")
    with tarfile.open(changed, "w:gz") as target:
        for path in sorted((tmp_path / "in").rglob("*")):
            if path.is_file():
                target.add(path, path.relative_to(tmp_path / "in"))
    assert "damaged" in fondly(fresh, "restore", str(changed), fails=True)
    evil = tmp_path / "evil.tar.gz"
    with tarfile.open(evil, "w:gz") as target:
        target.add(tmp_path / "in" / "manifest.json", "../manifest.json")
    assert "does not belong" in fondly(fresh, "restore", str(evil), fails=True)
    assert "not a backup" in fondly(fresh, "restore", _tar_of_nothing(tmp_path), fails=True)
    assert "no file" in fondly(fresh, "restore", str(tmp_path / "none"), fails=True)
    assert not (fresh / "fondly.sqlite3").exists()


def _tar_of_nothing(folder: Path) -> str:
    path = folder / "nothing.tar.gz"
    with tarfile.open(path, "w:gz") as target:
        target.add(__file__, "readme.txt")
    return str(path)


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_an_export_holds_everything_but_secrets(install, tmp_path, name):
    target = tmp_path / name
    fondly(install, "export", "-o", str(target))
    files = _read(target)
    manifest = json.loads(files["manifest.json"])
    tables = {table["table"]: table for table in manifest["tables"]}
    assert tables["clients_client"]["rows"] == 2
    for table in manifest["tables"]:
        data = files[f"data/{table['table']}.jsonl"]
        assert hashlib.sha256(data).hexdigest() == table["sha256"] and data.count(b"\n") == table["rows"]
    for file in manifest["files"]:
        assert hashlib.sha256(files[file["file"]]).hexdigest() == file["sha256"]
    assert any(path.startswith("playbooks/") and b"fondly: 1" in data for path, data in files.items())
    assert files["files/a/photo.txt"] == b"a photo"
    assert sum(name.startswith("lake/events/") for name in files) == 1
    assert not any("lake/interactions" in name or "lake_" in name for name in files)
    everything = b"".join(files.values())
    assert (
        b"argon2" not in everything
        and b"token_hash" not in everything
        and b"password" not in files["data/team_user.jsonl"]
    )
    assert not {"team_session", "team_apitoken", "team_signinlink", "ground_usedkey"} & set(tables)


def _read(place: Path) -> dict[str, bytes]:
    if place.suffix == ".zip":
        with zipfile.ZipFile(place) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_an_export_never_writes_over_something(install, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    assert "exists already" in fondly(install, "export", "-o", str(tmp_path), fails=True)
    assert "exists already" in fondly(install, "backup", "-o", str(tmp_path / "mine.txt"), fails=True)


def test_a_newer_database_is_refused_with_a_sentence(install, tmp_path):
    backup, newer = tmp_path / "b.tar.gz", tmp_path / "newer"
    fondly(install, "backup", "-o", str(backup))
    fondly(newer, "restore", str(backup))
    with sqlite3.connect(newer / "fondly.sqlite3") as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('clients', '9999_x', '2030-01-01')"
        )
    for said in refusals(newer, (["up", *PORT], *USING, ["doctor"])):
        assert "newer Fondly" in said


PORT = ("--port", str(free_port()))
USING = (["web", *PORT], ["worker"], ["backup"], ["export"], ["remove-demo"], ["do", "clients.create", "--name", "x"],
         ["sign-in-link", "dana@example.com"], ["import", "clients", __file__])  # fmt: skip


def test_a_half_migrated_database_is_refused_with_a_sentence(install, tmp_path):
    backup, half = tmp_path / "b.tar.gz", tmp_path / "half"
    fondly(install, "backup", "-o", str(backup))
    fondly(half, "restore", str(backup))
    with sqlite3.connect(half / "fondly.sqlite3") as database:
        database.execute("DELETE FROM django_migrations WHERE app = 'promises'")
    for said in refusals(half, USING):
        assert "the first is promises.0001_initial" in said
    assert "not ready" in fondly(half, "doctor", fails=True)
    assert "could not be finished" in fondly(half, "up", *PORT, fails=True)


def test_an_unprepared_database_is_refused_with_a_sentence(tmp_path):
    for command in (["worker"], ["web", "--port", "8391"], ["export"]):
        assert "fondly up" in fondly_from_nothing(tmp_path, *command, fails=True)


def test_examples_are_removed_and_own_records_stay(install, tmp_path):
    backup, home = tmp_path / "b.tar.gz", tmp_path / "home"
    fondly(install, "backup", "-o", str(backup))
    fondly(home, "restore", str(backup))
    fondly(home, "do", "clients.create", "--name", "Example", "--is-demo", "true")
    assert "1 example" in fondly(home, "remove-demo")
    assert names(home) == ["Priya Shah", "Tom Weld"]


def test_a_backup_holds_the_end_of_activity_and_the_doctor_misses_what_was_cut_since(install, tmp_path):
    end = inside(install, "from fondly.ground import chain; chain.seal_next(); print(chain.head())").strip()
    backup = tmp_path / "c.tar.gz"
    fondly(install, "backup", "-o", str(backup))
    with tarfile.open(backup) as tar:
        assert json.load(tar.extractfile("manifest.json"))["activity_end"] == end
    cut = tmp_path / "cut"
    fondly(cut, "restore", str(backup))
    assert f"its end is {end}" in fondly(cut, "doctor", "--activity-end", end, fails=True)  # no worker runs
    with sqlite3.connect(cut / "fondly.sqlite3") as database:
        database.execute("DELETE FROM ground_auditentry WHERE place = (SELECT max(place) FROM ground_auditentry)")
        database.execute("DELETE FROM ground_setting WHERE name = 'audit.head'")
    assert "entries of Activity are missing" not in fondly(cut, "doctor", fails=True)
    assert "1 entries of Activity are missing" in fondly(cut, "doctor", "--activity-end", end, fails=True)
    assert "as the doctor prints it" in fondly(cut, "doctor", "--activity-end", "yesterday", fails=True)
