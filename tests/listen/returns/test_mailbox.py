"""The mailbox, read over IMAP from a real Dovecot: what came back is noted once, and nothing there is changed."""

import pytest

from fondly.ground import clock
from fondly.listen.returns.models import Reading, Return
from fondly.people.clients import consents
from fondly.people.clients.actions import AllowAddress, EraseClient, MergeClients, SetConsent
from fondly.people.clients.models import Client, Interaction
from fondly.run.outbox.models import Message
from tests.listen.returns.conftest import begin, read, set_option, turn
from tests.listen.returns.mails import away, complaint, dsn
from tests.run.conftest import MONDAY, make_client
from tests.run.doing import DAY, HOUR, do

pytestmark = pytest.mark.django_db(transaction=True)
PRIYA = "priya@example.org"


def suppressed():
    return consents.is_suppressed([PRIYA]) == {PRIYA}


@pytest.fixture
def sent(mail, box):
    """The welcome has gone to Priya."""
    begin()
    turn(MONDAY + HOUR)
    return Message.objects.get(moment__touchpoint="welcome", state="sent")


def test_a_hard_bounce_suppresses_the_address_and_stands_on_the_timeline(sent, box, mail):
    box.put(dsn(sent.message_id, PRIYA))
    read(MONDAY + 2 * HOUR)
    assert suppressed()
    fact = Interaction.objects.get(name="bounced")
    assert fact.kind == "event" and fact.journey_id == sent.moment.journey_id
    assert fact.text == "It came back: Welcome, Priya (550 5.1.1 no such user)"
    assert len(mail.received) == 1
    for hours in (25, 26, 30, 50):
        turn(MONDAY + hours * HOUR)
    assert len(mail.received) == 1, "nothing more goes to that address"


def test_a_report_for_another_address_does_nothing_but_is_counted(sent, box):
    box.put(dsn(sent.message_id, "dana@stillwater.example"))
    box.put(dsn("0" * 40 + "@stillwater.example", PRIYA))
    read(MONDAY + 2 * HOUR)
    assert Return.objects.filter(message=None, kind="bounced", words="").count() == 2
    assert not suppressed() and not Interaction.objects.filter(name="bounced").exists()


def test_a_message_that_never_left_cannot_bounce(mail, box):
    begin()
    box.put(dsn(Message.objects.get().message_id, PRIYA))
    read(MONDAY)
    assert Return.objects.get().message is None and not suppressed()


def test_nothing_in_the_mailbox_is_marked_or_deleted(sent, box):
    for raw in (
        dsn(sent.message_id, PRIYA),
        complaint(sent.message_id),
        away(sent.message_id),
        b"Subject: hi\r\n\r\nx",
    ):
        box.put(raw)
    before = [raw for _flags, raw in box.mails()]
    read(MONDAY + 2 * HOUR)
    assert Return.objects.count() == 3
    after = box.mails()
    assert [raw for _flags, raw in after] == before
    assert not any("Seen" in flags or "Deleted" in flags for flags, _raw in after)


def test_the_same_mail_read_again_is_stored_once(sent, box):
    box.put(dsn(sent.message_id, PRIYA))
    read(MONDAY + 2 * HOUR)
    do("clients.allow_address", AllowAddress(PRIYA))
    first = Reading.objects.get()
    box.server.renumber(box.user)
    read(MONDAY + 3 * HOUR)
    again = Reading.objects.get()
    assert again.uid_validity not in (0, first.uid_validity) and not again.problem
    assert Return.objects.count() == 1
    assert not suppressed(), "a person allowed the address; the old report says nothing new"


def test_reading_goes_on_where_it_ended(sent, box):
    box.put(away(sent.message_id))
    read(MONDAY + 2 * HOUR)
    assert Reading.objects.get().last_uid == 1
    box.put(dsn(sent.message_id, PRIYA))
    read(MONDAY + 2 * HOUR)
    assert Reading.objects.get().last_uid == 2 and Return.objects.count() == 2


def bounce_softly(sent, box, day, n):
    """A message of that day that bounced softly."""
    other = Message.objects.get(pk=sent.pk)
    other.pk, other.effect_key, other.message_id, other.moment = None, f"more:{n}", f"more-{n}@stillwater.example", None
    other.save()
    with clock.at(MONDAY + day * DAY):
        box.put(dsn(other.message_id, PRIYA, status="4.2.2", said="452 4.2.2 mailbox full", n=n))
    Reading.objects.all().delete()  # as if it came that day: Dovecot's own clock cannot be moved
    read(MONDAY + day * DAY)
    return Return.objects.get(message=other)


def test_soft_bounces_suppress_when_three_messages_bounce_within_thirty_days(sent, box):
    bounce_softly(sent, box, 1, 1)
    bounce_softly(sent, box, 20, 2)
    assert not suppressed()
    bounce_softly(sent, box, 40, 3)
    assert not suppressed(), "the first is more than thirty days old"
    bounce_softly(sent, box, 45, 4)
    assert suppressed()


def test_one_message_reported_three_times_is_one_bounce(sent, box):
    for n in range(3):
        box.put(dsn(sent.message_id, PRIYA, status="4.2.2", n=n))
    read(MONDAY + 2 * HOUR)
    assert Return.objects.filter(message=sent).count() == 3 and not suppressed()
    assert Interaction.objects.filter(name="bounced").count() == 1


def test_a_complaint_withdraws_marketing_on_every_channel_and_leaves_the_work(sent, box):
    client = sent.client_id
    with clock.at(MONDAY):
        do("clients.consent", SetConsent(client, "email", "marketing", "given", "form"))
    box.put(complaint(sent.message_id))
    read(MONDAY + 2 * HOUR)
    assert consents.may_write(client, "email", "marketing") and consents.may_write(client, "phone", "marketing")
    assert consents.may_write(client, "email", "service") == ""
    assert Interaction.objects.get(name="complained").client_id == client


def test_a_complaint_outlives_erasing_and_importing_again(sent, box):
    box.put(complaint(sent.message_id))
    read(MONDAY + 2 * HOUR)
    with clock.at(MONDAY + 3 * HOUR):
        do("clients.erase", EraseClient(sent.client_id, suppress=False))
    assert Return.objects.get().words == ""
    again = make_client(email=PRIYA)
    assert "must not be written to" in consents.may_write(again.pk, "email", "service")


def test_suppression_outlives_erasing_and_merging(sent, box):
    box.put(dsn(sent.message_id, PRIYA))
    read(MONDAY + 2 * HOUR)
    other = make_client("Priya S.", email=PRIYA)
    with clock.at(MONDAY + 3 * HOUR):
        do("clients.merge", MergeClients(other.pk, sent.client_id))
        assert consents.may_write(other.pk, "email", "service")
        assert Return.objects.get().message.client_id == other.pk
        do("clients.erase", EraseClient(other.pk, suppress=False))
    assert Client.objects.get(pk=other.pk).erased_at and Return.objects.get().words == ""
    assert consents.may_write(make_client(email=PRIYA).pk, "email", "service")


def test_a_report_of_ten_megabytes_is_read_by_its_start(sent, box):
    box.put(dsn(sent.message_id, PRIYA, original="\n" + "x" * 70 + "\n" * 1 + ("y" * 76 + "\n") * 130_000))
    box.put(dsn(sent.message_id, PRIYA, n=2))
    read(MONDAY + 2 * HOUR)
    assert Return.objects.filter(message=sent).count() == 2


def test_automatic_answers_are_noted_and_never_answered(sent, box, mail):
    box.put(away(sent.message_id))
    box.put(away("not-ours@else.example"))
    read(MONDAY + 2 * HOUR)
    assert Return.objects.get().kind == "auto_replied"
    assert len(mail.received) == 1 and not suppressed()


def test_a_server_that_refuses_is_left_alone_for_longer_and_longer(sent, box, settings):
    set_option(settings, "FONDLY_IMAP_URL", box.url.replace("p%40ss", "wrong"))
    pauses = []
    for _ in range(3):
        Reading.objects.update(next_at=MONDAY)
        turn(MONDAY + 2 * HOUR)
        reading = Reading.objects.get()
        assert "Authentication failed" in reading.problem and "wrong" not in reading.problem
        pauses.append(reading.next_at)
    assert Reading.objects.get().failures == 3
    assert pauses[2] - pauses[1] > pauses[1] - pauses[0] > (pauses[0] - pauses[0])
    set_option(settings, "FONDLY_IMAP_URL", box.url)
    read(MONDAY + 2 * HOUR)
    assert not Reading.objects.get(failures=0).problem


def test_while_one_worker_reads_no_other_does(sent, box):
    from fondly.listen.returns import watching

    read(MONDAY + 2 * HOUR)
    name = Reading.objects.get().mailbox
    watching.read_soon()
    assert watching._take(name) is not None
    assert watching._take(name) is None


def test_a_mail_that_cannot_be_understood_does_not_stop_the_others(sent, box, monkeypatch):
    from fondly.listen.returns import reading

    def read_or_fail(raw):
        if b"poison" in raw:
            raise RuntimeError("a fault of ours")
        return known(raw)

    known = reading.reports.read
    monkeypatch.setattr(reading.reports, "read", read_or_fail)
    box.put(dsn(sent.message_id, PRIYA, said="550 poison"))
    box.put(dsn(sent.message_id, PRIYA))
    read(MONDAY + 2 * HOUR)
    assert Return.objects.count() == 1 and Reading.objects.get().last_uid == 2
