"""From the wire to the row: ids, names, times, repeats, and everything hostile."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from fondly.ground import clock
from fondly.measure.events.models import BehaviourEvent
from tests.doors.segment.program import track

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
GOOD = track("good")


def one(message_id: str) -> BehaviourEvent:
    return BehaviourEvent.objects.get(message_id=message_id)


def test_what_is_kept_of_each_kind(website):
    sent = [
        {"type": "track", "userId": "u1", "anonymousId": "a1", "event": "Paid", "properties": {"total": 12.5}},
        {"type": "identify", "userId": "u1", "anonymousId": "a1", "traits": {"email": "p@example.org"}},
        {"type": "page", "anonymousId": "a1", "category": "Docs", "name": "Start", "properties": {"url": "/"}},
        {"type": "screen", "userId": 7, "name": None, "category": "Shop"},
        {"type": "group", "userId": "u1", "groupId": "g1", "traits": {"name": "Acme"}},
        {"type": "alias", "userId": "u1", "previousId": "a1"},
    ]
    assert website.batch(*({**event, "messageId": event["type"]} for event in sent), context={"locale": "de"}).taken
    columns = ("kind", "name", "visitor", "also", "properties", "context")
    rows = list(BehaviourEvent.objects.order_by("pk").values_list(*columns))
    assert [row[:4] for row in rows] == [
        ("track", "Paid", "u1", "anon:a1"),
        ("identify", "", "u1", "anon:a1"),
        ("page", "Start", "anon:a1", ""),
        ("screen", "Shop", "7", ""),
        ("group", "g1", "u1", ""),
        ("alias", "", "u1", "a1"),
    ]
    assert [json.loads(row[4]) for row in rows] == [
        {"total": 12.5}, {"email": "p@example.org"}, {"url": "/", "category": "Docs"}, {"category": "Shop"},
        {"name": "Acme"}, {},
    ]  # fmt: skip
    assert {row[5] for row in rows} == {'{"locale":"de"}'}


def test_a_clock_that_is_wrong_is_put_right_by_when_it_was_sent(website):
    hour = timedelta(hours=1)

    def at(instant: datetime) -> str:
        return instant.isoformat()

    with clock.at(NOW):
        website.batch(
            track("late", timestamp=at(NOW - 3 * hour)),
            track("future", timestamp=at(NOW + 9 * hour)),
            track("none"),
            track("zone", timestamp="2026-03-02T03:00:00-05:00"),
            track("own", timestamp=at(NOW), sentAt=at(NOW + 7 * hour)),
            track("unsaid", timestamp=at(NOW - 3 * hour), sentAt=None),
            sentAt=at(NOW - 2 * hour),
        )
        website.batch(track("unsent", timestamp=at(NOW - hour)), track("naive", timestamp="2026-03-02T08:00:00"))
    times = {event.message_id: event.at for event in BehaviourEvent.objects.all()}
    assert times == {
        "late": NOW - hour, "future": NOW, "none": NOW, "zone": NOW, "own": NOW - 7 * hour,
        "unsaid": NOW - hour, "unsent": NOW - hour, "naive": NOW - hour,
    }  # fmt: skip
    assert one("late").received_at == NOW


def test_a_repeat_changes_nothing(website):
    first, second = track("m1", properties={"n": 1}), track("m1", properties={"n": 2})
    assert website.batch(first, second, track("m2")).taken
    assert website.batch(first, track("m3")).taken
    assert website.send("track", second).taken
    assert BehaviourEvent.objects.count() == 3
    assert one("m1").properties == '{"n":1}'
    nameless = {"type": "track", "event": "Paid", "userId": "u1"}
    assert website.batch(nameless, nameless).taken
    assert BehaviourEvent.objects.count() == 5
    assert all(BehaviourEvent.objects.values_list("message_id", flat=True))


BAD = {
    "a text": ("", "object"),
    "null": (None, "object"),
    "no kind": ({**GOOD, "type": "purchase"}, "type"),
    "a list for a kind": ({**GOOD, "type": ["track"]}, "type"),
    "nobody": ({"type": "track", "event": "Paid"}, "anonymousId"),
    "an object for somebody": ({**GOOD, "userId": {"id": 1}}, "userId"),
    "true for somebody": ({**GOOD, "userId": True}, "userId"),
    "posing as anonymous": ({**GOOD, "userId": "anon:1"}, "userId"),
    "somebody very long": ({**GOOD, "userId": "u" * 201}, "201 characters"),
    "a track without a name": ({**GOOD, "event": ""}, "event"),
    "a list for a name": ({**GOOD, "event": ["Paid"]}, "event"),
    "a name very long": ({**GOOD, "event": "e" * 201}, "201 characters"),
    "a number for properties": ({**GOOD, "properties": 3}, "properties"),
    "a list for context": ({**GOOD, "context": [1]}, "context"),
    "a list for a message id": ({**GOOD, "messageId": [1]}, "messageId"),
    "a time that is none": ({**GOOD, "timestamp": "yesterday"}, "timestamp"),
    "a number for a time": ({**GOOD, "timestamp": 1772442000}, "timestamp"),
    "the beginning of time": ({**GOOD, "timestamp": "0001-01-01T00:00:00+14:00"}, "timestamp"),
    "what no zone west of here can tell": ({**GOOD, "timestamp": "0001-01-01T00:00:00Z"}, "timestamp"),
    "the end of time": ({**GOOD, "timestamp": "2026-03-02T09:00:00Z", "sentAt": "9999-12-31T23:00:00Z"}, "sentAt"),
    "a group without an id": ({"type": "group", "userId": "u1"}, "groupId"),
    "an alias of nobody": ({"type": "alias", "userId": "u1"}, "previousId"),
    "too much": ({**GOOD, "properties": {"text": "x" * 33_000}}, "bytes"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_event_is_named_and_the_others_are_kept(website, name):
    bad, told = BAD[name]
    answer = website.batch(track("before"), bad, track("after"))
    assert answer.status == 400 and "1 of 3" in answer.json["message"]
    (fault,) = answer.json["errors"]
    assert fault["pointer"].startswith("/batch/1") and told in f"{fault['pointer']} {fault['detail']}"
    assert set(BehaviourEvent.objects.values_list("message_id", flat=True)) == {"before", "after"}


def test_what_fits_just_so(website):
    assert website.batch(track("m1", properties={"text": "x" * 32_000})).taken
    assert website.batch(*(track(f"n{n}", properties={"text": "x" * 200}) for n in range(1000))).taken
    assert website.batch(*(track(f"o{n}") for n in range(2501))).status == 400
    assert BehaviourEvent.objects.count() == 1001


HOSTILE = {
    "nothing": b"",
    "half an object": b'{"batch": [',
    "a list": b"[]",
    "no list": b'{"batch": {"0": 1}}',
    "no batch": b'{"events": []}',
    "not UTF-8": b'{"batch": ["\xff"]}',
    "very deep": b'{"batch": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
    "deep objects": b'{"batch": [{"properties": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}]}",
    "NaN": b'{"batch": [{"type":"track","event":"e","userId":"u","properties":{"n":NaN}}]}',
    "a number without end": b'{"batch": [' + b"9" * 400_000 + b"]}",
    "a sentAt that is none": b'{"batch": [], "sentAt": {}}',
    "a context that is none": b'{"batch": [], "context": "x"}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused_in_words(website, name):
    answer = website.send("batch", HOSTILE[name])
    assert answer.status == 400 and answer.json["message"] and answer.json["code"] == "malformed"
    assert BehaviourEvent.objects.count() == 0


def test_odd_values_are_kept_as_a_database_can(website):
    body = (
        b'{"batch": [{"type":"track","event":"A\\u0000B","userId":"u\\u0000","messageId":"odd","properties":'
        b'{"cut":"x\\ud83d","low":"\\ude00y","whole":"\\ud83d\\ude00","nul\\u0000":"\\u0000","big":1e999,'
        b'"long":123456789012345678901234567890,"quote":"\\\\u0041"}}]}'
    )
    assert website.send("batch", body).taken
    event = one("odd")
    assert (event.name, event.visitor) == ("AB", "u")
    assert json.loads(event.properties) == {
        "cut": "x�", "low": "�y", "whole": "😀", "nul": "", "big": None,
        "long": 123456789012345678901234567890, "quote": "\\u0041",
    }  # fmt: skip
