"""What tests of journeys and mail do: people's acts, turns of the engine, and what came of them."""

from datetime import timedelta

from fondly.ground import clock
from fondly.ground.action import Actor, perform
from fondly.ground.actions import UndoEntry
from fondly.run.journeys.actions import StartJourney
from fondly.run.journeys.engine import tick
from fondly.run.journeys.models import Journey, Moment
from tests.run.conftest import BOOK, MONDAY, make_client, publish

DANA = Actor("Dana", None, frozenset({"admin"}))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def do(name, given):
    return perform(name, DANA, given)


def undo(performed):
    return perform("audit.undo", DANA, UndoEntry(performed.audit_id))


def start(text=BOOK, at=MONDAY, **more):
    """A journey of a new client that no turn has looked at yet."""
    playbook, _ = publish(text)
    client = make_client(**more)
    with clock.at(at):
        started = do("journeys.start", StartJourney(client.pk, playbook.pk))
    return Journey.objects.get(pk=started.result.journey_id)


def begin(text=BOOK, at=MONDAY, **more):
    """The same after its first turn."""
    journey = start(text, at, **more)
    turn(at)
    journey.refresh_from_db()
    return journey


def turn(at):
    with clock.at(at):
        return tick(at)


def moment_of(name):
    return Moment.objects.get(touchpoint=name)
