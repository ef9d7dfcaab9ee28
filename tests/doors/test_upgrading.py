"""Nobody works on a database of another version: no upgrade beside a worker, and no worker after an upgrade."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db.migrations.recorder import MigrationRecorder

from fondly.doors import database, heartbeat
from fondly.doors.cli import archive, preparing
from fondly.doors.cli.worker import Worker

pytestmark = pytest.mark.django_db
BEHIND = database.State(empty=False, pending=("outbox.0099_more",), unknown=())


@pytest.fixture(autouse=True)
def short_beats(monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(heartbeat, "_LISTEN_SECONDS", 0.01)
    monkeypatch.setattr(archive, "make", lambda _target: pytest.fail("nothing may be touched"))


def test_an_upgrade_refuses_while_a_worker_gives_signs_of_life(monkeypatch):
    began, signs = datetime.now(UTC), count()
    monkeypatch.setattr(heartbeat, "last", lambda: ("shop:7", began + timedelta(microseconds=next(signs))))
    with pytest.raises(SystemExit, match="the worker shop:7 still runs"):
        preparing._migrate(BEHIND)


@pytest.mark.parametrize("beaten", [True, False])
def test_a_worker_that_has_ended_is_waited_for_and_then_forgotten(beaten):
    if beaten:
        heartbeat.beat("shop:7")
    assert heartbeat.living_worker() == ""


def test_a_worker_stops_when_the_database_was_upgraded_under_it(caplog, monkeypatch):
    monkeypatch.setattr("fondly.doors.cli.worker.close_old_connections", lambda: None)  # the test's transaction
    worker = Worker()
    worker._beat()
    assert not worker.stopping.is_set()
    MigrationRecorder.Migration.objects.create(app="outbox", name="0099_more", applied=datetime.now(UTC))
    worker._beaten_at = None
    assert worker._turn() is False
    assert worker.stopping.is_set()
    assert "the database was upgraded while this worker ran" in caplog.text
