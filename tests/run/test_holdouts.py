"""Clients held out of an experiment: nobody writes to them, and who they are outlasts a merge."""

import pytest

from fondly.ground import clock
from fondly.people.clients.actions import MergeClients, UnmergeClients
from fondly.run.journeys.actions import StartJourney
from fondly.run.journeys.engine import tick
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.reconcile import load_for
from tests.run.conftest import BOOK, MONDAY, make_client, publish
from tests.run.doing import HOUR, do

pytestmark = pytest.mark.django_db(transaction=True)

HELD = BOOK + "experiments: {first_words: {touchpoint: welcome, holdout: 50%}}\n"


def start(count):
    playbook, _ = publish(HELD)
    clients = [make_client(f"Client {n}", f"c{n}@example.org") for n in range(count)]
    with clock.at(MONDAY):
        for client in clients:
            do("journeys.start", StartJourney(client.pk, playbook.pk))
    return clients


def subjects():
    rows = list(Journey.objects.select_related("client").order_by("pk"))
    histories = load_for(rows)[1].histories
    return [histories[journey.pk].subject for journey in rows]


def test_those_held_out_get_nothing_and_the_others_do(mail):
    clients = start(12)
    for minutes in (0, 60):
        with clock.at(MONDAY + HOUR * minutes / 60):
            tick(clock.now())
    welcomed = set(Moment.objects.filter(touchpoint="welcome").values_list("client", flat=True))
    assert {to for to, _ in mail.received} == {f"c{n}@example.org" for n, c in enumerate(clients) if c.pk in welcomed}
    assert 0 < len(welcomed) < 12
    assert Moment.objects.filter(touchpoint="call").count() == 12


def test_the_older_record_wins_through_every_merge_and_unmerge_gives_back(mail):
    first, second, third, alone = start(4)
    own = [str(client.pk) for client in (first, second, third, alone)]
    with clock.at(MONDAY + HOUR):
        one = do("clients.merge", MergeClients(second.pk, first.pk)).result
        assert subjects() == [own[0], own[0], own[2], own[3]]
        two = do("clients.merge", MergeClients(third.pk, second.pk)).result
        assert subjects() == [own[0], own[0], own[0], own[3]]
        do("clients.unmerge", UnmergeClients(two.merge_id))
        do("clients.unmerge", UnmergeClients(one.merge_id))
    assert subjects() == own
