"""The time in which a message can be taken back: set at the start, or on screen with a way back."""

from datetime import timedelta

import pytest

from fondly.doors.web.settings_actions import SetHold
from fondly.ground import clock
from fondly.ground.action import SYSTEM, Refused, perform
from fondly.ground.actions import UndoEntry
from fondly.run.journeys import engine
from fondly.run.journeys.actions import StartJourney
from fondly.run.outbox import holding
from fondly.run.outbox.models import Message
from tests.run.conftest import MONDAY, make_client, publish, set_option

pytestmark = pytest.mark.django_db


def test_what_is_set_on_screen_holds_the_next_message_and_can_be_undone(mail):
    done = perform("settings.set_hold", SYSTEM, SetHold(600))
    playbook, _version = publish()
    with clock.at(MONDAY):
        perform("journeys.start", SYSTEM, StartJourney(make_client().pk, playbook.pk))
        engine.tick(MONDAY)
    assert Message.objects.get().go_at == MONDAY + timedelta(minutes=10)
    perform("audit.undo", SYSTEM, UndoEntry(done.audit_id))
    assert holding.seconds() == 60


@pytest.mark.parametrize("seconds", [-1, 86_401])
def test_a_hold_that_makes_no_sense_is_refused(seconds):
    with pytest.raises(Refused, match="a day"):
        perform("settings.set_hold", SYSTEM, SetHold(seconds))
    assert holding.seconds() == 60


def test_what_was_set_at_the_start_counts(settings):
    set_option(settings, "FONDLY_HOLD_SECONDS", "5")
    settings.FONDLY_HOLD_SECONDS = 5
    with pytest.raises(Refused, match="set where Fondly is started"):
        perform("settings.set_hold", SYSTEM, SetHold(600))
    assert holding.seconds() == 5
