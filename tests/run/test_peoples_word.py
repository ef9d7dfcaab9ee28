"""What people decide: told with who, when and why, undone until it has left, and never overruled by the engine."""

from email import message_from_bytes

import pytest

from fondly.doors import invariants
from fondly.ground import clock
from fondly.ground.action import Conflict, Refused
from fondly.ground.models import AuditEntry
from fondly.run.journeys.actions import (
    DoMomentNow,
    ExitJourney,
    FinishMoment,
    MoveJourney,
    MoveToVersion,
    PauseEverything,
    PauseJourney,
    RecordEvent,
    RescheduleMoment,
    ResumeEverything,
    SkipMoment,
    StartJourney,
)
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox import faults
from fondly.run.outbox.actions import EditMessage, ResolveUncertain, TakeBack
from fondly.run.outbox.models import Message
from tests.run.conftest import BOOK, MONDAY, publish
from tests.run.doing import DAY, HOUR, MINUTE, do, moment_of, start, turn, undo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def journey():
    return start()


ACTS = [
    ("journeys.skip", lambda call: SkipMoment(call.pk, call.revision, "on holiday"), "why", "on holiday"),
    (
        "journeys.reschedule",
        lambda call: RescheduleMoment(call.pk, call.revision, MONDAY + 9 * DAY, "busy"),
        "why",
        "busy",
    ),
    ("journeys.do_now", lambda call: DoMomentNow(call.pk, call.revision), "moment_id", None),
    ("journeys.pause", lambda call: PauseJourney(call.journey_id, None, "abroad"), "why", "abroad"),
    ("journeys.pause_everything", lambda call: PauseEverything("stop"), "why", "stop"),
]


@pytest.mark.parametrize(("name", "given", "field", "words"), ACTS)
def test_every_decision_is_on_the_audit_trail_with_its_reason(journey, name, given, field, words):
    call = moment_of("call")
    at = MONDAY + HOUR
    with clock.at(at):
        done = do(name, given(call))
        undo(done)
        if name == "journeys.pause_everything":
            with pytest.raises(Refused):
                do("journeys.resume_everything", ResumeEverything())
    entry = AuditEntry.objects.get(action=name)
    assert (entry.actor_name, entry.at, entry.undone_at) == ("Dana", at, at)
    assert entry.input[field] == (words or call.pk)
    assert entry.client_id == (None if name == "journeys.pause_everything" else call.client_id)


def test_edited_words_are_what_is_sent_and_the_edit_is_undone(journey, mail):
    turn(MONDAY)
    message = Message.objects.get()
    with clock.at(MONDAY + MINUTE / 2):
        edited = do("outbox.edit", EditMessage(message.pk, message.revision, "Hello", "My own words."))
        undo(edited)
        message.refresh_from_db()
        assert message.subject == "Welcome, Priya"
        again = do("outbox.edit", EditMessage(message.pk, message.revision, "Hello", "My own words."))
    entry = AuditEntry.objects.get(pk=again.audit_id)
    assert (entry.actor_name, entry.client_id) == ("Dana", journey.client_id)
    turn(MONDAY + HOUR)
    assert b"My own words." in mail.received[0][1]


LEAVING = [
    ("outbox.take_back", lambda message, moment: TakeBack(message.pk)),
    ("outbox.edit", lambda message, moment: EditMessage(message.pk, message.revision, "New", "New words.")),
    ("journeys.skip", lambda message, moment: SkipMoment(moment.pk, moment.revision, "")),
    ("journeys.finish", lambda message, moment: FinishMoment(moment.pk, moment.revision)),
    ("journeys.reschedule", lambda message, moment: RescheduleMoment(moment.pk, moment.revision, MONDAY + 9 * DAY)),
]


@pytest.mark.parametrize(("name", "given"), LEAVING)
@pytest.mark.parametrize("place", ["before_commit", "after_commit"])
def test_a_change_to_what_is_leaving_is_made_and_keeps_it_here_or_is_refused(journey, mail, name, given, place):
    turn(MONDAY)
    said = []

    def act(reached):
        if reached == place:
            faults.use(None)
            try:
                do(name, given(Message.objects.get(), moment_of("welcome")))
            except (Conflict, Refused) as refusal:
                said.append(str(refusal))

    faults.use(act)
    turn(MONDAY + HOUR)
    if said:
        assert "sent at this very moment" in said[0] or "being sent" in said[0]
        assert (len(mail.received), moment_of("welcome").state) == (1, "done")
    else:
        assert place == "before_commit"  # after it, it is too late
        assert mail.received == []


def test_what_was_done_by_hand_is_never_sent(journey, mail):
    welcome = moment_of("welcome")
    with clock.at(MONDAY):
        done = do("journeys.finish", FinishMoment(welcome.pk, welcome.revision, note="Said it on the phone"))
    for hours in (0, 1, 3):
        turn(MONDAY + hours * HOUR)
    assert (mail.received, moment_of("welcome").state) == ([], "done")
    with clock.at(MONDAY + 4 * HOUR):
        undo(done)
    turn(MONDAY + 4 * HOUR)
    turn(MONDAY + 5 * HOUR)
    assert len(mail.received) == 1


def test_what_waits_in_the_outbox_and_is_done_by_hand_meanwhile_stays_here(journey, mail):
    turn(MONDAY)
    welcome = moment_of("welcome")
    with clock.at(MONDAY + MINUTE / 2):
        do("journeys.finish", FinishMoment(welcome.pk, welcome.revision))
    turn(MONDAY + HOUR)
    assert (mail.received, Message.objects.get().state) == ([], "cancelled")


def test_a_word_outlives_a_new_version_that_says_otherwise(journey, mail):
    call, look = moment_of("call"), moment_of("look")
    wished = MONDAY + 12 * DAY
    with clock.at(MONDAY):
        do("journeys.reschedule", RescheduleMoment(call.pk, call.revision, wished, "asked"))
        do("journeys.skip", SkipMoment(look.pk, look.revision, "knows it"))
    text = BOOK.replace("2 days after entry", "4 days after entry").replace("1 day after entry", "3 days after entry")
    _, new = publish(text, number=2, playbook=journey.playbook)
    with clock.at(MONDAY + HOUR):
        do("journeys.move_to_version", MoveToVersion(journey.playbook_id, new.pk, late="send"))
    for days in (1, 4, 5, 11):
        turn(MONDAY + days * DAY)
    assert (moment_of("call").state, moment_of("call").at) == ("planned", wished)
    assert (moment_of("look").state, moment_of("look").reason) == ("skipped", "knows it")


def test_touchpoints_are_known_by_their_key_wherever_they_stand_and_whatever_they_are_called(journey):
    before = list(Moment.objects.order_by("pk").values_list("pk", "key", "state", "at"))
    lines = BOOK.splitlines()
    first, last = (next(n for n, line in enumerate(lines) if name in line) for name in ("welcome: {k", "news: {k"))
    lines[first : last + 1] = reversed(lines[first : last + 1])
    text = "\n".join(lines).replace("phase: new", "phase: new\n    title: Getting to know each other", 1)
    _, new = publish(text, number=2, playbook=journey.playbook)
    with clock.at(MONDAY):
        moved = do("journeys.move_to_version", MoveToVersion(journey.playbook_id, new.pk)).result
    assert (moved.journeys, moved.added, moved.dropped, moved.would_send_now) == (1, 0, 0, 0)
    assert list(Moment.objects.order_by("pk").values_list("pk", "key", "state", "at")) == before
    assert "Getting to know each other" in moment_of("call").why


def ids(received):
    return [message_from_bytes(content)["Message-ID"].strip("<>") for _, content in received]


def test_a_retry_keeps_its_message_id_and_a_resend_has_a_new_one(journey, mail):
    mail.dot_answers["priya@example.org"] = ["451 later"]

    def lose(name):
        if name == "after_dot":
            raise OSError("line cut")

    turn(MONDAY)
    first = Message.objects.get().message_id
    turn(MONDAY + HOUR)
    assert mail.received == []
    faults.use(lose)
    turn(MONDAY + 2 * HOUR)
    faults.use(None)
    message = Message.objects.get()
    assert message.state == "uncertain"
    with clock.at(MONDAY + 3 * HOUR):
        do("outbox.resolve", ResolveUncertain(message.pk, arrived=False))
    turn(MONDAY + 3 * HOUR)
    turn(MONDAY + 4 * HOUR)
    again = Message.objects.order_by("-pk").first()
    assert again.state == "sent"
    assert set(ids(mail.received)) == {first, again.message_id}  # the first had gone, as it turns out
    assert again.message_id != first


def test_a_journey_waits_for_what_a_person_put_on_another_time(mail):
    """Its last stage was left, and the plan has nothing more."""
    last = BOOK[: BOOK.index("  alumni:")] + BOOK[BOOK.index("templates:") :]
    journey = start(last.replace("5 days after entry", "every 5 days"))
    for at in (MONDAY, MONDAY + HOUR):
        turn(at)
    with clock.at(MONDAY + HOUR):
        do("journeys.move", MoveJourney(journey.pk, "ongoing"))
    with clock.at(MONDAY + 2 * HOUR):
        card = Moment.objects.filter(touchpoint="card").order_by("at")[0]
        do("journeys.reschedule", RescheduleMoment(card.pk, card.revision, MONDAY + 9 * DAY))
        do("journeys.record_event", RecordEvent(journey.client_id, "done_all"))
    turn(MONDAY + 9 * DAY)
    journey.refresh_from_db()
    card.refresh_from_db()
    assert (journey.state, card.state) == ("active", "due")
    assert not any(invariants.broken(MONDAY + 9 * DAY))
    with clock.at(MONDAY + 9 * DAY):
        done = do("journeys.finish", FinishMoment(card.pk, card.revision))
        journey.refresh_from_db()
        assert journey.state == "completed"
        undo(done)
    journey.refresh_from_db()
    card.refresh_from_db()
    assert (journey.state, journey.ended_at, card.state) == ("active", None, "due")


def test_a_journey_goes_on_when_the_event_that_completed_it_is_taken_back():
    last = BOOK[: BOOK.index("  alumni:")] + BOOK[BOOK.index("templates:") :]
    journey = start(last)
    with clock.at(MONDAY + HOUR):
        do("journeys.exit", ExitJourney(journey.pk))
        again = do("journeys.start", StartJourney(journey.client_id, journey.playbook_id, "ongoing")).result
    with clock.at(MONDAY + DAY):
        hello = moment_of("hello")
        do("journeys.skip", SkipMoment(hello.pk, hello.revision))
        over = do("journeys.record_event", RecordEvent(journey.client_id, "done_all"))
        assert over.result.stages == {}
        undo(over)
    journey = Journey.objects.get(pk=again.journey_id)
    assert (journey.state, journey.ended_at, moment_of("card").state) == ("active", None, "planned")
