"""A client's behaviour events go, move and are handed out with the client."""

import threading

import pytest
from django.db import connection

from fondly.ground.action import SYSTEM, perform
from fondly.measure.events import erasing, following
from fondly.measure.events.models import BehaviourEvent, Visitor
from fondly.measure.events.people import People
from fondly.people.clients.actions import EraseClient, MergeClients, UnmergeClients
from fondly.people.clients.exporting import export_client
from fondly.people.clients.models import Client
from tests.measure.events.told import NOW, told

pytestmark = pytest.mark.django_db


def client(name: str) -> Client:
    return Client.objects.create(name=name, sort_name=name.lower(), created_at=NOW, changed_at=NOW)


def knows(visitor: str, who: Client) -> None:
    Visitor.objects.create(visitor=visitor, same_as=visitor, client=who)


def test_erasing_takes_the_clients_events_and_ids_and_nobody_elses():
    priya, tom = client("Priya"), client("Tom")
    for visitor, who in (("u1", priya), ("anon:a", priya), ("u2", tom)):
        knows(visitor, who)
        told(f"m-{visitor}", visitor)
    heard = []
    forget = erasing.on_forget.register(heard.extend)
    try:
        perform("clients.erase", SYSTEM, EraseClient(priya.pk, "Priya"))
    finally:
        erasing.on_forget.remove(forget)
    assert heard == ["anon:a", "u1"]
    assert list(BehaviourEvent.objects.values_list("message_id", flat=True)) == ["m-u2"]
    assert list(Visitor.objects.values_list("visitor", flat=True)) == ["u2"]


def test_merging_brings_the_visitors_along_and_unmerging_gives_them_back():
    priya, again = client("Priya"), client("Priya S.")
    knows("u1", priya)
    knows("u2", again)
    merged = perform("clients.merge", SYSTEM, MergeClients(priya.pk, again.pk)).result
    assert erasing.visitors_of(priya.pk) == ["u1", "u2"]
    perform("clients.unmerge", SYSTEM, UnmergeClients(merged.merge_id))
    assert (erasing.visitors_of(priya.pk), erasing.visitors_of(again.pk)) == (["u1"], ["u2"])


def test_unmerging_gives_back_what_became_theirs_since_and_parts_what_became_both_records():
    priya, again = client("Priya"), client("Priya S.")
    for visitor, who in (("u1", priya), ("u2", again), ("u3", again)):
        knows(visitor, who)
    merged = perform("clients.merge", SYSTEM, MergeClients(priya.pk, again.pk)).result
    told("m1", "u2", "identify", also="anon:laptop")
    told("m2", "u3", "alias", also="u1")
    following.turn(NOW)
    assert set(erasing.visitors_of(priya.pk)) == {"u1", "u2", "u3", "anon:laptop"}
    perform("clients.unmerge", SYSTEM, UnmergeClients(merged.merge_id))
    assert erasing.visitors_of(priya.pk) == ["u1"]
    assert erasing.visitors_of(again.pk) == ["anon:laptop", "u2", "u3"]
    same = dict(Visitor.objects.values_list("visitor", "same_as"))
    assert same == {"u1": "u1", "u2": "u2", "u3": "u3", "anon:laptop": "u2"}


def test_the_clients_own_copy_holds_what_came_under_their_ids():
    priya = client("Priya")
    knows("u1", priya)
    told("m1", "u1", name="Basket Filled", properties={"colour": "red"})
    told("m2", "u2")
    behaviour = export_client(priya.pk)["behaviour"]
    assert behaviour["visitors"] == ["u1"]
    assert [(one["name"], one["properties"]) for one in behaviour["events"]] == [("Basket Filled", {"colour": "red"})]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_what_is_found_out_while_a_client_is_erased_is_not_kept(monkeypatch):
    priya = client("Priya")
    Client.objects.filter(pk=priya.pk).update(external_id="p")
    told("m1", "p", "identify")
    read, erased, save = threading.Event(), threading.Event(), People.save

    def saved(self):
        read.set()
        erased.wait(1)  # nobody can, if all is well
        save(self)

    def erase():
        read.wait(10)
        perform("clients.erase", SYSTEM, EraseClient(priya.pk))
        erased.set()
        connection.close()

    monkeypatch.setattr(People, "save", saved)
    eraser = threading.Thread(target=erase)
    eraser.start()
    following.turn(NOW)
    eraser.join()
    assert Client.objects.get(pk=priya.pk).erased_at
    assert not Visitor.objects.filter(client=priya).exists()
