"""Who a visitor is, and events that reach a client's timeline once and move the journey."""

from datetime import timedelta

import pytest

from fondly.ground import clock
from fondly.ground.action import SYSTEM, perform
from fondly.measure.events import following, known
from fondly.measure.events.models import BehaviourEvent, Visitor
from fondly.people.clients.actions import EraseClient
from fondly.people.clients.models import Client, Contact, EmailAddress, Interaction
from fondly.run.journeys import engine
from fondly.run.journeys.models import Journey
from tests.measure.events.told import NOW, Todo, told
from tests.run.conftest import make_client, publish
from tests.run.doing import start

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _held_clock():
    with clock.at(NOW):
        yield


@pytest.fixture
def book():
    return publish()


def who(visitor: str) -> int | None:
    return Visitor.objects.values_list("client", flat=True).get(visitor=visitor)


def facts() -> list[tuple[int, str, str]]:
    rows = Interaction.objects.filter(source=following.SOURCE).order_by("pk")
    return list(rows.values_list("client", "name", "external_id"))


def follow() -> None:
    while following.turn(NOW):
        pass


def test_identify_knows_a_client_by_number_or_by_the_only_one_with_the_address():
    priya = make_client(external_id="crm:7")
    tom = make_client("Tom Weld", "tom@example.org")
    told("m1", "crm:7", "identify")
    told("m2", "u2", "identify", properties={"email": "Tom@Example.ORG "})
    told("m3", "anon:a", "identify", properties={"email": "tom@example.org"})
    told("m4", "u4", "identify", properties={"email": "nobody@example.org"})
    told("m5", "u5", "identify", properties={"email": ["tom@example.org"]})
    follow()
    assert [who(v) for v in ("crm:7", "u2", "anon:a", "u4", "u5")] == [priya.pk, tom.pk, tom.pk, None, None]
    assert Client.objects.count() == 2


def test_what_is_two_clients_is_nobodys():
    for name in ("Ann", "Ben"):
        make_client(name, "office@example.org", external_id="7")
    told("m1", "7", "identify", properties={"email": "office@example.org"})
    follow()
    assert who("7") is None


def test_a_merged_record_is_the_one_it_became_and_an_erased_one_nobody():
    ann, ben, cem = make_client("Ann", "ann@example.org"), make_client("Ben", ""), make_client("Cem", "")
    Client.objects.filter(pk=ben.pk).update(external_id="b", merged_into=ann)
    Client.objects.filter(pk=cem.pk).update(external_id="c", erased_at=NOW)
    told("m1", "b", "identify")
    told("m2", "c", "identify")
    follow()
    assert (who("b"), who("c")) == (ann.pk, None)


def test_a_device_becomes_its_first_users_and_stays_so():
    priya, tom = make_client(external_id="p"), make_client("Tom Weld", "", external_id="t")
    told("m1", "p", "identify", also="anon:laptop")
    told("m2", "t", "identify", also="anon:laptop")
    told("m3", "u3", "identify", also="anon:phone")
    told("m4", "u4", "identify", also="anon:phone")
    follow()
    assert (who("anon:laptop"), who("t")) == (priya.pk, tom.pk)
    same = dict(Visitor.objects.values_list("visitor", "same_as"))
    assert (same["anon:phone"], same["u4"]) == ("u3", "u4")


def test_alias_joins_ids_but_never_two_clients():
    priya, tom = make_client(external_id="p"), make_client("Tom Weld", "", external_id="t")
    told("m1", "old", "identify", also="anon:a")
    told("m2", "p", "alias", also="old")
    told("m3", "t", "identify")
    told("m4", "t", "alias", also="p")
    follow()
    assert [who(v) for v in ("old", "anon:a", "p", "t")] == [priya.pk, priya.pk, priya.pk, tom.pk]
    told("m5", "p", "alias", also="new")
    told("m6", "q", "alias", also="p")
    follow()
    assert [who(v) for v in ("anon:new", "q")] == [priya.pk, priya.pk]


def test_a_clients_number_is_the_clients_also_when_somebody_else_claims_it_first():
    priya, tom = make_client(external_id="p"), make_client("Tom Weld", "", external_id="t")
    told("m1", "t", "alias", also="p")
    told("m2", "new", "alias", also="p")
    follow()
    assert [who(v) for v in ("t", "p", "new")] == [tom.pk, priya.pk, priya.pk]


def test_a_known_event_reaches_the_timeline_once_and_moves_the_journey():
    journey = start(external_id="p")
    event = told("m1", "p", name="Booked", at=NOW + timedelta(minutes=1))
    later = NOW + timedelta(minutes=2)
    with clock.at(later):
        engine.tick(later)
        journey.refresh_from_db()
        assert journey.stage == "ongoing"
        BehaviourEvent.objects.filter(pk=event.pk).update(todo=Todo.FOLLOW)  # as if the mark had been kept
        engine.tick(later)
    assert facts() == [(journey.client_id, "booked", "m1")]
    fact = Interaction.objects.get(source=following.SOURCE)
    assert (fact.kind, fact.at, fact.text) == ("event", event.at, "Booked")


def test_what_was_done_before_signing_in_counts_when_the_visitor_is_known(book):
    priya = make_client(external_id="p")
    told("m1", "anon:a", name="booked")
    told("m2", "u9", name="booked")
    told("m3", "anon:a", name="unheard_of")
    follow()
    assert facts() == [] and Visitor.objects.count() == 0
    assert dict(BehaviourEvent.objects.values_list("message_id", "todo")) == {"m1": 2, "m2": 2, "m3": 0}
    told("m4", "p", "identify", also="anon:a")
    follow()
    follow()
    assert facts() == [(priya.pk, "booked", "m1")]
    assert BehaviourEvent.objects.get(message_id="m2").todo == Todo.VISITOR


def test_an_id_that_is_a_clients_number_needs_no_identify(book):
    priya = make_client(external_id="p")
    told("m1", "p", name="booked")
    follow()
    assert facts() == [(priya.pk, "booked", "m1")] and who("p") == priya.pk


def test_after_erasing_nothing_of_the_client_is_known(book):
    priya = make_client(external_id="p")
    told("m1", "p", name="booked")
    follow()
    perform("clients.erase", SYSTEM, EraseClient(priya.pk, priya.name))
    told("m2", "p", name="booked")
    follow()
    assert Visitor.objects.count() == 0
    assert list(BehaviourEvent.objects.values_list("message_id", flat=True)) == ["m2"]
    assert Interaction.objects.filter(client=priya, source=following.SOURCE).count() == 1


def test_playbooks_events_are_known_as_they_are_written_and_as_others_write_them(book):
    spellings = known.spellings()
    assert [spellings[sent] for sent in ("booked", "Booked", "Done All", "done-all", "wrote", "Paid", "")] == [
        "booked", "booked", "done_all", "done_all", "wrote", "", "",
    ]  # fmt: skip


def test_a_new_version_is_known_at_once_and_an_old_one_as_long_as_it_is_lived():
    journey = start()
    playbook, version = journey.playbook, journey.version
    assert known.spellings()["paid"] == ""
    publish(version.text.replace("wrote", "paid"), number=2, playbook=playbook)
    assert (known.spellings()["paid"], known.spellings()["wrote"]) == ("paid", "wrote")
    Journey.objects.filter(pk=journey.pk).update(state="ended")
    publish(version.text.replace("wrote", "called"), number=3, playbook=playbook)
    assert (known.spellings()["called"], known.spellings()["wrote"]) == ("called", "")


def test_many_new_visitors_take_few_statements(django_assert_max_num_queries):
    contacts = Contact.objects.bulk_create(
        Contact(client=Client.objects.create(name=f"C{n}", sort_name=f"c{n}", created_at=NOW, changed_at=NOW))
        for n in range(20)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(contact=one, address=f"c{n}@example.org", key=f"c{n}@example.org")
        for n, one in enumerate(contacts)
    )
    for n in range(60):
        told(f"m{n}", f"u{n}", "identify", also=f"anon:{n}", properties={"email": f"c{n % 20}@example.org"})
    with django_assert_max_num_queries(20):
        assert following.turn(NOW) == 60
    assert Visitor.objects.filter(client__isnull=False).count() == 120


def test_an_event_that_cannot_be_followed_stops_no_other(book):
    priya = make_client(external_id="p")
    told("m1", "p", name="booked")
    bad = told("m2", "p", "identify")
    BehaviourEvent.objects.filter(pk=bad.pk).update(properties="[]")
    told("m3", "p", name="booked")
    follow()
    assert facts() == [(priya.pk, "booked", "m1"), (priya.pk, "booked", "m3")]
    assert not BehaviourEvent.objects.filter(todo=Todo.FOLLOW).exists()
