"""What machines that watch are told."""

import json
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.test import Client

from fondly.doors import database, heartbeat
from fondly.ground.models import Setting

pytestmark = pytest.mark.django_db


def test_alive_needs_nothing():
    with patch("fondly.doors.database.state", side_effect=database.Unreachable("gone")):
        assert Client().get("/healthz").content == b"ok\n"


def test_ready_with_a_worker_and_not_without():
    answer = Client().get("/readyz")
    assert answer.status_code == 503 and answer.json()["reasons"] == [{"what": "worker", "why": "never seen"}]
    heartbeat.beat("w1")
    assert Client().get("/readyz").json() == {"ready": True, "reasons": []}
    old = (datetime.now(UTC) - timedelta(seconds=61)).isoformat()
    Setting.put("worker.heartbeat", json.dumps({"worker": "w1", "at": old}))
    assert Client().get("/readyz").status_code == 503


def test_not_ready_without_a_database_or_with_another_shape_of_it():
    heartbeat.beat("w1")
    with patch("fondly.doors.database.MigrationExecutor", side_effect=OperationalError("connection refused")):
        assert Client().get("/readyz").json()["reasons"][0]["what"] == "database"
    behind = database.State(False, ("clients.0002_x",), ())
    ahead = database.State(False, (), ("clients.9999_x",))
    for state in (behind, ahead):
        with patch("fondly.doors.database.state", return_value=state):
            answer = Client().get("/readyz")
        assert answer.status_code == 503 and answer.json()["reasons"][0]["what"] == "migrations"


def test_metrics_are_text_and_ask_for_their_token(settings):
    Client().get("/healthz")
    text = Client().get("/metrics").content.decode()
    assert 'route="healthz"' in text and "fondly_queue_messages 0" in text and "fondly_database_up 1" in text
    for line in text.splitlines():
        assert line.startswith("#") or float(line.rpartition(" ")[2]) >= 0
    value = settings.FONDLY["FONDLY_METRICS_TOKEN"]
    guarded = {**settings.FONDLY, "FONDLY_METRICS_TOKEN": type(value)(value.option, "sesame", "environment")}
    settings.FONDLY = guarded
    assert Client().get("/metrics").status_code == 401
    assert Client().get("/metrics", headers={"Authorization": "Bearer sesame"}).status_code == 200
