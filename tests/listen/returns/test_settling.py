"""Unsure messages are settled by evidence; that nothing is found counts late, and only where it means something."""

import pytest
from django.db import transaction
from django.test import Client as Browser

from fondly.ground import clock
from fondly.ground.models import AuditEntry
from fondly.listen.returns.models import Return, Search
from fondly.people.clients.models import Interaction
from fondly.people.team.models import User
from fondly.run.journeys import switch
from fondly.run.journeys.actions import ExitJourney, StartJourney
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox import faults, restoring
from fondly.run.outbox.actions import UnresolveMessage
from fondly.run.outbox.models import Message
from tests.listen.returns.conftest import MUST, begin, lost, make_uncertain, read, turn
from tests.listen.returns.mails import away, copy_of, dsn
from tests.run.conftest import MONDAY, make_client, set_option
from tests.run.doing import HOUR, MINUTE, do

pytestmark = pytest.mark.django_db(transaction=True)
AT = MONDAY + HOUR
PRIYA = "priya@example.org"


def fresh(message):
    return Message.objects.get(pk=message.pk)


def to_priya(mail):
    """The line was cut after the dot, so the server took the first; only Fondly cannot know."""
    return [raw for to, raw in mail.received if to == PRIYA]


def page_of(message):
    browser = Browser()
    browser.force_login(User.objects.create(email="dana@example.com", name="Dana", is_admin=True, joined_at=MONDAY))
    return browser.get(f"/outbox/{message.pk}").content.decode()


def another_goes(at=AT):
    """A message to somebody else that surely went."""
    other = make_client("Omar Haddad", "omar@example.org")
    playbook = Journey.objects.get().playbook_id
    with clock.at(at - 2 * MINUTE):
        do("journeys.start", StartJourney(other.pk, playbook))
        turn(at - 2 * MINUTE)
    turn(at)
    sent = Message.objects.get(client=other, moment__touchpoint="welcome")
    assert sent.state == "sent"
    return sent


def test_a_copy_in_the_sent_folder_settles_it_at_once(mail, box):
    message = make_uncertain()
    box.put(copy_of(message.message_id), "Sent")
    read(AT + MINUTE)
    found = fresh(message)
    assert (found.state, found.reply) == ("sent", "found in the Sent folder (2026-01-05 16:01 UTC)")
    assert Moment.objects.get(touchpoint="welcome").state == "done"
    assert Interaction.objects.get(kind="sent").at == found.committed_at
    entry = AuditEntry.objects.get(action="outbox.resolve")
    assert entry.actor_name == "Fondly" and entry.input["evidence"] == found.reply
    assert not any("Seen" in flags for flags, _raw in box.mails("Sent"))
    assert "known since: found in the Sent folder" in page_of(message)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (lambda m: dsn(m.message_id, PRIYA, action="delivered", status="2.0.0"), "it was reported as delivered"),
        (lambda m: dsn(m.message_id, PRIYA, action="delayed", status="4.4.1"), "tries to deliver it"),
        (lambda m: dsn(m.message_id, PRIYA), "it came back, so it was taken"),
        (lambda m: away(m.message_id), "an automatic answer to it came"),
        (lambda m: away(m.message_id, "Auto-Submitted: no"), "the client answered it"),
    ],
)
def test_whatever_comes_back_shows_that_it_went(mail, box, raw, words):
    message = make_uncertain()
    box.put(raw(message))
    read(AT + MINUTE)
    assert fresh(message).state == "sent" and words in fresh(message).reply


def test_nothing_found_means_nothing_before_the_settle_time_and_in_a_folder_that_keeps_no_copies(mail, box):
    message = make_uncertain(text=MUST)
    sent = another_goes()
    read(AT + 14 * MINUTE)
    assert not Search.objects.get().is_absent
    read(AT + 16 * MINUTE)
    read(AT + 40 * MINUTE)
    assert not Search.objects.get().is_absent, "the other message has no copy there either"
    box.put(copy_of(sent.message_id), "Sent")
    read(AT + 3 * HOUR)
    assert fresh(message).state != "uncertain"


def test_never_twice_stays_listed_with_what_was_found(mail, box):
    message = make_uncertain()
    box.put(copy_of(another_goes().message_id), "Sent")
    for minutes in (16, 60, 300):
        read(AT + minutes * MINUTE)
    assert fresh(message).state == "uncertain" and Search.objects.get().is_absent
    assert len(to_priya(mail)) == 1
    page = page_of(message)
    assert "it is not there, though another message of the same hour is" in page and "It arrived" in page


def test_must_arrive_goes_again_as_it_was(mail, box):
    message = make_uncertain(text=MUST)
    box.put(copy_of(another_goes().message_id), "Sent")
    read(AT + 14 * MINUTE)
    assert fresh(message).state == "uncertain"
    read(AT + 16 * MINUTE)
    turn(AT + 17 * MINUTE)
    first, again = to_priya(mail)
    found = fresh(message)
    assert found.state == "sent" and found.message_id == message.message_id
    assert first == again == bytes(message.raw)
    assert Moment.objects.get(touchpoint="welcome", journey__client=message.client).state == "done"
    assert Message.objects.filter(client=message.client, moment__touchpoint="welcome").count() == 1


def test_it_may_be_lost_twice_and_is_looked_for_again(mail, box):
    message = make_uncertain(text=MUST)
    box.put(copy_of(another_goes().message_id), "Sent")
    faults.use(lost)
    read(AT + 16 * MINUTE)
    turn(AT + 17 * MINUTE)
    faults.use(None)
    again = fresh(message)
    assert again.state == "uncertain" and again.committed_at > message.committed_at
    read(again.committed_at + 10 * MINUTE)
    assert fresh(message).state == "uncertain", "the settle time begins anew"


def test_a_restore_leaves_its_unsure_mail_to_people(mail, box):
    begin(MUST)
    restoring.put_up(MONDAY, AT)
    with transaction.atomic():
        restoring.hold_back(AT)
    message = Message.objects.get(moment__touchpoint="welcome")
    assert message.state == "uncertain"
    box.put(copy_of(another_goes(AT + 10 * MINUTE).message_id), "Sent")
    read(AT + 60 * MINUTE)
    assert fresh(message).state == "uncertain"
    box.put(copy_of(message.message_id), "Sent")
    read(AT + 3 * HOUR)
    assert fresh(message).state == "sent"


def test_nothing_is_sent_again_for_a_journey_that_ended(mail, box):
    message = make_uncertain(text=MUST)
    box.put(copy_of(another_goes().message_id), "Sent")
    journey = Journey.objects.get(client=message.client)
    with clock.at(AT):
        do("journeys.exit", ExitJourney(journey.pk))
    read(AT + 16 * MINUTE)
    assert fresh(message).state == "uncertain"


def test_what_was_settled_can_be_undone_by_a_person(mail, box):
    message = make_uncertain()
    box.put(copy_of(message.message_id), "Sent")
    read(AT + MINUTE)
    entry = AuditEntry.objects.get(action="outbox.resolve")
    with clock.at(AT + 2 * MINUTE):
        do("outbox.unresolve", UnresolveMessage(message.pk, entry.undo_input["fact"]))
    assert fresh(message).state == "uncertain"
    read(AT + 3 * MINUTE)
    assert fresh(message).state == "uncertain", "a person's word is not overruled by what was known already"


def test_everything_paused_still_learns_but_sends_nothing(mail, box):
    message = make_uncertain(text=MUST)
    box.put(copy_of(another_goes().message_id), "Sent")
    switch.turn("lunch")
    read(AT + 16 * MINUTE)
    turn(AT + 20 * MINUTE)
    assert fresh(message).state == "held"
    assert len(to_priya(mail)) == 1


def test_the_settle_time_is_a_setting(mail, box, settings):
    set_option(settings, "FONDLY_SETTLE_MINUTES", "120")
    message = make_uncertain(text=MUST)
    box.put(copy_of(another_goes().message_id), "Sent")
    read(AT + 60 * MINUTE)
    assert fresh(message).state == "uncertain" and not Search.objects.get().is_absent
    read(AT + 130 * MINUTE)
    assert fresh(message).state != "uncertain"


def test_a_message_of_nobody_is_not_looked_at(mail, box):
    read(AT)
    assert not Search.objects.exists() and not Return.objects.exists()
