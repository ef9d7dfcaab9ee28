"""What people do while a mail waits or is in a worker's hands: it goes once or not at all; nothing is left lying."""

import pytest

from fondly.ground import clock
from fondly.ground.action import Refused
from fondly.people.clients.actions import MergeClients, UnmergeClients
from fondly.run.journeys import claiming, planning
from fondly.run.journeys.actions import (
    ExitJourney,
    FinishMoment,
    PauseJourney,
    RecordEvent,
    RescheduleMoment,
    SkipMoment,
    StartJourney,
)
from fondly.run.journeys.engine import tick
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox import faults, ledger
from fondly.run.outbox.actions import TakeBack
from fondly.run.outbox.models import Message
from fondly.run.outbox.smtp import NotSent
from tests.run.conftest import BOOK, MONDAY, make_client, publish
from tests.run.doing import DAY, HOUR, MINUTE, do, undo

pytestmark = pytest.mark.django_db(transaction=True)


def at(instant):
    with clock.at(instant):
        tick(instant)


def act_at(place, act):
    """Have somebody act once when the sender reaches this place."""

    def reach(name):
        if name == place:
            faults.use(None)
            act()

    faults.use(reach)


@pytest.fixture
def journey(mail):
    """Its welcome is written and waits to be sent."""
    playbook, _ = publish(BOOK.replace("when: on entry,", 'when: on entry, if: "not booked",'))
    with clock.at(MONDAY):
        started = do("journeys.start", StartJourney(make_client().pk, playbook.pk)).result.journey_id
    at(MONDAY)
    return Journey.objects.get(pk=started)


@pytest.fixture
def twins(mail):
    """Two records of one client on the same journey; the first has begun an hour earlier."""
    playbook, _ = publish()
    one, two = make_client("Ana Ruiz", "ana@x.org"), make_client("Ana Ruiz", "ana@y.org")
    for client, instant in ((one, MONDAY), (two, MONDAY + HOUR)):
        with clock.at(instant):
            do("journeys.start", StartJourney(client.pk, playbook.pk))
        at(instant)
        at(instant + 2 * MINUTE)
    return one, two


def welcome():
    return Moment.objects.get(touchpoint="welcome")


@pytest.mark.parametrize("place", ["after_claim", "after_connect", "after_rcpt", "after_body", "before_commit"])
@pytest.mark.parametrize("what", ["exit", "skip", "event"])
def test_until_the_point_of_no_return_a_mail_in_a_workers_hands_is_called_back(mail, journey, place, what):
    acts = {
        "exit": lambda: do("journeys.exit", ExitJourney(journey.pk, "cancelled")),
        "skip": lambda: do("journeys.skip", SkipMoment(welcome().pk, welcome().revision, "not now")),
        "event": lambda: do("journeys.record_event", RecordEvent(journey.client_id, "booked")),
    }
    act_at(place, acts[what])
    at(MONDAY + 2 * MINUTE)
    at(MONDAY + 3 * MINUTE)
    assert mail.received == []
    assert Message.objects.get().state == "cancelled"
    assert welcome().state in ("cancelled", "skipped")


def test_who_left_after_the_point_of_no_return_is_not_tried_again(mail, journey):
    mail.dot_answers["priya@example.org"] = ["451 later"]
    act_at("after_commit", lambda: do("journeys.exit", ExitJourney(journey.pk, "cancelled")))
    at(MONDAY + 2 * MINUTE)
    assert (Message.objects.get().state, welcome().state) == ("cancelled", "cancelled")
    at(MONDAY + 2 * HOUR)
    assert mail.received == []


def test_what_the_plan_gave_up_after_the_point_of_no_return_is_not_tried_again(mail, journey):
    mail.dot_answers["priya@example.org"] = ["451 later"]
    act_at("after_commit", lambda: do("journeys.record_event", RecordEvent(journey.client_id, "booked")))
    at(MONDAY + 2 * MINUTE)
    at(MONDAY + 2 * HOUR)
    assert (Message.objects.get(moment=welcome()).state, welcome().state) == ("cancelled", "skipped")
    assert len(mail.received) == Message.objects.filter(state="sent").count()


def test_a_journey_that_was_paused_when_it_ended_is_paused_again(mail, journey):
    with clock.at(MONDAY + MINUTE / 2):
        do("journeys.pause", PauseJourney(journey.pk))
        ended = do("journeys.exit", ExitJourney(journey.pk, "cancelled"))
        undo(ended)
    at(MONDAY + 2 * HOUR)
    journey.refresh_from_db()
    assert journey.state == "paused"
    assert mail.received == []


def test_a_merge_while_the_mail_waits_sends_it_once(mail):
    playbook, _ = publish()
    one, two = make_client("Ana Ruiz", "ana@x.org"), make_client("Ana Ruiz", "ana@y.org")
    with clock.at(MONDAY):
        for client in (one, two):
            do("journeys.start", StartJourney(client.pk, playbook.pk))
        tick(MONDAY)
        do("clients.merge", MergeClients(one.pk, two.pk))
    at(MONDAY + 2 * MINUTE)
    assert len(mail.received) == 1


def test_a_merge_calls_back_what_the_other_record_had_already(mail):
    playbook, _ = publish()
    one, two = make_client("Ana Ruiz", "ana@x.org"), make_client("Ana Ruiz", "ana@y.org")
    for client, instant in ((two, MONDAY), (one, MONDAY + HOUR)):
        with clock.at(instant):
            do("journeys.start", StartJourney(client.pk, playbook.pk))
            tick(instant)
    assert len(mail.received) == 1
    with clock.at(MONDAY + HOUR):
        do("clients.merge", MergeClients(one.pk, two.pk))
    at(MONDAY + HOUR + 2 * MINUTE)
    assert len(mail.received) == 1
    assert sorted(Message.objects.values_list("state", flat=True)) == ["cancelled", "sent"]


@pytest.mark.parametrize("answer", ["451 later", "550 no"])
def test_what_a_merge_took_for_sent_and_did_not_go_is_asked_of_a_person(mail, answer):
    playbook, _ = publish()
    one, two = make_client("Ana Ruiz", "ana@x.org"), make_client("Ana Ruiz", "ana@y.org")
    mail.dot_answers["ana@y.org"] = [answer]
    with clock.at(MONDAY):
        do("journeys.start", StartJourney(two.pk, playbook.pk))
    at(MONDAY)
    with clock.at(MONDAY + MINUTE / 2):
        do("journeys.start", StartJourney(one.pk, playbook.pk))
    act_at("after_commit", lambda: do("clients.merge", MergeClients(one.pk, two.pk)))
    at(MONDAY + 2 * MINUTE)
    theirs, own = Moment.objects.filter(touchpoint="welcome").order_by("-journey__exit_reason")
    assert (theirs.journey.exit_reason, theirs.state) == ("merged", "cancelled")
    assert (own.state, own.asks, own.override) == ("due", "failed", "")
    at(MONDAY + 2 * HOUR)
    assert mail.received == []


def test_a_merge_takes_the_question_off_todays_list_with_its_message(mail):
    text = BOOK.replace("mode: auto, when: on entry", "mode: approve, when: on entry")
    playbook, _ = publish(text)
    one, two = make_client("Ana Ruiz", "ana@x.org"), make_client("Ana Ruiz", "ana@y.org")
    with clock.at(MONDAY):
        for client in (one, two):
            do("journeys.start", StartJourney(client.pk, playbook.pk))
        tick(MONDAY)
        moment = Moment.objects.get(client=two, touchpoint="welcome")
        do("journeys.finish", FinishMoment(moment.pk, moment.revision))
        do("clients.merge", MergeClients(one.pk, two.pk))
    assert set(Message.objects.values_list("state", flat=True)) == {"cancelled"}


def test_unmerge_gives_back_a_pause(twins):
    one, two = twins
    with clock.at(MONDAY + DAY):
        theirs = Journey.objects.get(client=two)
        do("journeys.pause", PauseJourney(theirs.pk))
        merged = do("clients.merge", MergeClients(one.pk, two.pk)).result
        do("clients.unmerge", UnmergeClients(merged.merge_id))
    theirs.refresh_from_db()
    assert (theirs.state, theirs.client_id) == ("paused", two.pk)


LATE = BOOK.replace(
    "when: on entry, template: welcome, late: send", "when: on entry, template: welcome, late: ask after 1 day"
)


@pytest.mark.parametrize("place", ["", "after_claim", "before_commit"])
def test_what_became_late_on_its_way_asks_once_and_its_message_is_the_answer(mail, settings, place):
    """However it got late: it waited, or a worker held it. One message, and no other way to send it."""
    playbook, _ = publish(LATE)
    with clock.at(MONDAY):
        started = do("journeys.start", StartJourney(make_client().pk, playbook.pk)).result.journey_id
        tick(MONDAY)
        do("journeys.pause", PauseJourney(started, MONDAY + MINUTE))
    if place:
        act_at(place, lambda: plan_again(MONDAY + 2 * DAY, started))
        at(MONDAY + 2 * MINUTE)
    at(MONDAY + 2 * DAY)
    assert (welcome().state, welcome().asks) == ("due", "approve")
    assert [message.state for message in Message.objects.filter(moment=welcome())] == ["approval"]
    with clock.at(MONDAY + 2 * DAY):
        do("journeys.exit", ExitJourney(started, "cancelled"))
    assert Message.objects.get(moment=welcome()).state == "cancelled"
    assert mail.received == []


def plan_again(instant, journey_id):
    """As another process does at that time."""
    with clock.at(instant):
        Journey.objects.filter(pk=journey_id).update(plan_at=instant)
        planning.plan_due(instant)


@pytest.mark.parametrize("planned_first", [True, False])
@pytest.mark.parametrize(("late", "becomes"), [("skip after 1 day", "skipped"), ("ask after 1 day", "approval")])
def test_letting_go_what_is_too_late_by_now_ends_alike_whether_or_not_a_plan_ran(mail, late, becomes, planned_first):
    playbook, _ = publish(LATE.replace("ask after 1 day", late))
    with clock.at(MONDAY):
        started = do("journeys.start", StartJourney(make_client().pk, playbook.pk)).result.journey_id
        tick(MONDAY)
        taken = do("outbox.take_back", TakeBack(Message.objects.get().pk))
    two_days_later = MONDAY + 2 * DAY
    if planned_first:
        plan_again(two_days_later, started)
    with clock.at(two_days_later):
        if becomes == "skipped":
            with pytest.raises(Refused, match="late"):
                undo(taken)
            assert Message.objects.get(moment=welcome()).state == "taken_back"
        else:
            undo(taken)
            assert Message.objects.get(moment=welcome()).state == "approval"
    at(two_days_later + 2 * MINUTE)
    assert welcome().state == ("skipped" if becomes == "skipped" else "due")
    assert mail.received == []


@pytest.mark.parametrize("kind", ["never", "unknown"])
def test_who_lost_a_message_to_another_worker_changes_neither_it_nor_its_moment(mail, journey, kind):
    mine = MONDAY + 2 * MINUTE
    [message] = ledger.claim(mine, "slow")
    Message.objects.update(worker="other")
    ledger.not_sent(message, "slow", NotSent(kind, "dot", 550, "no"), mine)
    assert (Message.objects.get().state, welcome().state) == ("sending", "working")
    Message.objects.update(worker="", state="held")
    ledger.not_sent(message, "slow", NotSent(kind, "dot", 550, "no"), mine)
    assert (Message.objects.get().state, welcome().state) == ("held", "working")


@pytest.mark.parametrize("what", ["event", "later", "exit", "nothing"])
def test_what_is_dropped_from_the_plan_between_claim_and_writing_is_not_sent(mail, settings, what):
    settings.FONDLY_HOLD_SECONDS = 0
    playbook, _ = publish(BOOK.replace("when: on entry,", 'when: on entry, if: "not booked",'))
    with clock.at(MONDAY):
        client = make_client()
        started = do("journeys.start", StartJourney(client.pk, playbook.pk)).result.journey_id
        claimed = claiming.claim(MONDAY, "w")
        assert [job.moment.touchpoint for job in claimed.jobs] == ["welcome"]
        acts = {
            "event": lambda: do("journeys.record_event", RecordEvent(client.pk, "booked")),
            "later": lambda: do(
                "journeys.reschedule", RescheduleMoment(welcome().pk, welcome().revision, MONDAY + DAY, "")
            ),
            "exit": lambda: do("journeys.exit", ExitJourney(started, "cancelled")),
            "nothing": lambda: None,
        }
        acts[what]()
        claiming.perform(claimed, MONDAY, "w")
    at(MONDAY + 2 * MINUTE)
    assert welcome().state == {"event": "cancelled", "later": "planned", "exit": "cancelled", "nothing": "done"}[what]
    assert Message.objects.filter(moment=welcome()).count() == len(mail.received) == (what == "nothing")
