from datetime import datetime, timedelta

import pytest

from fondly.people.clients import hooks, timeline
from fondly.people.clients.models import Interaction
from fondly.people.clients.timeline import NewFact
from tests.people.clients.conftest import NOW, make_client

pytestmark = pytest.mark.django_db


def fact(client, days=0, **more):
    return NewFact(client.pk, more.pop("kind", "note"), NOW + timedelta(days=days), **more)


def test_the_newest_feeling_counts_most_and_only_five_are_kept():
    client = make_client()
    timeline.record(*[fact(client, day, feeling=f) for day, f in enumerate([-2, -2, -2, 2, 2, 2, 2])])
    client.refresh_from_db()
    assert client.recent_feelings == [-2, 2, 2, 2, 2]
    assert client.feeling == pytest.approx((1 * -2 + (2 + 3 + 4 + 5) * 2) / 15, abs=1e-3)


def test_a_late_told_feeling_takes_its_place_in_time():
    client = make_client()
    timeline.record(fact(client, 10, feeling=2))
    timeline.record(fact(client, 1, feeling=-2))
    client.refresh_from_db()
    assert client.recent_feelings == [-2, 2]


def test_a_repeat_of_the_same_external_id_changes_nothing():
    client = make_client()
    for _ in range(2):
        timeline.record(fact(client, feeling=2, source="crm", external_id="7", is_contact=True))
    client.refresh_from_db()
    assert Interaction.objects.count() == 1
    assert client.recent_feelings == [2]


def test_last_contact_is_the_newest_real_contact():
    client, other = make_client(), make_client("Tom Weld")
    timeline.record(fact(client, 3, kind="call", is_contact=True), fact(client, 9), fact(other))
    timeline.record(fact(client, 1, kind="call", is_contact=True))
    client.refresh_from_db()
    other.refresh_from_db()
    assert client.last_contact_at == NOW + timedelta(days=3)
    assert other.last_contact_at is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "gossip"},
        {"feeling": 3},
        {"solved": "maybe"},
        {"judged_by": "robot"},
        {"key": "k" * 201},
    ],
)
def test_a_fact_that_cannot_be_is_refused_and_nothing_is_written(wrong):
    client = make_client()
    with pytest.raises(ValueError):
        timeline.record(fact(client), fact(client, **wrong))
    assert not Interaction.objects.exists()


def test_an_instant_without_a_zone_is_refused():
    client = make_client()
    with pytest.raises(ValueError, match="time zone"):
        timeline.record(NewFact(client.pk, "note", datetime(2026, 1, 1)))


def test_the_floors_above_hear_of_new_facts():
    heard = []
    hooks.on_facts.register(heard.extend)
    try:
        timeline.record(fact(make_client()))
    finally:
        hooks.on_facts.remove(heard.extend)
    assert [f.kind for f in heard] == ["note"]


def test_bulk_takes_few_queries(django_assert_max_num_queries):
    clients = [make_client(f"Client {n}") for n in range(50)]
    with django_assert_max_num_queries(10):
        timeline.record(*[fact(c, n, feeling=1, is_contact=True) for c in clients for n in range(4)])


def test_nul_in_a_text_is_taken_out():
    timeline.record(fact(make_client(), text="a\0b", name="n" * 500))
    stored = Interaction.objects.get()
    assert (stored.text, len(stored.name)) == ("ab", 120)
