"""Backup, wipe, restore, go on: the same rows as before, and no mail twice. On SQLite or PostgreSQL."""

import json
import os
import re
import uuid
from collections import Counter

import pytest

from tests import warm
from tests.run.conftest import sink  # noqa: F401 - a fixture

HERE = {k: v for k, v in os.environ.items() if not k.startswith(("FONDLY_", "DJANGO_"))}


@pytest.fixture
def database():
    """FONDLY_DATABASE_URL of an empty database on the server of this run; none on SQLite."""
    url = os.environ.get("FONDLY_DATABASE_URL")
    if not url:
        yield {}
        return
    import psycopg

    name = f"drill_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield {"FONDLY_DATABASE_URL": f"{url.rpartition('/')[0]}/{name}"}
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.database
@pytest.mark.long
def test_a_restored_install_is_the_same_and_sends_nothing_twice(tmp_path, database, sink):  # noqa: F811
    environ = {
        **HERE,
        **database,
        "FONDLY_HOME": str(tmp_path / "home"),
        "FONDLY_EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        "FONDLY_EMAIL_FROM": "Dana <dana@stillwater.example>",
    }

    def step(name):
        process = warm.begin("tests.doors.cli.drill", name, tmp_path / "b.tar.gz", environ=environ)
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, out + err
        return json.loads(out.splitlines()[-1])

    step("prepare")
    before = step("backup")
    assert len(sink.received) > 5
    step("go_on")
    gone = ids(sink)
    restored = step("restore")
    assert restored == {"hash": before, "quiet": True, "suppressed": ["gone@example.org"]}
    went_on = step("resume")
    times = Counter(ids(sink))
    assert max(times.values()) == 1, "a mail left twice"
    assert went_on["left"] == 0
    assert set(went_on["unsure"]) & set(gone), "what had gone since the backup was listed"
    assert len(times) > len(gone), "and what was due later went"


def ids(sink):  # noqa: F811
    return [re.search(rb"Message-ID: <([^>]+)>", content, re.I)[1].decode() for _to, content in sink.received]
