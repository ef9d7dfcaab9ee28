"""Every address times every method times every role: nobody gets in who should not, and looking changes nothing."""

import pytest
from django.test import Client

from fondly.doors.web import making
from fondly.ground import clock
from tests.cast import NOW
from tests.security.routes import METHODS, all_routes, changed, fingerprint, writing

# Open without signing in, by name, with the reason.
OPEN = {
    "account_login": "the way in",
    "account_inactive": "says that somebody is switched off",
    "first": "a one-time link is the proof",
    "join": "a one-time link is the proof",
    "enter": "a one-time link is the proof",
    "subscribe-again": "the link in a mail is the proof",
    "unsubscribe": "the link in a mail is the proof",
    "metrics": "for machines that watch; tests/security/test_machines.py",
    "healthz": "for machines that watch",
    "readyz": "for machines that watch",
    "api-openapi": "describes the program, not the business",
    "api-docs": "describes the program, not the business",
    "mfa_login_webauthn": "the way in by passkey",
}
BY_LINK = ("unsubscribe", "subscribe-again")  # a mail program posts without a cookie: the token is the proof
BROKEN = (500, 501, 502)
# What somebody without any role may change: their own account and their own cover.
OWN = {"team_user", "team_cover", "team_apitoken", "ground_auditentry", "account_emailaddress", "mfa_authenticator"}
GUESS = {
    "revision": "0", "name": "Anna", "text": "hello", "what": "change", "value": "x", "sure": "yes", "verb": "assign",
    "why": "because", "reason": "goal", "note": "n", "email": "a@example.com", "host": "localhost", "sender": "a@b.co",
    "choice": "day", "trade": "coach", "to": "off", "feeling": "1", "channel": "email", "purpose": "marketing",
    "state": "withdrawn", "source": "talk", "title": "T", "arrived": "true", "subject": "S", "ids": "1",
    "all_matching": "1", "go_on": "1", "header": "Name", "rows": "1", "due_at": "2026-01-05T09:00", "start": "1:lead",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _held_clock():
    with clock.at(NOW):
        yield


@pytest.mark.parametrize("method", METHODS)
def test_a_stranger_sees_and_changes_nothing(ids, method):
    client, before = Client(raise_request_exception=False), fingerprint()
    wrong = []
    for route in all_routes(ids):
        if route.name in OPEN or (method, route.name) == ("OPTIONS", "account_logout"):
            continue
        answer = client.generic(method, route.path, _body(), "application/x-www-form-urlencoded")
        turned_away = answer.status_code in (401, 403, 404, 405) or (
            answer.status_code == 302 and answer["Location"].startswith(("/sign-in", "http://testserver/sign-in"))
        )
        if not turned_away:
            wrong.append((route.path, answer.status_code, answer.get("Location")))
    assert wrong == []
    assert changed(before) == set()


def test_a_stranger_changes_nothing_at_the_open_doors_either(ids):
    client, before = Client(raise_request_exception=False), fingerprint()
    for route in all_routes(ids):
        if route.name in OPEN:
            for method in METHODS:
                answer = client.generic(method, route.path, _body(), "application/x-www-form-urlencoded")
                assert answer.status_code not in BROKEN, (method, route.path)
    assert changed(before) == set()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_reader_changes_nothing_but_their_own(ids, reader, as_user, method):
    client, before = as_user(reader), fingerprint()
    for route in all_routes(ids):
        if route.name == "account_logout":
            continue
        answer = client.generic(method, route.path, _body(), "application/x-www-form-urlencoded")
        assert answer.status_code not in BROKEN, (method, route.path)
    assert changed(before) <= OWN


def test_a_reader_does_not_open_the_admins_pages(ids, reader, as_user):
    client = as_user(reader)
    for route in all_routes(ids):
        answer = client.get(route.path)
        assert answer.status_code not in BROKEN, route.path
        if route.path.startswith(("/settings/mail", "/settings/clock", "/settings/doctor", "/team/invite", "/team/pe")):
            assert answer.status_code in (403, 404, 405), route.path


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(ids, cast, as_user, method):
    client, before = as_user(cast.dana), fingerprint()
    for route in all_routes(ids):
        with writing() as written:
            answer = client.generic(method, route.path)
        assert answer.status_code not in BROKEN, route.path
        assert not written or changed(before) == set(), (route.path, written)
    assert changed(before) == set()


def test_every_post_needs_the_forgery_token(ids, cast, as_user):
    client, before = as_user(cast.dana, enforce_csrf_checks=True), fingerprint()
    accepted = []
    for route in all_routes(ids):
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.post(route.path, _body(), content_type="application/x-www-form-urlencoded", headers=headers)
            said_no = answer.status_code == 204 and "fondly:refused" in answer.get("HX-Trigger", "")
            if not said_no and answer.status_code not in (403, 404, 405) and route.name not in BY_LINK:
                accepted.append((route.path, answer.status_code))
    assert accepted == []
    assert changed(before) == set()


def test_every_answer_carries_the_safe_headers(ids, cast, as_user, monkeypatch):
    monkeypatch.setattr(making, "start", lambda what: None)  # its thread would meet this test's own locks
    for client in (as_user(cast.dana), Client(raise_request_exception=False)):
        for route in all_routes(ids):
            for answer in (client.get(route.path), client.post(route.path, headers={"Host": "testserver"})):
                policy = answer.get("Content-Security-Policy", "")
                assert "default-src 'none'" in policy and "unsafe-eval" not in policy, route.path
                assert answer.get("X-Content-Type-Options") == "nosniff", route.path
                assert answer.get("Cache-Control"), route.path
                if route.name != "message-preview":
                    assert "unsafe-inline" not in policy and answer.get("X-Frame-Options") == "DENY", route.path


def test_the_page_that_refuses_a_forgery_is_safe_too(cast, as_user):
    answer = as_user(cast.dana, enforce_csrf_checks=True).post("/clients/new", {"name": "x"})
    assert answer.status_code == 403
    assert "default-src 'none'" in answer.get("Content-Security-Policy", "")


def test_a_strange_host_is_refused_without_telling_anything(cast, as_user):
    answer = as_user(cast.dana).get("/today", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert b"evil.example" not in answer.content and b"Traceback" not in answer.content
    assert "default-src 'none'" in answer.get("Content-Security-Policy", "")


def _body() -> str:
    return "&".join(f"{name}={value}" for name, value in GUESS.items())
