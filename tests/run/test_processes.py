"""Real processes, a real mail server, a database file: killed at any named place, and several at once."""

import os
import shutil
from collections import Counter

import pytest

from tests import warm
from tests.quick import migrated


class House:
    """An install of its own and the processes in it."""

    def __init__(self, home, port):
        if not (home / "fondly.sqlite3").exists():
            shutil.copy(migrated(), home / "fondly.sqlite3")
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("FONDLY_", "DJANGO_"))},
            "DJANGO_SETTINGS_MODULE": "fondly.project.settings",
            "FONDLY_HOME": str(home),
            "FONDLY_SECRET_KEY": "only-for-tests-0123456789-0123456789",
            "FONDLY_EMAIL_URL": f"smtp://127.0.0.1:{port}",
            "FONDLY_EMAIL_FROM": "Dana <dana@stillwater.example>",
        }

    def begin(self, *command):
        return warm.begin("tests.run.process", *command, environ=self.env)

    def run(self, *command):
        process = self.begin(*command)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err[-2000:]
        return out

    def report(self, command="report"):
        return dict(line.rsplit(" ", 1) for line in self.run(command).splitlines())


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A home with three clients whose welcome waits to be sent."""
    home = tmp_path_factory.mktemp("prepared")
    House(home, 1).run("prepare", 3)
    return home


@pytest.fixture
def house(tmp_path, sink, prepared):
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return House(tmp_path, sink.port)


@pytest.mark.parametrize(
    ("hook", "unsure"),
    [
        # At the second message: the first one's result is written with the second one's commit.
        ("before_commit", 1),
        ("after_dot", 1),
        pytest.param("after_claim", 0, marks=pytest.mark.slow),
        pytest.param("after_body", 1, marks=pytest.mark.slow),
        pytest.param("after_commit", 1, marks=pytest.mark.slow),
        pytest.param("after_reply", 1, marks=pytest.mark.slow),
        pytest.param("before_result", 1, marks=pytest.mark.slow),
    ],
)
def test_a_worker_killed_at_any_place_loses_nothing_and_doubles_nothing(house, sink, hook, unsure):
    worker = house.begin("work", 3, hook, 1 if hook in ("after_claim", "before_result") else 2)
    worker.communicate(timeout=120)
    assert worker.returncode == -9
    found = house.report("recover")
    counts = Counter(to for to, _ in sink.received)
    assert max(counts.values()) == 1
    assert int(found.get("message uncertain", 0)) == unsure
    assert int(found["message sent"]) == 3 - unsure
    assert 3 - unsure <= len(counts) <= 3
    assert found.get("welcome working") is None


def test_two_workers_at_once_send_each_mail_once(house, sink):
    house.run("more", 22)
    workers = [house.begin("work", 6) for _ in range(2)]
    for worker in workers:
        _, err = worker.communicate(timeout=120)
        assert worker.returncode == 0, err[-2000:]
    counts = Counter(to for to, _ in sink.received)
    assert len(counts) == 25
    assert set(counts.values()) == {1}
    assert house.report()["message sent"] == "25"


def test_the_same_starts_from_three_processes_leave_one_journey_each(house):
    first = int(house.run("people", 10).split()[0])
    starters = [house.begin("start", first, 2) for _ in range(3)]
    for starter in starters:
        _, err = starter.communicate(timeout=120)
        assert starter.returncode == 0, err[-2000:]
    found = house.report()
    assert found["journeys"] == "13"
    assert found["moments"] == "13"
