"""What a moment depends on is judged at planning, when due and at the point of no return: the last word wins."""

import pytest

from fondly.ground import clock
from fondly.people.clients.actions import SetField
from fondly.people.clients.models import Interaction
from fondly.run.journeys.actions import RecordEvent, StartJourney
from fondly.run.journeys.engine import tick
from fondly.run.journeys.exits import REASONS, reason_of
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox import faults
from tests.run.conftest import MONDAY, make_client, publish
from tests.run.doing import DAY, HOUR, MINUTE, do

pytestmark = pytest.mark.django_db(transaction=True)

GUARDED = """
fondly: 1
name: Still Water
timezone: UTC
fields: {plan: {type: text}, first_session: {type: date}}
stages:
  new:
    phase: new
    never_ends: true
    touchpoints:
      offer: {kind: work, channel: email, mode: auto, when: 2 hours after entry, template: t, late: send, if: "plan == gold"}
      ready: {kind: work, channel: phone, when: "1 day before first_session at 10:00"}
templates:
  t: {subject: Hello, body: Hello}
"""  # noqa: E501 - lines of a playbook


@pytest.fixture
def client():
    playbook, _ = publish(GUARDED)
    client = make_client(fields={"plan": "gold", "first_session": "2026-01-20"})
    with clock.at(MONDAY):
        do("journeys.start", StartJourney(client.pk, playbook.pk))
    return client


def set_plan(client, value, name="plan"):
    return do("clients.set_field", SetField(client.pk, name, value))


def live(*minutes):
    for minute in minutes:
        with clock.at(MONDAY + minute * MINUTE):
            tick(clock.now())


def offer():
    return Moment.objects.get(touchpoint="offer")


def test_changed_while_it_was_planned(mail, client):
    with clock.at(MONDAY + HOUR):
        set_plan(client, "silver")
    live(60, 120, 121, 125)
    assert (mail.received, offer().state) == ([], "cancelled")
    assert offer().reason == "if plan == gold: plan is silver"


def test_changed_back_before_it_was_due(mail, client):
    for value in ("silver", "gold"):
        with clock.at(MONDAY + HOUR):
            set_plan(client, value)
        live(60)
    live(120, 121, 125)
    assert len(mail.received) == 1


def test_changed_while_it_waited_in_the_outbox(mail, client):
    live(120)
    assert offer().state == "working"
    with clock.at(MONDAY + 2 * HOUR + MINUTE / 2):
        set_plan(client, "silver")
    live(121, 125)
    assert (mail.received, offer().state, offer().reason) == ([], "skipped", "if plan == gold: plan is silver")
    fact = Interaction.objects.get(kind="skipped")
    assert (fact.name, fact.text) == ("offer", "if plan == gold: plan is silver")


def test_changed_just_before_the_point_of_no_return(mail, client):
    live(120)

    def change(name):
        if name == "before_commit":
            faults.use(None)
            set_plan(client, "silver")

    faults.use(change)
    live(121, 125, 130)
    assert (mail.received, offer().state, offer().reason) == ([], "skipped", "if plan == gold: plan is silver")


def test_setting_what_is_so_already_is_no_change(client):
    before = list(Moment.objects.order_by("pk").values_list("pk", "state", "at", "revision"))
    plan_at = Journey.objects.get().plan_at
    with clock.at(MONDAY + MINUTE):
        set_plan(client, "gold")
        set_plan(client, "2026-01-20", "first_session")
    assert not Interaction.objects.filter(kind="field").exists()
    assert Journey.objects.get().plan_at == plan_at
    live(2)
    assert list(Moment.objects.order_by("pk").values_list("pk", "state", "at", "revision")) == before


def test_a_new_date_moves_what_hangs_on_it(client):
    assert Moment.objects.get(touchpoint="ready").at == MONDAY.replace(day=19, hour=16)
    with clock.at(MONDAY + MINUTE):
        set_plan(client, "2026-01-27", "first_session")
        tick(clock.now())
    assert Moment.objects.get(touchpoint="ready").at == MONDAY.replace(day=26, hour=16)


BRANCHES = """
fondly: 1
name: Still Water
timezone: UTC
events: [agreed, settled, closed]
stages:
  offer: {phase: before, length: 14 days}
  quiet: {phase: before, ends: never_happens}
  new: {phase: new, starts: agreed, ends: settled}
  ongoing: {phase: ongoing, ends: closed}
"""


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_events_that_arrive_in_any_order_end_in_the_same_place(order):
    playbook, _ = publish(BRANCHES)
    client = make_client()
    with clock.at(MONDAY):
        do("journeys.start", StartJourney(client.pk, playbook.pk))
    events = [("agreed", 1), ("settled", 3), ("agreed", 5)]
    for place in order:
        name, day = events[place]
        with clock.at(MONDAY + 10 * DAY):
            do("journeys.record_event", RecordEvent(client.pk, name, at=MONDAY + day * DAY))
            tick(clock.now())
    journey = Journey.objects.get()
    assert (journey.state, journey.stage, journey.stage_entered_at) == ("active", "ongoing", MONDAY + 3 * DAY)
    assert list(journey.stays.order_by("ordinal").values_list("stage", flat=True)) == ["offer", "new", "ongoing"]
    entered = Interaction.objects.filter(kind="entered").order_by("at").values_list("name", flat=True)
    assert list(entered) == ["offer", "new", "ongoing"]


def test_a_late_event_of_an_ended_journey_is_kept_and_moves_nothing():
    playbook, _ = publish(BRANCHES)
    client = make_client()
    with clock.at(MONDAY):
        do("journeys.start", StartJourney(client.pk, playbook.pk))
    for day, name in ((1, "agreed"), (2, "settled"), (3, "closed")):
        with clock.at(MONDAY + day * DAY):
            do("journeys.record_event", RecordEvent(client.pk, name))
    with clock.at(MONDAY + 4 * DAY):
        tick(clock.now())
        assert Journey.objects.get().state == "completed"
        told = do("journeys.record_event", RecordEvent(client.pk, "agreed", at=MONDAY + 2 * DAY)).result
        tick(clock.now())
    assert told.new and told.stages == {}
    assert (Journey.objects.get().state, Journey.objects.get().stage) == ("completed", "ongoing")
    assert Interaction.objects.filter(kind="event", name="agreed").count() == 2


def test_the_reasons_to_end_are_a_closed_list():
    wanted = {"goal", "condition", "unsubscribed", "bounced", "person", "merged", "erased", "version_dropped"}
    assert wanted | {"declined", "cancelled"} == set(REASONS)
    assert {reason_of(name) for name in (*REASONS, "", "moved abroad")} == set(REASONS)
