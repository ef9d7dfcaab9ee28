"""The realtor's demo: her cast, her mail, and the one act that takes it all away."""

from datetime import timedelta

import pytest

from fondly.doors.demo.cast import cast_of
from fondly.ground import clock
from fondly.ground.action import SYSTEM, perform, registry
from fondly.people.clients.models import Client, EmailAddress, Interaction
from fondly.people.team.models import User
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox.models import Message
from tests.doors.conftest import NOW

pytestmark = pytest.mark.django_db


def test_the_realtor_has_her_cast_each_where_they_stand(realtor):
    stages = dict(Journey.objects.values_list("client__name", "stage"))
    assert {part.name: part.stage for part in cast_of("realtor").people}.items() <= stages.items()
    assert list(User.objects.order_by("pk").values_list("name", "is_admin"))[0] == ("Dana", True)
    assert {"Lee", "Ruth"} <= set(User.objects.values_list("name", flat=True))
    assert realtor.due and Moment.objects.filter(state="due", asks="approve").exists()
    assert Message.objects.filter(state="sent").exists() and not Message.objects.filter(state="held").exists()
    kinds = set(Interaction.objects.values_list("kind", flat=True))
    assert {"entered", "event", "done", "sent", "received", "promise"} <= kinds
    assert not Interaction.objects.filter(at__gt=NOW).exists(), "nothing of the past lies ahead"
    assert not Client.objects.filter(is_demo=False).exists() and not Journey.objects.filter(is_demo=False).exists()
    assert all(a.endswith("@example.org") for a in EmailAddress.objects.values_list("address", flat=True))


def test_the_demo_is_gone_in_one_act_and_what_is_ones_own_stays(realtor):
    with clock.at(NOW):
        perform("clients.create", SYSTEM, registry["clients.create"].given("My own client"))
        perform("clients.remove_demo", SYSTEM, registry["clients.remove_demo"].given())
    assert list(Client.objects.values_list("name", flat=True)) == ["My own client"]
    assert not (Journey.objects.exists() or Moment.objects.exists() or Message.objects.exists())


def test_mail_of_days_lived_together_left_in_its_own_hour(realtor):
    own = Message.objects.filter(state="sent", moment__mode="auto", ended_at__lt=NOW - timedelta(days=34))
    assert own.count() > 5
    assert all(ended_at - at < timedelta(hours=1) for ended_at, at in own.values_list("ended_at", "moment__at"))
