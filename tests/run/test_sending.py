"""The outbox: holds, take back, approval, quiet hours, refusals by the server, and what is unsure."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from pydantic import SecretStr

from fondly.ground import clock
from fondly.ground.action import Conflict, Refused
from fondly.people.clients.models import Consent, Interaction
from fondly.run.journeys.actions import MoveJourney, StartJourney
from fondly.run.journeys.engine import tick
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox import faults, ledger, sending
from fondly.run.outbox.actions import (
    ApproveMessage,
    EditMessage,
    ResolveUncertain,
    SendNow,
    TakeBack,
    Unsubscribe,
)
from fondly.run.outbox.links import token_for
from fondly.run.outbox.models import Attempt, Message
from tests.run.conftest import BOOK, MONDAY, make_client, set_option
from tests.run.doing import DAY, HOUR, MINUTE, begin, do, turn, undo

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_message_taken_back_never_goes_and_undo_lets_it_go(mail):
    begin()
    message = Message.objects.get()
    with clock.at(MONDAY + timedelta(seconds=30)):
        taken = do("outbox.take_back", TakeBack(message.pk))
    turn(MONDAY + HOUR)
    assert mail.received == []
    assert Moment.objects.get(touchpoint="welcome").state == "skipped"
    with clock.at(MONDAY + HOUR):
        undo(taken)
    turn(MONDAY + HOUR + timedelta(seconds=59))
    assert mail.received == []
    turn(MONDAY + HOUR + MINUTE)
    assert len(mail.received) == 1
    with clock.at(MONDAY + 2 * HOUR), pytest.raises(Refused, match="sent already"):
        do("outbox.take_back", TakeBack(message.pk))


def test_without_a_mail_server_mail_is_held_and_says_so(settings, sink):
    begin()
    turn(MONDAY + DAY)
    message = Message.objects.order_by("pk").first()
    assert message.state == "held"
    assert "not connected yet" in message.held_why
    set_option(settings, "FONDLY_EMAIL_URL", f"smtp://127.0.0.1:{sink.port}")
    set_option(settings, "FONDLY_EMAIL_FROM", "Dana <dana@stillwater.example>")
    turn(MONDAY + DAY + MINUTE)
    assert len(sink.received) == 1


def test_without_a_from_address_nothing_is_sent(settings, sink):
    set_option(settings, "FONDLY_EMAIL_URL", f"smtp://127.0.0.1:{sink.port}")
    begin()
    turn(MONDAY + HOUR)
    assert sink.received == []
    assert "address to send from" in Message.objects.get().held_why


def test_the_sandbox_reaches_only_the_listed(settings, mail):
    set_option(settings, "FONDLY_SANDBOX_TO", "dana@stillwater.example, @inside.example")
    begin()
    turn(MONDAY + HOUR)
    assert mail.received == []
    assert Moment.objects.get(touchpoint="welcome").state == "skipped"
    assert Interaction.objects.get(kind="skipped").text.startswith("sandbox: only")


def test_a_message_to_approve_waits_and_can_be_edited(mail):
    begin()
    turn(MONDAY + HOUR)
    turn(MONDAY + DAY)
    message = Message.objects.get(state="approval")
    assert Moment.objects.get(touchpoint="look").asks == "approve"
    with clock.at(MONDAY + DAY):
        edited = do(
            "outbox.edit", EditMessage(message.pk, message.revision, "Hello there", "Own words.\n\nTwo lines <b>")
        )
        with pytest.raises(Conflict):
            do("outbox.approve", ApproveMessage(message.pk, message.revision))
        approved = do("outbox.approve", ApproveMessage(message.pk, edited.result.revision))
        undo(approved)
    turn(MONDAY + DAY + HOUR)
    assert len(mail.received) == 1
    message.refresh_from_db()
    with clock.at(MONDAY + DAY + HOUR):
        do("outbox.approve", ApproveMessage(message.pk, message.revision))
    turn(MONDAY + DAY + HOUR + MINUTE)
    assert len(mail.received) == 2
    assert b"Subject: Hello there" in mail.received[1][1]
    assert b"&lt;b&gt;" in mail.received[1][1]


def test_quiet_hours_are_asked_again_at_send(mail):
    late = MONDAY.replace(hour=1, minute=59, second=30) + DAY  # 19:59:30 in Chicago; its hold ends after 20:00
    begin(at=late)
    turn(late + 2 * MINUTE)
    assert mail.received == []
    message = Message.objects.get()
    assert message.held_why == "quiet hours"
    assert message.go_at == MONDAY.replace(hour=14) + DAY
    turn(message.go_at)
    assert len(mail.received) == 1


def test_a_person_may_send_in_quiet_hours(mail):
    late = MONDAY.replace(hour=1, minute=59, second=30) + DAY
    begin(at=late)
    turn(late + 2 * MINUTE)
    with clock.at(late + 3 * MINUTE):
        do("outbox.send_now", SendNow(Message.objects.get().pk))
    turn(late + 4 * MINUTE)
    assert len(mail.received) == 1


def test_no_for_good_goes_to_a_person_and_does_not_block_others(mail):
    mail.rcpt_answers["priya@example.org"] = ["550 5.1.1 no such user"] * 3
    journey = begin()
    other = make_client("Tom Weld", "tom@example.org")
    with clock.at(MONDAY):
        do("journeys.start", StartJourney(other.pk, journey.playbook_id))
        tick(MONDAY)
    turn(MONDAY + HOUR)
    assert [to for to, _ in mail.received] == ["tom@example.org"]
    failed = Message.objects.get(client=journey.client_id)
    assert (failed.state, failed.reply) == ("failed", "550 5.1.1 no such user")
    moment = Moment.objects.get(client=journey.client_id, touchpoint="welcome")
    assert (moment.state, moment.asks) == ("due", "failed")
    attempt = Attempt.objects.get(message=failed)
    assert (attempt.phase, attempt.code) == ("rcpt", 550)


@pytest.mark.parametrize("phase", ["rcpt", "dot"])
def test_not_now_is_tried_again_later_with_the_same_bytes(mail, phase):
    answers = mail.rcpt_answers if phase == "rcpt" else mail.dot_answers
    answers["priya@example.org"] = ["451 4.3.0 try later"]
    begin()
    turn(MONDAY + HOUR)
    message = Message.objects.get()
    assert message.state == "held"
    assert timedelta(minutes=1) <= message.go_at - (MONDAY + HOUR) <= timedelta(minutes=1, seconds=16)
    raw = bytes(message.raw)
    turn(message.go_at)
    assert len(mail.received) == 1
    assert mail.received[0][1].replace(b"\r\n", b"\n").strip() == raw.replace(b"\r\n", b"\n").strip()
    assert list(Attempt.objects.order_by("pk").values_list("phase", flat=True)) == [phase, "done"]


def test_tries_end_after_two_days(mail):
    mail.dot_answers["priya@example.org"] = ["451 later"] * 200
    begin()
    at = MONDAY
    for _ in range(100):
        message = Message.objects.order_by("pk").first()
        if message.state != "held":
            break
        at = max(message.go_at, at + MINUTE)
        Journey.objects.update(plan_at=None)
        turn(at)
    assert message.state == "failed"
    assert at - MONDAY < timedelta(hours=53)
    assert Attempt.objects.filter(message=message).count() < 30


def test_an_unreachable_server_costs_no_try(settings, mail):
    set_option(settings, "FONDLY_EMAIL_URL", "smtp://127.0.0.1:1")
    begin_three()
    turn(MONDAY + HOUR)
    for message in Message.objects.all():  # also those it did not come to
        assert (message.state, message.go_at) == ("held", MONDAY + HOUR + MINUTE / 4)
        assert "cannot be used" in message.held_why
    assert not Attempt.objects.exists()
    set_option(settings, "FONDLY_EMAIL_URL", f"smtp://127.0.0.1:{mail.port}")
    sending.forget_pauses()
    turn(MONDAY + HOUR + MINUTE)
    assert len(mail.received) == 3


class Cut(Exception):
    pass


def test_a_lost_answer_is_unsure_and_never_repeated_by_itself(mail, monkeypatch):
    def lose(name):
        if name == "after_dot":
            raise OSError("line cut")

    begin()
    faults.use(lose)
    turn(MONDAY + HOUR)
    faults.use(None)
    message = Message.objects.get()
    assert message.state == "uncertain"
    for hours in (2, 30, 80):
        turn(MONDAY + hours * HOUR)
    assert Message.objects.filter(template="welcome", moment__touchpoint="welcome").count() == 1
    with clock.at(MONDAY + 90 * HOUR):
        resolved = do("outbox.resolve", ResolveUncertain(message.pk, arrived=True))
        assert Moment.objects.get(touchpoint="welcome").state == "done"
        undo(resolved)
        assert Moment.objects.get(touchpoint="welcome").state == "uncertain"
        do("outbox.resolve", ResolveUncertain(message.pk, arrived=False))
    turn(MONDAY + 90 * HOUR)
    turn(MONDAY + 90 * HOUR + MINUTE)
    again = Message.objects.filter(moment__touchpoint="welcome").order_by("-pk").first()
    assert again.state == "sent"
    assert again.message_id != message.message_id


def test_exit_just_before_the_point_of_no_return_wins(mail):
    from fondly.run.journeys.actions import ExitJourney

    journey = begin()

    def leave(name):
        if name == "before_commit":
            faults.use(None)
            with pytest.raises(Conflict):
                do("outbox.take_back", TakeBack(Message.objects.get().pk))
            do("journeys.exit", ExitJourney(journey.pk, "cancelled"))

    faults.use(leave)
    turn(MONDAY + HOUR)
    assert mail.received == []
    assert Journey.objects.get().state == "exited"
    turn(MONDAY + 2 * HOUR)
    assert mail.received == []


def test_pausing_everything_just_before_the_point_of_no_return_wins(mail):
    from fondly.run.journeys.actions import PauseEverything

    begin()

    def switch_off(name):
        if name == "before_commit":
            faults.use(None)
            do("journeys.pause_everything", PauseEverything("stop"))

    faults.use(switch_off)
    turn(MONDAY + HOUR)
    assert mail.received == []
    assert Message.objects.get().state == "held"


def test_unsubscribe_stops_what_is_already_held(mail):
    text = BOOK.replace(
        "kind: work, channel: email, mode: auto, when: on entry",
        "kind: relationship, channel: email, mode: auto, when: on entry",
    )
    journey = begin(text)
    message = Message.objects.get()
    assert message.purpose == "keep_in_touch"
    with clock.at(MONDAY + timedelta(seconds=10)):
        do("outbox.unsubscribe", Unsubscribe(SecretStr(token_for(message.effect_key)), "203.0.113.7"))
    turn(MONDAY + HOUR)
    assert mail.received == []
    message.refresh_from_db()
    assert message.state == "cancelled"
    line = Consent.objects.filter(client=journey.client_id, purpose="keep_in_touch").get()
    assert (line.state, line.source) == ("withdrawn", "unsubscribe link")


def test_mail_that_keeps_in_touch_carries_one_click_unsubscribe(mail):
    begin()
    with clock.at(MONDAY + HOUR):
        do("journeys.move", MoveJourney(Journey.objects.get().pk, "ongoing", ""))
    for hours in (2, 3):
        turn(MONDAY + hours * HOUR)
    by_name = {m.moment.touchpoint: m for m in Message.objects.filter(state="sent")}
    bodies = {to_bytes.split(b"Subject: ")[1][:7]: to_bytes for _, to_bytes in mail.received}
    hello = next(content for _, content in mail.received if by_name["hello"].message_id.encode() in content)
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in hello
    assert b"/unsubscribe/" + token_for(by_name["hello"].effect_key).encode() in hello
    assert bodies


def test_a_message_whose_worker_died_goes_back_and_one_past_the_dot_is_unsure(mail):
    begin()
    now = MONDAY + HOUR
    with clock.at(now):
        first = ledger.claim(now, "dead")[0]
        Message.objects.update(lease_until=now - 1000 * DAY)
        turn(now)
    assert len(mail.received) == 1
    Message.objects.filter(pk=first.pk).update(
        state="sending", worker="dead", committed_at=now, lease_until=now - 1000 * DAY
    )
    Moment.objects.filter(touchpoint="welcome").update(state="working")
    turn(now + MINUTE)
    assert Message.objects.get(pk=first.pk).state == "uncertain"
    assert len(mail.received) == 1


def test_a_message_that_kills_its_workers_is_set_aside(mail):
    begin()
    now = MONDAY + HOUR
    for _ in range(3):
        with clock.at(now):
            assert len(ledger.claim(now, "dead")) == 1
            Message.objects.update(lease_until=now - 1000 * DAY)
            ledger.take_over(now)
    assert Message.objects.get().state == "failed"
    assert Interaction.objects.filter(kind="sent").count() == 0


def test_a_batch_that_outlasts_its_lease_is_still_sent_by_who_claimed_it(mail, settings):
    """A short lease or a slow machine: otherwise the same mails would be claimed and given back for ever."""
    settings.FONDLY_LEASE_SECONDS = 1
    begin_three()
    faults.use(lambda place: time.sleep(1.1) if place == "after_claim" else None)
    try:
        turn(MONDAY + HOUR)
    finally:
        faults.use(None)
    assert len(mail.received) == 3
    assert set(Message.objects.values_list("state", "attempts_made")) == {("sent", 1)}


def begin_three(text=BOOK):
    journey = begin(text)
    for n in range(2):
        other = make_client(f"Tom {n}", f"tom{n}@example.org")
        with clock.at(MONDAY):
            do("journeys.start", StartJourney(other.pk, journey.playbook_id))
            tick(MONDAY)


def test_many_behind_one_commit_are_each_asked_for_themselves(mail, settings):
    from fondly.run.journeys.actions import ExitJourney

    settings.FONDLY_MAILS_PER_COMMIT = 10
    begin_three()
    reached = []

    def leave(name):
        reached.append(name)
        if name == "before_commit":
            do("journeys.exit", ExitJourney(Journey.objects.get(client__name="Tom 0").pk, "cancelled"))

    faults.use(leave)
    turn(MONDAY + HOUR)
    assert reached.count("before_commit") == reached.count("after_commit") == 1
    assert [to for to, _ in mail.received] == ["priya@example.org", "tom1@example.org"]
    assert set(Message.objects.filter(state="sent").values_list("attempts__phase", flat=True)) == {"done"}


def test_when_the_first_of_many_may_not_go_the_others_do(mail, settings):
    from fondly.run.journeys.actions import ExitJourney

    settings.FONDLY_MAILS_PER_COMMIT = 10
    begin_three()

    def leave(name):
        if name == "before_commit":
            do("journeys.exit", ExitJourney(Journey.objects.get(client__name="Priya Shah").pk, "cancelled"))

    faults.use(leave)
    turn(MONDAY + HOUR)
    assert [to for to, _ in mail.received] == ["tom0@example.org", "tom1@example.org"]


def test_a_no_to_one_of_many_is_not_a_no_to_the_others(mail, settings):
    settings.FONDLY_MAILS_PER_COMMIT = 10
    mail.rcpt_answers["tom0@example.org"] = ["451 4.3.0 try later"]
    begin_three()
    turn(MONDAY + HOUR)
    assert [to for to, _ in mail.received] == ["priya@example.org", "tom1@example.org"]
    waiting = Message.objects.get(to_address="tom0@example.org")
    assert (waiting.state, waiting.committed_at) == ("held", None)
    turn(waiting.go_at)
    assert len(mail.received) == 3


def test_a_lost_answer_leaves_only_that_one_of_many_in_doubt(mail, settings):
    settings.FONDLY_MAILS_PER_COMMIT = 10
    begin_three()
    lost = []

    def lose(name):
        if name == "after_dot" and not lost:
            lost.append(name)
            raise OSError("line cut")

    faults.use(lose)
    turn(MONDAY + HOUR)
    states = sorted(Message.objects.values_list("state", flat=True))
    assert states == ["sent", "sent", "uncertain"]
    assert sorted(to for to, _ in mail.received) == ["priya@example.org", "tom0@example.org", "tom1@example.org"]


def test_a_worker_that_slept_past_its_lease_sends_none_of_the_rest(mail, settings):
    settings.FONDLY_MAILS_PER_COMMIT = 10
    begin_three()

    def sleep(name):
        if name == "after_commit":
            settings.FONDLY_LEASE_SECONDS = -1

    faults.use(sleep)
    turn(MONDAY + HOUR)
    assert len(mail.received) == 1
    assert Message.objects.filter(state="held", committed_at=None).count() == 2


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer")
@pytest.mark.parametrize("mails", [begin, begin_three])  # the fact of a mail alone, and with the next one's commit
def test_a_result_that_waits_in_a_circle_with_a_person_is_written_once(mail, mails):
    mails()
    threads = []

    def hold_the_client_and_want_the_journey():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '60s'")
            cursor.execute("SELECT id FROM clients_client ORDER BY id FOR UPDATE")
            holds.set()
            cursor.execute("SELECT id FROM journeys_journey ORDER BY id FOR UPDATE")
        connection.close()

    def meet(execute, sql, params, many, context):
        if not threads and sql.startswith("INSERT INTO") and "clients_interaction" in sql:
            threads.append(threading.Thread(target=hold_the_client_and_want_the_journey))
            threads[0].start()
            assert holds.wait(20)
        return execute(sql, params, many, context)

    holds = threading.Event()
    with connection.execute_wrapper(meet):
        turn(MONDAY + HOUR)
    threads[0].join(20)
    sent = Interaction.objects.filter(kind="sent").count()
    assert sent == len(mail.received) == Message.objects.filter(state="sent").count() == Message.objects.count()
