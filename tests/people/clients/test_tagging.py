"""Tags: put on, taken off, found, moved by a merge, gone with an erasure."""

import threading

import pytest
from django.db import connection, transaction

from fondly.ground.action import NotAllowed, NotFound, Refused, perform
from fondly.ground.actions import UndoEntry
from fondly.people.clients import actions, queries
from fondly.people.clients.actions import EraseClient, MergeClients, TagClients, UnmergeClients, UntagClients
from fondly.people.clients.exporting import export_client
from tests.people.clients.conftest import make_client

pytestmark = pytest.mark.django_db


def of(client):
    return sorted(client.tags.values_list("name", flat=True))


def test_a_tag_is_put_on_many_and_undo_leaves_it_with_those_who_had_it(dana, outsider):
    one, two = make_client("Priya Shah"), make_client("Tom Weld")
    actions.tag(dana, TagClients([one.pk], "VIP"))
    done = perform("clients.tag", dana, TagClients([one.pk, two.pk, two.pk], " vip "))
    assert (done.result.name, done.result.count, done.summary) == ("VIP", 1, "Put “VIP” on 1 client")
    assert of(one) == of(two) == queries.tags() == ["VIP"]
    perform("audit.undo", dana, UndoEntry(done.audit_id))
    assert (of(one), of(two)) == (["VIP"], [])
    with pytest.raises(NotAllowed):
        actions.tag(outsider, TagClients([one.pk], "VIP"))


def test_a_tag_is_taken_off_and_undo_puts_it_back_on_those_who_had_it(dana):
    one, two = make_client("Priya Shah"), make_client("Tom Weld")
    actions.tag(dana, TagClients([one.pk], "golf"))
    done = perform("clients.untag", dana, UntagClients([one.pk, two.pk], "Golf"))
    assert (done.result.count, of(one), queries.tags()) == (1, [], [])
    perform("audit.undo", dana, UndoEntry(done.audit_id))
    assert (of(one), of(two)) == (["golf"], [])


@pytest.mark.parametrize("name", ["", "   ", "x" * 41])
def test_what_is_no_tag_is_refused(dana, name):
    with pytest.raises(Refused, match="tag"):
        actions.tag(dana, TagClients([make_client().pk], name))


def test_nobody_and_somebody_who_is_gone_are_refused(dana):
    with pytest.raises(Refused, match="between 1 and"):
        actions.tag(dana, TagClients([], "golf"))
    with pytest.raises(NotFound):
        actions.tag(dana, TagClients([make_client().pk, 999_999], "golf"))


def test_a_merge_unites_tags_and_taking_it_apart_gives_them_back(dana):
    one, two = make_client("Priya Shah"), make_client("P. Shah")
    actions.tag(dana, TagClients([one.pk, two.pk], "golf"))
    actions.tag(dana, TagClients([two.pk], "north"))
    merged = actions.merge(dana, MergeClients(one.pk, two.pk))
    assert of(one) == ["golf", "north"]
    actions.unmerge(dana, UnmergeClients(merged.merge_id))
    assert (of(one), of(two)) == (["golf"], ["golf", "north"])


def test_tags_are_in_their_own_copy_and_gone_when_they_are_erased(dana):
    client = make_client()
    actions.tag(dana, TagClients([client.pk], "golf"))
    assert export_client(client.pk)["client"]["tags"] == ["golf"]
    actions.erase(dana, EraseClient(client.pk))
    assert of(client) == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_a_client_who_is_being_erased_gets_no_tag(dana):
    one, refused = make_client("Priya Shah"), []

    def put():
        try:
            actions.tag(dana, TagClients([one.pk], "golf"))
        except NotFound:
            refused.append(one.pk)
        finally:
            connection.close()

    with transaction.atomic():
        actions.erase(dana, EraseClient(one.pk))
        tagging = threading.Thread(target=put)
        tagging.start()
        tagging.join(0.5)  # it waits for the erasure to end
    tagging.join()
    assert (of(one), refused) == ([], [one.pk])
