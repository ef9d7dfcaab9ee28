"""From a client put on a journey to mail in a real SMTP server and facts on the timeline."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from fondly.ground import clock
from fondly.people.clients.models import Interaction
from fondly.run.journeys.actions import StartJourney
from fondly.run.journeys.engine import tick
from fondly.run.journeys.models import Moment, Stay
from fondly.run.outbox.models import Attempt, Message
from tests.run.conftest import MONDAY, make_client, publish
from tests.run.doing import do

pytestmark = pytest.mark.django_db(transaction=True)


def test_welcome_is_sent_once_after_its_hold(mail):
    playbook, _ = publish()
    client = make_client()
    with clock.at(MONDAY):
        journey = do("journeys.start", StartJourney(client.pk, playbook.pk)).result.journey_id
        assert Moment.objects.filter(journey=journey, touchpoint="welcome").get().state == "planned"
        tick(MONDAY)
    assert mail.received == []
    message = Message.objects.get()
    assert (message.state, message.subject) == ("held", "Welcome, Priya")
    for seconds in (59, 60, 61, 3600):
        with clock.at(MONDAY + timedelta(seconds=seconds)):
            tick(clock.now())
    assert len(mail.received) == 1
    to, content = mail.received[0]
    parsed = message_from_bytes(content, policy=policy.default)
    assert to == "priya@example.org"
    assert parsed["Subject"] == "Welcome, Priya"
    assert "the fee is 140" in parsed.get_body(("plain",)).get_content().replace("**", "")
    message.refresh_from_db()
    assert message.state == "sent"
    moment = Moment.objects.get(touchpoint="welcome")
    assert moment.state == "done"
    kinds = list(Interaction.objects.filter(client=client).order_by("at", "id").values_list("kind", "name"))
    assert kinds == [("entered", "new"), ("sent", "welcome")]
    assert Attempt.objects.get().phase == "done"
    assert Stay.objects.get(journey=journey).stage == "new"
