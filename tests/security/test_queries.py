"""What stands in an address is a value, never a query: nothing breaks, nothing leaks, whatever is typed."""

import pytest

from fondly.ground import clock
from fondly.people.clients.search import search
from tests.cast import NOW
from tests.security.routes import changed, fingerprint

HOSTILE = (
    "'",
    '"',
    "%",
    "_",
    "\\",
    "\x00",
    "%00",
    "' OR 1=1 --",
    "1; DROP TABLE clients_client",
    "name) UNION SELECT 1 --",
    "*",
    "NEAR(a b)",
    "text:a",
    "^a",
    "a OR b",
    "(",
    "x" * 5000,
    "-1",
    "0",
    "1e400",
    "nan",
    "inf",
    "9" * 25,
    "9" * 4500,
    "²~²",
    "~1",
    "x~1",
    "nan~1",
    "~" + "9" * 30,
    "2026-13-45~1",
    "2026-01-01T00:00:00~1",
    "0001-01-01T00:00:00+14:00~1",
    "١",
    "../../secret.key",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "owner__password",
    "-id",
    "?",
    "\r\nSet-Cookie: a=1",
    "//evil.example",
)
NAMES = (
    "q",
    "stage",
    "owner",
    "persona",
    "feeling",
    "order",
    "after",
    "before",
    "older",
    "show",
    "who",
    "next",
    "version",
    "from",
    "to",
    "frame",
    "other",
    "since",
    "name",
    "rows",
    "playbook",
    "days",
    "kind",
    "cursor",
    "limit",
    "client",
    "state",
    "is",
    "about",
    "as",
    "period",
    "source",
    "stages",
    "edge",
    "gap",
    "number",
    "changed_from",
    "email",
    "now",
    "all",
)
ORDERS = ("name", "silence", "feeling", "newest")


@pytest.fixture(autouse=True)
def _held_clock():
    with clock.at(NOW):
        yield


def _paged(client_id: int, playbook_id: int) -> list[str]:
    """The pages that read anything from their address."""
    return [
        "/today",
        "/today/ran",
        "/activity",
        "/palette",
        "/clients/import",
        f"/c/{client_id}",
        f"/c/{client_id}/merge",
        "/map",
        f"/playbooks/{playbook_id}/history",
        f"/playbooks/{playbook_id}/rehearse",
        f"/playbooks/{playbook_id}",
        "/settings/clock",
        f"/playbooks/{playbook_id}/effect",
    ]


def test_no_page_breaks(cast, as_user):
    client, before = as_user(cast.dana), fingerprint()
    for value in HOSTILE:
        for path in _paged(cast.priya.pk, cast.playbook.pk):
            answer = client.get(path, dict.fromkeys(NAMES, value))
            assert answer.status_code not in (500, 501, 502), (path, value)
            assert b"<script>alert(1)" not in answer.content and b"Traceback" not in answer.content, path
    assert changed(before) == set()


def test_a_form_with_a_nul_is_refused_in_words(cast, as_user):
    client, before = as_user(cast.dana), fingerprint()
    for path, field in ((f"/c/{cast.priya.pk}/note", "text"), ("/team/departments", "name")):
        answer = client.post(path, {field: "a\0b"}, headers={"HX-Request": "true"})
        assert "NUL" in answer["HX-Trigger"], path
    assert changed(before) == set()
    client.post(f"/c/{cast.priya.pk}/note", {"text": "a b"})
    assert changed(before)


def test_no_list_breaks(cast, as_user, monkeypatch):
    monkeypatch.setattr("fondly.doors.api.entrance.buckets.take", lambda key: 0)
    client = as_user(cast.dana)
    for value in HOSTILE:
        for order in ORDERS:
            answer = client.get("/clients", {"order": order, "after": value, "owner": value})
            assert answer.status_code == 200, (order, value)
        for show in ("waiting", "sent"):
            assert client.get("/outbox", {"show": show, "after": value}).status_code == 200, value
        for path in ("clients", "journeys", f"clients/{cast.priya.pk}/timeline"):
            for name in ("cursor", "limit", "owner", "owner__password", "from", "client", "state"):
                answer = client.get(f"/api/{path}", {name: value})
                assert answer.status_code in (200, 422), (path, name, value)


def test_a_search_is_words(cast):
    for value in HOSTILE:
        assert isinstance(search(value), list), value


@pytest.mark.parametrize(
    "value",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "\thttps://evil.example",
    ],
)
def test_next_stays_in_the_house(cast, as_user, client, value):
    signed_in = as_user(cast.dana)
    for path, form in (("/outbox/switch", {"go_on": "1"}), (f"/c/{cast.priya.pk}/note", {"text": "hello"})):
        answer = signed_in.post(path, {**form, "next": value})
        assert answer.status_code == 302 and answer["Location"].startswith("/"), answer["Location"]
        assert not answer["Location"].startswith(("//", "/\\"))
    answer = client.post("/sign-in", {"login": "dana@harbour.example", "password": "harbour-lights-42", "next": value})
    assert answer.status_code == 302 and answer["Location"] == "/today"
