"""A long action over the API: 202, then asked how far it is; the same key is the same errand."""

import pytest

from fondly.ground import errands
from fondly.people.clients.models import Client
from tests.doors.api.test_api import Script
from tests.people.team.people import NOW, make_user
from tests.run.conftest import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def script(monkeypatch):
    monkeypatch.setattr(errands, "AT_ONCE", 1)
    return Script(make_user("Dana", admin=True), "read", "run")


def test_a_long_action_is_answered_at_once_and_told_later(script):
    playbook, _version = publish()
    ids = [Client.objects.create(name=f"New {n}", created_at=NOW, changed_at=NOW).pk for n in range(3)]
    body = {"client_ids": ids, "playbook_id": playbook.pk}
    answer = script.do("journeys.start_many", body, key="once")
    assert answer.status_code == 202 and answer.json()["state"] == "waiting"
    where = answer["Location"]
    assert script.do("journeys.start_many", body, key="once")["Location"] == where
    worker = errands.Worker("test")
    while worker.turn():
        pass
    told = script.get(where).json()
    assert (told["state"], told["done"], told["total"], told["result"]["started"]) == ("done", 3, 3, 3)
    again = script.do("journeys.start_many", body, key="once")
    assert again.status_code == 200 and again.json()["result"]["started"] == 3
    assert script.get("/api/errands/999").status_code == 404


def test_the_description_tells_of_it(script):
    paths = script.get("/api/openapi.json").json()["paths"]
    assert "202" in paths["/api/do/journeys.start_many"]["post"]["responses"]
    assert "202" not in paths["/api/do/journeys.start"]["post"]["responses"]
    assert "/api/errands/{errand_id}" in paths
