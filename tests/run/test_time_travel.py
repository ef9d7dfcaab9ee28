"""Two weeks in one go: every mail once, in its order and at its time; nothing is late."""

from datetime import timedelta

import pytest

from fondly.ground import clock
from fondly.people.clients.models import Interaction
from fondly.run.journeys import clockwork, engine
from fondly.run.journeys.actions import PauseJourney, StartJourney
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox.models import Message
from tests.run.conftest import BOOK, MONDAY, make_client, publish
from tests.run.doing import DAY, do

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def moved_clock(settings, mail):
    settings.FONDLY_MOVABLE_CLOCK = True
    clock.set_to(MONDAY)
    yield
    clock.forget_cache()


def test_two_weeks_are_lived_through(mail, moved_clock):
    text = BOOK.replace("ends: booked", "length: 3 days").replace(
        "mode: approve, when: 1 day", "mode: auto, when: 1 day"
    )
    playbook, _ = publish(text)
    for n in range(3):
        client = make_client(f"Client {n}", f"c{n}@example.org")
        do("journeys.start", StartJourney(client.pk, playbook.pk))
    clock.ask_for(MONDAY + 14 * DAY)
    clockwork.bring_to(clock.target(), "test")
    assert clock.target() is None
    assert abs(clock.now() - (MONDAY + 14 * DAY)) < timedelta(minutes=1)
    assert len(mail.received) == 9
    by_client = {}
    for to, content in mail.received:
        by_client.setdefault(to, []).append(content)
    assert {len(found) for found in by_client.values()} == {3}
    sent = Message.objects.filter(state="sent").order_by("ended_at")
    assert [m.moment.touchpoint for m in sent] == ["welcome"] * 3 + ["look"] * 3 + ["hello"] * 3
    waited = [m.ended_at - m.moment.at for m in sent]
    assert timedelta(seconds=55) < min(waited) <= max(waited) < timedelta(minutes=10), waited
    due = dict(Moment.objects.filter(state="due").values_list("touchpoint", "asks"))
    assert due == {"call": "by_hand", "card": "by_hand"} or due == {"card": "by_hand"}
    assert not Moment.objects.filter(asks="late").exists()
    entered = Interaction.objects.filter(kind="entered", name="ongoing")
    assert {fact.at for fact in entered} == set(Journey.objects.values_list("stage_entered_at", flat=True))


def test_a_pause_ends_on_the_way(mail, moved_clock):
    playbook, _ = publish()
    client = make_client()
    journey = do("journeys.start", StartJourney(client.pk, playbook.pk)).result
    do("journeys.pause", PauseJourney(journey.journey_id, MONDAY + 4 * DAY))
    clockwork.bring_to(MONDAY + 7 * DAY, "test")
    call = Moment.objects.get(touchpoint="call")
    assert call.state == "due"
    assert call.at == MONDAY + 4 * DAY


def test_what_falls_due_while_the_engine_looks_is_not_passed_by(mail, moved_clock, monkeypatch):
    """A look takes time itself: a mail whose hold ends meanwhile goes now, not at the next stop a day later."""
    playbook, _ = publish()
    do("journeys.start", StartJourney(make_client().pk, playbook.pk))
    clockwork.settle("test")
    goes_at = Message.objects.get().go_at
    tick, second = engine.tick, timedelta(seconds=1)

    def slow_tick(now, *given):
        done = tick(now, *given)
        clock.set_to(now + 2 * second)
        return done

    monkeypatch.setattr(engine, "tick", slow_tick)
    clock.set_to(goes_at - second)
    clockwork.bring_to(goes_at + timedelta(hours=1), "test")
    assert len(mail.received) == 1
