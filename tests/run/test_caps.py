"""Frequency caps: rolling windows over all journeys of a client, asked again at the point of no return."""

from datetime import timedelta

import pytest

from fondly.ground import clock
from fondly.run.journeys.actions import StartJourney
from fondly.run.journeys.engine import tick
from fondly.run.journeys.models import Moment
from fondly.run.outbox.models import Message
from tests.run.conftest import MONDAY, make_client, publish
from tests.run.doing import DAY, HOUR, MINUTE, do

pytestmark = pytest.mark.django_db(transaction=True)

CAPPED = """
fondly: 1
name: Still Water
timezone: UTC
caps: {email: 1 per 2 days}
stages:
  new:
    phase: new
    never_ends: true
    touchpoints:
      note: {kind: relationship, channel: email, mode: auto, when: on entry, template: note, late: send}
templates:
  note: {subject: Hello, body: "A note."}
"""
SIGNED = CAPPED.replace("when: on entry", "when: on entry, step: signature")


def start_two(text):
    """One client with two matters, both of which want to write at once."""
    playbook, _ = publish(text)
    client = make_client()
    with clock.at(MONDAY):
        for matter in ("house", "boat"):
            do("journeys.start", StartJourney(client.pk, playbook.pk, matter=matter))
        tick(MONDAY)


def live(until, every=10 * MINUTE):
    at = MONDAY
    while at < until:
        at += every
        with clock.at(at):
            tick(at)


@pytest.mark.parametrize("at_once", [1, 10])
def test_two_journeys_that_write_at_once_keep_to_the_clients_cap(mail, settings, at_once):
    settings.FONDLY_MAILS_PER_COMMIT = at_once
    start_two(CAPPED)
    assert Message.objects.filter(state="held").count() == 2
    live(MONDAY + DAY)
    assert len(mail.received) == 1
    waiting = Message.objects.get(state="held")
    assert waiting.held_why == "at most 1 email in 2 days"
    assert waiting.go_at >= MONDAY + 2 * DAY
    live(MONDAY + 2 * DAY + HOUR)
    assert len(mail.received) == 2
    sent = sorted(Message.objects.filter(state="sent").values_list("ended_at", flat=True))
    assert sent[1] - sent[0] >= timedelta(days=2)


def test_what_a_contract_needs_is_never_held_back(mail):
    start_two(SIGNED)
    live(MONDAY + HOUR)
    assert len(mail.received) == 2
    assert set(Moment.objects.values_list("state", flat=True)) == {"done"}
