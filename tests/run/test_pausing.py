"""Pausing the journeys of many at once: nothing of them happens, and it can be taken back."""

from datetime import timedelta

import pytest

from fondly.ground import clock
from fondly.ground.action import Actor, Refused, perform
from fondly.ground.actions import UndoEntry
from fondly.people.clients.models import Interaction
from fondly.run.journeys.actions import PauseJourney, PauseJourneys, StartJourney
from fondly.run.journeys.engine import tick
from fondly.run.journeys.models import Journey, Moment
from tests.run.conftest import MONDAY, make_client, publish

pytestmark = pytest.mark.django_db(transaction=True)
DANA = Actor("Dana", None, frozenset({"admin"}))


@pytest.fixture
def three():
    playbook, _version = publish()
    with clock.at(MONDAY):
        for n in range(3):
            client = make_client(f"Client {n}", f"c{n}@example.org")
            perform("journeys.start", DANA, StartJourney(client.pk, playbook.pk))
        yield playbook


def states():
    return list(Journey.objects.order_by("pk").values_list("state", flat=True))


@pytest.mark.parametrize("whose", ["clients", "playbook"])
def test_many_are_paused_and_go_on_where_they_were(three, mail, whose):
    first = Journey.objects.order_by("pk").first()
    perform("journeys.pause", DANA, PauseJourney(first.pk))
    ids = list(Journey.objects.values_list("client", flat=True))
    given = PauseJourneys(client_ids=ids, why="spring") if whose == "clients" else PauseJourneys(playbook_id=three.pk)
    done = perform("journeys.pause_many", DANA, given)
    assert done.result.journeys == 2 and states() == ["paused"] * 3
    tick(MONDAY + timedelta(hours=1))
    assert not mail.received and not Moment.objects.exclude(state="planned").exists()
    assert Interaction.objects.filter(kind="paused").count() == 3

    perform("audit.undo", DANA, UndoEntry(done.audit_id))
    assert states() == ["paused", "active", "active"]
    tick(MONDAY + timedelta(hours=1))
    assert Moment.objects.exclude(state="planned").count() == 2


def test_it_says_whose_and_until_when(three):
    with pytest.raises(Refused, match="whose"):
        perform("journeys.pause_many", DANA, PauseJourneys())
    with pytest.raises(Refused, match="future"):
        perform("journeys.pause_many", DANA, PauseJourneys(playbook_id=three.pk, until=MONDAY))
