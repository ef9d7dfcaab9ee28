"""Who may send, from where, how much: each time somebody who may beside somebody who may not."""

import gzip
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError

from fondly.ground import clock
from fondly.measure.events import keeping
from fondly.measure.events.models import BehaviourEvent
from fondly.people.team import actions
from fondly.people.team.access import actor_of
from fondly.people.team.models import ApiToken, Role
from tests.doors.segment.program import Program, make_key, set_option, track
from tests.people.team.people import make_user

pytestmark = pytest.mark.django_db


def kept() -> list[str]:
    return list(BehaviourEvent.objects.order_by("pk").values_list("message_id", flat=True))


def test_a_key_with_the_scope_may_send_and_no_other(dana, website):
    assert website.batch(track("m1")).taken
    for key in ("", "fondly_wrong", make_key(dana, "read")[1], make_key(dana, "admin")[1]):
        answer = Program(key).batch(track("m2"))
        assert answer.status == (403 if key not in ("", "fondly_wrong") else 401)
        assert answer.json["success"] is False and answer.json["message"]
    assert kept() == ["m1"]


def test_a_key_ends_at_once(dana):
    number, key = make_key(dana)
    website = Program(key)
    assert website.batch(track("m1")).taken
    ApiToken.objects.filter(pk=number).update(expires_at=clock.now() - timedelta(seconds=1))
    assert website.batch(track("m2")).status == 401
    ApiToken.objects.filter(pk=number).update(expires_at=None)
    assert website.batch(track("m3")).taken
    actions.revoke_token(actor_of(dana), actions.RevokeToken(number))
    assert website.batch(track("m4")).status == 401
    assert kept() == ["m1", "m3"]


def test_a_key_may_no_more_than_its_owner():
    lee = make_user("Lee")
    role = Role.objects.create(name="web", permissions=["events"])
    lee.roles.add(role)
    website = Program(make_key(lee)[1])
    assert website.batch(track("m1")).taken
    lee.roles.clear()
    assert website.batch(track("m2")).status == 403
    assert kept() == ["m1"]


def test_the_key_is_taken_from_header_or_body_and_never_from_the_address(website):
    nameless = Program("")
    assert nameless.batch(track("m1"), writeKey=website.key).taken
    assert nameless.batch(track("m2"), HTTP_AUTHORIZATION="").status == 401
    assert nameless.send("batch", {"batch": [track("m3")]}, HTTP_AUTHORIZATION=f"Bearer {website.key}").taken
    for query in (f"writeKey={website.key}", f"x={website.key}", "api_key=1"):
        answer = website.send("batch", {"batch": [track("m4")]}, QUERY_STRING=query)
        assert answer.status == 400 and "address" in answer.json["message"]
    assert nameless.send("batch", {}, HTTP_AUTHORIZATION="Basic \xff!").status == 401
    assert kept() == ["m1", "m3"]


def test_only_to_our_own_host_name(website):
    assert website.send("batch", {"batch": [track("m1")]}, HTTP_HOST="evil.example").status == 400
    assert website.send("batch", {"batch": [track("m2")]}, HTTP_HOST="localhost:8000").taken
    assert kept() == ["m2"]


def test_pages_of_named_origins_only(website, settings):
    page = {"HTTP_ORIGIN": "https://www.example.com"}
    refused = website.send("track", track("m1"), **page)
    assert refused.status == 403 and "Access-Control-Allow-Origin" not in refused.headers
    settings.FONDLY = set_option("FONDLY_EVENTS_ORIGINS", "https://shop.example.com, https://www.example.com")
    asked = website.send("track", b"", REQUEST_METHOD="OPTIONS", HTTP_AUTHORIZATION="", **page)
    assert (asked.status, asked.body) == (204, b"")
    assert asked.headers["Access-Control-Allow-Origin"] == "https://www.example.com"
    assert "authorization" in asked.headers["Access-Control-Allow-Headers"]
    taken = website.send("track", track("m2"), CONTENT_TYPE="text/plain;charset=UTF-8", **page)
    assert taken.taken and taken.headers["Vary"] == "Origin"
    assert website.send("track", track("m3"), HTTP_ORIGIN="https://www.example.com.evil.example").status == 403
    assert kept() == ["m2"]


def test_so_much_a_second_and_then_wait(dana, settings):
    settings.FONDLY = set_option("FONDLY_EVENTS_PER_SECOND", "1")
    slow, other = (Program(make_key(dana)[1]) for _ in range(2))
    assert slow.batch(*(track(f"m{n}") for n in range(8))).taken
    refused = slow.batch(*(track(f"n{n}") for n in range(8)))
    assert refused.status == 429 and 1 <= int(refused.headers["Retry-After"]) <= 6
    assert other.batch(track("o1")).taken
    large = Program(make_key(dana)[1])  # a batch larger than what is saved up goes through, and is waited for after it
    assert large.batch(*(track(f"p{n}") for n in range(60))).taken
    assert large.batch(track("p60")).status == 429
    assert len(kept()) == 69


def test_each_address_takes_its_kind(website):
    bodies = {
        "track": {"event": "Paid"}, "identify": {"traits": {"plan": "gold"}}, "page": {"name": "Home"},
        "screen": {"name": "Start"}, "group": {"groupId": "g1"}, "alias": {"previousId": "old"},
    }  # fmt: skip
    for kind, body in bodies.items():
        assert website.send(kind, {"userId": "u1", "messageId": kind, **body}).taken
        assert website.send(kind[0], {"userId": "u1", "messageId": f"{kind} again", **body}).taken
    assert website.send("import", {"batch": [track("imported")]}).taken
    kinds = list(BehaviourEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == [kind for kind in bodies for _ in (1, 2)] + ["track"]


def test_other_methods_and_addresses(website):
    assert website.send("batch", REQUEST_METHOD="GET").status == 405
    assert website.send("nothing", {"batch": []}).status == 404
    assert website.send("batch", PATH_INFO="/today").body == b"a page"
    assert website.send("batch", {"batch": []}, CONTENT_TYPE="application/x-www-form-urlencoded").status == 415


def test_answers_carry_safe_headers(website, settings):
    settings.SECURE_HSTS_SECONDS = 60
    headers = website.batch(track("m1")).headers
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
    assert headers["Strict-Transport-Security"] == "max-age=60"


def test_packed_bodies_within_bounds(website):
    body = b'{"batch": [{"type": "track", "event": "Paid", "userId": "u1", "messageId": "m1"}]}'
    packed = {"HTTP_CONTENT_ENCODING": "gzip"}
    assert website.send("batch", gzip.compress(body), **packed).taken
    bomb = gzip.compress(b'{"batch": "' + b" " * 100_000_000 + b'"}', compresslevel=1)[:400_000]
    assert website.send("batch", bomb, **packed).status == 413
    assert website.send("batch", gzip.compress(body)[:-10], **packed).status == 400
    assert website.send("batch", body, **packed).status == 400
    assert website.send("batch", body, HTTP_CONTENT_ENCODING="br").status == 415
    assert website.send("batch", b" " * 512_001).status == 413
    assert website.send("batch", b" " * 512_001, CONTENT_LENGTH="").status == 413
    assert kept() == ["m1"]


def test_a_busy_database_is_said_so_that_the_client_comes_again(website):
    with patch.object(keeping, "keep", side_effect=OperationalError("database is locked")):
        answer = website.batch(track("m1"))
    assert (answer.status, answer.headers["Retry-After"], answer.json["code"]) == (503, "2", "busy")
    with patch.object(keeping, "keep", side_effect=RuntimeError("no")):
        assert website.batch(track("m1")).status == 500
    assert website.batch(track("m1")).taken
