"""Time in the running engine: zones, outages, calendars that never open, a worker whose clock is wrong."""

from collections import Counter
from datetime import timedelta

import pytest

from fondly.core.planner import zones
from fondly.ground import clock
from fondly.ground.leases import database_now
from fondly.people.clients.actions import ChangeClient
from fondly.run.journeys import claiming, planning
from fondly.run.journeys.actions import StartJourney
from fondly.run.journeys.engine import tick
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox.models import Message
from tests.run.conftest import MONDAY, make_client, publish
from tests.run.doing import DAY, HOUR, MINUTE, do

pytestmark = pytest.mark.django_db(transaction=True)

CLOCKS = """
fondly: 1
name: Still Water
timezone: UTC
stages:
  new:
    phase: new
    never_ends: true
    touchpoints:
      wall: {kind: work, channel: email, mode: auto, when: "2 days after entry at 09:00", template: t, late: send}
      span: {kind: work, channel: email, mode: auto, when: 48 hours after entry, template: t, late: send}
      asks: {kind: work, channel: email, mode: auto, when: "1 day after entry at 10:00", template: t}
templates:
  t: {subject: Hello, body: Hello}
"""


def begin(text=CLOCKS, count=1, at=MONDAY):
    playbook, _ = publish(text)
    with clock.at(at):
        for n in range(count):
            client = make_client(f"Client {n}", f"c{n}@example.org")
            do("journeys.start", StartJourney(client.pk, playbook.pk))


def times():
    return dict(Moment.objects.values_list("touchpoint", "at"))


def test_a_new_zone_moves_what_is_meant_by_the_wall_clock_and_not_what_has_a_length():
    begin()
    before = times()
    journey = Journey.objects.get()
    with clock.at(MONDAY + HOUR):
        do("clients.change", ChangeClient(journey.client_id, "zone", "Asia/Tokyo", "America/Chicago"))
        tick(clock.now())
    after = times()
    assert after["span"] == before["span"] == MONDAY + 48 * HOUR
    assert before["wall"] - after["wall"] in (timedelta(hours=15), -timedelta(hours=9))  # 09:00 in each
    assert set(Moment.objects.values_list("zone", flat=True)) == {"Asia/Tokyo"}


def test_new_rules_for_a_zone_move_what_is_meant_by_the_wall_clock(monkeypatch):
    begin()
    before = times()
    moved = zones.zone_of("America/New_York")  # as if Chicago had been put an hour ahead
    monkeypatch.setattr("fondly.core.planner.decide.zone_of", lambda *names: moved)
    with clock.at(MONDAY + HOUR):
        Journey.objects.update(plan_at=clock.now())
        tick(clock.now())
    assert times() == {**before, "wall": before["wall"] - HOUR, "asks": before["asks"] - HOUR}


def test_every_living_journey_is_looked_at_again_within_a_fortnight():
    begin()
    assert Journey.objects.get().plan_at <= MONDAY + timedelta(days=14)


def test_a_calendar_that_never_opens_raises_one_alert():
    never = """
fondly: 1
name: Closed
timezone: UTC
calendar: {business: "mon-fri 09:00-17:00", closed: [2026-01-01 to 2027-12-31]}
stages:
  new:
    phase: new
    never_ends: true
    touchpoints:
      call: {kind: work, channel: phone, when: on entry}
"""
    begin(never)
    for hours in (0, 1, 24, 24 * 20):
        with clock.at(MONDAY + hours * HOUR):
            Journey.objects.update(plan_at=clock.now())
            for _ in range(3):
                tick(clock.now())
    moment = Moment.objects.get()
    assert (moment.state, moment.asks) == ("due", "failed")
    assert moment.reason.startswith("nothing is open within 60 days")


def test_after_three_days_out_old_mail_asks_and_what_may_be_late_goes_once(mail):
    begin(count=8)
    back = MONDAY + 4 * DAY + 6 * HOUR  # nothing ran since the start; `asks` is more than its two days late
    for minutes in range(0, 30, 5):
        with clock.at(back + minutes * MINUTE):
            tick(clock.now())
    asked = Moment.objects.filter(touchpoint="asks")
    assert set(asked.values_list("state", "asks")) == {("due", "late")}
    assert Counter(to for to, _ in mail.received) == {f"c{n}@example.org": 2 for n in range(8)}
    assert set(Message.objects.values_list("moment__touchpoint", flat=True)) == {"wall", "span"}


@pytest.mark.parametrize("off", [DAY, -DAY])
def test_a_worker_whose_clock_is_a_day_off_neither_loses_nor_doubles(mail, off):
    """Leases are the database's time: what one worker holds, the other neither takes over nor does again."""
    begin(count=5)
    due = MONDAY + 2 * DAY
    for minutes in range(0, 240, 20):
        for worker, wrong in (("right", timedelta()), ("wrong", off)):
            with clock.at(due + minutes * MINUTE + wrong):
                tick(clock.now(), worker)
    for days in (3, 4, 5):
        with clock.at(MONDAY + days * DAY):
            tick(clock.now(), "right")
    counts = Counter(Message.objects.filter(state="sent").values_list("moment", flat=True))
    assert set(counts.values()) == {1}
    assert len(mail.received) == Moment.objects.filter(state="done").count() == 15


@pytest.mark.parametrize("off", [DAY, -DAY])
def test_a_lease_is_not_shortened_by_another_workers_clock(off):
    begin()
    with clock.at(MONDAY + 2 * DAY):
        planning.plan_due(clock.now())
        assert len(claiming.claim(clock.now(), "right").jobs) == 3
    with clock.at(database_now() + off):
        assert claiming.take_over(clock.now()) == 0
        assert not claiming.claim(clock.now(), "wrong").jobs
