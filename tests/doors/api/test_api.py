"""The API as scripts meet it: keys and scopes, actions, pages, and one test for each kind of problem."""

import json
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.test import Client as Browser

from fondly.doors.api import entrance
from fondly.doors.api.limits import Buckets
from fondly.doors.api.problems import KINDS
from fondly.ground import clock
from fondly.ground.models import AuditEntry
from fondly.people.clients.models import Client, Interaction, Tag
from fondly.people.team import actions
from fondly.people.team.access import actor_of
from fondly.people.team.models import ApiToken, Department, User
from tests.people.team.people import NOW, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_buckets(monkeypatch):
    monkeypatch.setattr(entrance, "buckets", Buckets())


@pytest.fixture
def dana():
    return make_user("Dana", admin=True)


class Script:
    """Somebody's script with a key."""

    def __init__(self, user: User, *scopes: str) -> None:
        made = actions.create_token(actor_of(user), actions.CreateToken("script", list(scopes)))
        self.secret = made.token.get_secret_value()
        self.headers = {"Authorization": f"Bearer {self.secret}"}
        self.http = Browser(enforce_csrf_checks=True)

    def get(self, path: str):
        return self.http.get(path, headers=self.headers)

    def do(self, name: str, body=None, key: str = "", content_type: str = "application/json"):
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        data = body if isinstance(body, str) else json.dumps(body or {})
        return self.http.post(f"/api/do/{name}", data, content_type=content_type, headers=headers)


def assert_problem(answer, code: str) -> dict:
    status, title = KINDS[code]
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["title"], body["code"]) == (status, title, code)
    assert body["detail"] and body["instance"].startswith("/api/")
    return body


def make_clients(count: int) -> list[int]:
    now = clock.now()
    rows = [
        Client(name=f"C{n}", sort_name=f"c{n}", created_at=now, changed_at=now, persona="p1" if n % 2 else "p2")
        for n in range(count)
    ]
    return [row.pk for row in Client.objects.bulk_create(rows)]


def test_without_a_key_and_with_one(dana):
    assert assert_problem(Browser().get("/api/clients"), "not_signed_in")
    assert Browser().get("/api/clients")["WWW-Authenticate"].startswith("Bearer")
    wrong = Browser().get("/api/clients", headers={"Authorization": "Bearer fondly_wrong"})
    assert_problem(wrong, "not_signed_in")
    assert_problem(Browser().get("/api/clients", headers={"Authorization": "Basic eDp5"}), "not_signed_in")
    assert Script(dana, "read").get("/api/clients").json() == {"items": [], "next": None}


def test_ended_keys_and_people_switched_off(dana):
    lee = make_user("Lee")
    script = Script(lee, "read")
    assert script.get("/api/clients").status_code == 200
    ApiToken.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert_problem(script.get("/api/clients"), "not_signed_in")
    ApiToken.objects.update(expires_at=None)
    actions.deactivate(actor_of(dana), actions.UserId(lee.pk))
    ApiToken.objects.update(revoked_at=None)
    assert_problem(script.get("/api/clients"), "not_signed_in")


def test_a_key_does_only_what_its_scopes_say(dana):
    reads, writes = Script(dana, "read"), Script(dana, "admin")
    body = {"name": "Sales"}
    assert_problem(reads.do("team.create_department", body), "not_allowed")
    assert not Department.objects.exists()
    assert writes.do("team.create_department", body).status_code == 200
    assert Department.objects.get().name == "Sales"
    assert_problem(Script(dana, "import").get("/api/clients"), "not_allowed")


def test_a_key_loses_what_its_owner_loses(dana):
    lee = make_user("Lee", roles={"agent": ["clients"]})
    script = Script(lee, "clients")
    assert script.do("clients.create", {"name": "Priya Shah"}).status_code == 200
    lee.roles.clear()
    assert_problem(script.do("clients.create", {"name": "Tom Weld"}), "not_allowed")
    assert Client.objects.count() == 1


def test_an_action_answers_with_result_summary_and_audit(dana):
    answer = Script(dana, "admin").do("clients.create", {"name": "Priya Shah", "email": "priya@example.org"}).json()
    assert Client.objects.get().pk == answer["result"]["client_id"]
    assert answer["undoable"] and AuditEntry.objects.get(pk=answer["audit_id"]).actor_name == "Dana (script)"


def test_a_secret_is_in_the_answer_once(dana):
    script = Script(dana, "admin")
    lee = {"email": "lee@example.org", "name": "Lee"}
    first, again = (script.do("team.invite", lee, key="k").json()["result"]["link"] for _ in range(2))
    assert "/join/" in first and "/join/" not in again


def test_the_same_key_twice_changes_nothing_and_another_request_conflicts(dana):
    script = Script(dana, "admin")
    first, second = (script.do("clients.create", {"name": "Priya"}, key="a1") for _ in range(2))
    assert first.json()["result"] == second.json()["result"] and Client.objects.count() == 1
    assert_problem(script.do("clients.create", {"name": "Tom"}, key="a1"), "conflict")
    assert_problem(script.do("clients.create", {"name": "Tom"}, key="x" * 200), "invalid")
    assert Client.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": 5}, "/name"),
        ({"name": "x", "nmae": "y"}, "/nmae"),
        ({"name": "x\x00y"}, "/name"),
        ({"name": "x", "owner_id": "seven"}, "/owner_id"),
        ({"name": "x", "fields": {"a": "b\x00"}}, "/fields/a"),
    ],
)
def test_values_that_do_not_fit_are_named(dana, body, pointer):
    problem = assert_problem(Script(dana, "admin").do("clients.create", body), "invalid")
    assert pointer in [fault["pointer"] for fault in problem["errors"]]
    assert not Client.objects.exists()


def test_refusals_malformed_bodies_and_wrong_types(dana):
    script = Script(dana, "admin")
    assert assert_problem(script.do("clients.create", {"name": "x", "kind": "robot"}), "refused")["errors"]
    assert_problem(script.do("clients.create", "{not json"), "malformed")
    assert_problem(script.do("clients.create", "[1]"), "malformed")
    assert_problem(script.do("clients.create", "name=x", content_type="application/x-www-form-urlencoded"), "not_json")
    assert_problem(script.get("/api/do/clients.create"), "wrong_method")
    assert script.get("/api/do/clients.create")["Allow"] == "POST"


def test_what_is_not_there(dana):
    script = Script(dana, "admin")
    assert_problem(script.do("clients.fly"), "not_found")
    assert_problem(script.get("/api/clients/999"), "not_found")
    assert_problem(script.get("/api/clients/999/timeline"), "not_found")
    assert_problem(script.get("/api/nothing/here"), "not_found")
    assert_problem(script.do("team.deactivate", {"user_id": 999}), "not_found")


def test_files_of_the_server_are_out_of_reach(dana):
    body = {"path": "/etc/passwd", "map_text": "x", "source": "x"}
    assert_problem(Script(dana, "admin").do("histories.import", body), "not_found")


def test_too_large_bodies_and_numbers(dana, settings):
    script = Script(dana, "admin")
    assert script.do("team.deactivate", {"user_id": 10**30}).status_code in (404, 422)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert_problem(script.do("clients.create", {"name": "x" * 200}), "too_large")


def test_too_many_requests(dana, monkeypatch):
    monkeypatch.setattr(entrance, "buckets", Buckets(per_second=0.5, burst=3))
    script, other = Script(dana, "read"), Script(dana, "read")
    answers = [script.get("/api/clients").status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    late = script.get("/api/clients")
    assert_problem(late, "too_many")
    assert 1 <= int(late["Retry-After"]) <= 3
    assert other.get("/api/clients").status_code == 200


def test_a_busy_database_and_a_mistake_of_ours(dana):
    script = Script(dana, "read")
    with patch("fondly.doors.api.views.page", side_effect=OperationalError("database is locked")):
        busy = script.get("/api/clients")
    assert_problem(busy, "busy") and busy["Retry-After"]
    with patch("fondly.doors.api.views.page", side_effect=ZeroDivisionError("secret detail")):
        broken = script.get("/api/clients")
    assert "secret detail" not in json.dumps(assert_problem(broken, "broken"))


def test_a_browser_needs_its_csrf_token(dana):
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(dana)
    assert browser.get("/api/clients").status_code == 200
    post = {"data": '{"name": "Sales"}', "content_type": "application/json"}
    assert_problem(browser.post("/api/do/team.create_department", **post), "not_allowed")
    assert not Department.objects.exists()
    browser.get("/team")
    token = browser.cookies["csrftoken"].value
    answer = browser.post("/api/do/team.create_department", **post, headers={"X-CSRFToken": token})
    assert answer.status_code == 200 and Department.objects.exists()


def test_pages_hold_everything_once_in_order(dana):
    ids = make_clients(23)
    script, path, seen = Script(dana, "read"), "/api/clients?limit=5", []
    while path:
        body = script.get(path).json()
        seen += [item["id"] for item in body["items"]]
        path = body["next"]
    assert seen == ids


def test_filters_and_their_faults(dana):
    one, *_others = make_clients(4)
    Tag.objects.create(client_id=one, name="golf")
    script = Script(dana, "read")
    assert len(script.get("/api/clients?persona=p1").json()["items"]) == 2
    assert [item["tags"] for item in script.get("/api/clients?tag=golf").json()["items"]] == [["golf"]]
    for query in (
        "prsona=p1",
        "limit=0",
        "limit=x",
        "limit=501",
        "cursor=%00",
        "cursor=abc",
        "owner=x",
        "owner=99999999999999999999",
        "changed_from=soon",
    ):
        assert_problem(script.get(f"/api/clients?{query}"), "invalid")
    assert_problem(script.get("/api/journeys?state=asleep"), "invalid")


def test_a_timeline_pages_newest_first_also_with_equal_times(dana):
    (pk,) = make_clients(1)
    Interaction.objects.bulk_create(
        Interaction(client_id=pk, at=NOW - timedelta(hours=n // 3), recorded_at=NOW, kind="note", text=str(n))
        for n in range(10)
    )
    script, path, seen = Script(dana, "read"), f"/api/clients/{pk}/timeline?limit=4", []
    while path:
        body = script.get(path).json()
        seen += [item["id"] for item in body["items"]]
        path = body["next"]
    assert seen == list(Interaction.objects.order_by("-at", "-id").values_list("pk", flat=True)) and len(seen) == 10


def test_one_client_with_contacts(dana):
    script = Script(dana, "admin")
    pk = script.do("clients.create", {"name": "Priya Shah", "email": "Priya@Example.org"}).json()["result"]["client_id"]
    whole = script.get(f"/api/clients/{pk}").json()
    assert whole["client"]["name"] == "Priya Shah"
    assert whole["contacts"][0]["emails"][0]["address"].lower() == "priya@example.org"
    script.do("clients.add_contact", {"client_id": pk, "name": "Ravi", "email": "priya@example.org"})  # they share it
    assert [item["id"] for item in script.get("/api/clients?email=priya@example.org").json()["items"]] == [pk]


@pytest.mark.parametrize("path", ["journeys", "moments", "messages", "playbooks"])
def test_every_list_opens(dana, path):
    assert Script(dana, "read").get(f"/api/{path}").json() == {"items": [], "next": None}


def test_counts_need_a_playbook(dana):
    script = Script(dana, "admin")
    assert_problem(script.get("/api/counts/exits"), "invalid")
    assert_problem(script.get("/api/counts/exits?playbook=none"), "not_found")
    script.do("playbooks.create", {"trade": "realtor"})
    assert script.get("/api/counts/exits").json() == {"items": [], "next": None}
    assert script.get("/api/counts/events?name=closed").json() == {"items": [], "next": None}
