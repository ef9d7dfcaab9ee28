"""What people do with journeys and moments: each act works, is audited, and can be undone exactly."""

import pytest

from fondly.ground import clock
from fondly.ground.action import Conflict, Refused, perform
from fondly.ground.actions import UndoEntry
from fondly.ground.models import AuditEntry
from fondly.people.clients.models import Client, Interaction
from fondly.run.journeys.actions import (
    DoMomentNow,
    ExitJourney,
    FinishMoment,
    MoveJourney,
    PauseEverything,
    PauseJourney,
    RecordEvent,
    RescheduleMoment,
    ResumeEverything,
    ResumeJourney,
    SkipMoment,
    StartJourney,
    StartJourneys,
)
from fondly.run.journeys.engine import tick
from fondly.run.journeys.models import Journey, Moment, Stay
from fondly.run.outbox.models import Message
from tests.run.conftest import MONDAY, make_client, publish
from tests.run.doing import DANA, DAY, HOUR, MINUTE, do, moment_of, start, undo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def journey():
    return start()


def picture():
    """Every row an undo must bring back, but revisions; a cancelled moment is as good as none."""
    moments = (
        Moment.objects.exclude(state="cancelled")
        .order_by("pk")
        .values_list("key", "state", "asks", "at", "override", "feeling", "reason")
    )
    journeys = Journey.objects.order_by("pk").values_list("state", "stage", "exit_reason", "paused_until", "version_id")
    stays = Stay.objects.order_by("journey", "ordinal").values_list("stage", "entered_at", "left_at")
    facts = Interaction.objects.exclude(kind__in=["paused", "resumed"]).order_by("pk").values_list("kind", "name", "at")
    return list(moments), list(journeys), list(stays), list(facts), Client.objects.get().feeling


def test_start_plans_every_moment_with_a_reason(journey):
    rows = dict(Moment.objects.values_list("touchpoint", "state"))
    assert rows == {"welcome": "planned", "look": "planned", "call": "planned"}  # news: no consent was given
    assert all(Moment.objects.values_list("why", flat=True))


def test_a_start_is_undone(journey):
    entry = Interaction.objects.count()
    assert entry == 1
    with clock.at(MONDAY + MINUTE):
        perform("audit.undo", DANA, UndoEntry(AuditEntry.objects.get(action="journeys.start").pk))
    assert not Journey.objects.exists()
    assert not Moment.objects.exists()
    assert not Interaction.objects.exists()


def test_a_start_with_a_story_is_not_undone(journey):
    """What was told of the journey would belong to none."""
    start = AuditEntry.objects.get(action="journeys.start").pk
    with clock.at(MONDAY + MINUTE):
        do("journeys.record_event", RecordEvent(journey.client_id, "wrote", None, journey.pk))
        with pytest.raises(Refused, match="Something has happened in it"):
            perform("audit.undo", DANA, UndoEntry(start))
    assert Journey.objects.exists()


def test_a_person_may_skip_something_and_still_undo_the_start(journey):
    start = AuditEntry.objects.get(action="journeys.start").pk
    with clock.at(MONDAY + MINUTE):
        call = moment_of("call")
        do("journeys.skip", SkipMoment(call.pk, call.revision, "not now"))
        perform("audit.undo", DANA, UndoEntry(start))
    assert not Interaction.objects.exists()


def test_undoing_a_decision_in_a_journey_that_has_ended_leaves_nothing_to_be_done(journey):
    with clock.at(MONDAY):
        call = moment_of("call")
        moved = do("journeys.reschedule", RescheduleMoment(call.pk, call.revision, MONDAY + DAY))
        do("journeys.exit", ExitJourney(journey.pk, "cancelled"))
        undo(moved)
    assert set(Moment.objects.values_list("state", flat=True)) == {"cancelled"}


def test_the_same_matter_is_not_started_twice(journey):
    with clock.at(MONDAY), pytest.raises(Conflict):
        do("journeys.start", StartJourney(journey.client_id, journey.playbook_id))
    with clock.at(MONDAY):
        do("journeys.start", StartJourney(journey.client_id, journey.playbook_id, matter="second house"))
    assert Journey.objects.count() == 2


def test_bulk_start_is_idempotent_and_resumable(journey):
    others = [make_client(f"Client {n}", f"c{n}@example.org") for n in range(5)]
    ids = [client.pk for client in others] + [journey.client_id]
    with clock.at(MONDAY):
        first = do("journeys.start_many", StartJourneys(ids[:3], journey.playbook_id, key="batch")).result
        again = do("journeys.start_many", StartJourneys(ids, journey.playbook_id, key="batch")).result
    assert (first.started, again.started, again.left_out) == (3, 2, 4)
    assert Journey.objects.count() == 6


def test_a_backfilled_start_sends_nothing_of_the_past(journey, mail):
    old = make_client("Tom Weld", "tom@example.org")
    with clock.at(MONDAY):
        given = StartJourney(old.pk, journey.playbook_id, started_at=MONDAY - 10 * DAY)
        do("journeys.start", given)
    states = set(Moment.objects.filter(client=old).values_list("state", flat=True))
    assert states == {"skipped"}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        (
            "journeys.finish",
            lambda m: FinishMoment(m["call"].pk, m["call"].revision, 2, "yes", "Good talk", ["listen"]),
        ),
        ("journeys.skip", lambda m: SkipMoment(m["call"].pk, m["call"].revision, "on holiday")),
        ("journeys.reschedule", lambda m: RescheduleMoment(m["call"].pk, m["call"].revision, MONDAY + 9 * DAY, "busy")),
        ("journeys.do_now", lambda m: DoMomentNow(m["call"].pk, m["call"].revision)),
        ("journeys.move", lambda m: MoveJourney(m["call"].journey_id, "ongoing", "signed on paper")),
        ("journeys.exit", lambda m: ExitJourney(m["call"].journey_id, "declined", "too dear")),
        ("journeys.pause", lambda m: PauseJourney(m["call"].journey_id, MONDAY + 30 * DAY, "abroad")),
        ("journeys.record_event", lambda m: RecordEvent(m["call"].client_id, "booked")),
    ],
)
def test_every_act_changes_something_and_its_undo_restores_all(journey, name, given):
    before = picture()
    with clock.at(MONDAY + HOUR):
        done = do(name, given({m.touchpoint: m for m in Moment.objects.all()}))
        assert picture() != before
        assert done.undoable
    with clock.at(MONDAY + HOUR + MINUTE):
        undo(done)
    assert picture() == before


def test_finishing_says_how_it_felt_and_counts_as_contact(journey):
    with clock.at(MONDAY + 2 * DAY):
        tick(clock.now())
        call = moment_of("call")
        assert (call.state, call.asks) == ("due", "by_hand")
        do("journeys.finish", FinishMoment(call.pk, call.revision, feeling=2, solved="yes", note="Glad", minutes=12))
    fact = Interaction.objects.get(kind="done")
    assert (fact.name, fact.feeling, fact.solved, fact.judged_by) == ("call", 2, "yes", "person")
    client = Client.objects.get()
    assert client.feeling == 2
    assert client.last_contact_at == MONDAY + 2 * DAY


def test_the_second_of_two_people_sees_the_conflict(journey):
    call = moment_of("call")
    with clock.at(MONDAY + HOUR):
        do("journeys.skip", SkipMoment(call.pk, call.revision, "first"))
        with pytest.raises(Conflict):
            do("journeys.finish", FinishMoment(call.pk, call.revision))


def test_an_override_survives_recomputation_and_late_events(journey):
    call, wished = moment_of("call"), MONDAY + 12 * DAY
    with clock.at(MONDAY + HOUR):
        do("journeys.reschedule", RescheduleMoment(call.pk, call.revision, wished, "asked for it"))
    Client.objects.update(zone="Asia/Tokyo")
    for days in (1, 2, 3, 11):
        with clock.at(MONDAY + days * DAY):
            Journey.objects.update(plan_at=clock.now())
            tick(clock.now())
    call.refresh_from_db()
    assert (call.at, call.state, call.override_why) == (wished, "planned", "asked for it")
    with clock.at(wished):
        tick(wished)
    call.refresh_from_db()
    assert call.state == "due"


def test_changing_the_zone_moves_wall_clock_moments_only(journey):
    from fondly.people.clients.actions import ChangeClient

    before = moment_of("call").at
    with clock.at(MONDAY + HOUR):
        do("clients.change", ChangeClient(journey.client_id, "zone", "America/Los_Angeles", "America/Chicago"))
        tick(clock.now())
    assert moment_of("call").at != before or moment_of("call").zone == "America/Los_Angeles"


def test_exit_cancels_in_the_same_transaction_and_calls_mail_back(journey, mail):
    with clock.at(MONDAY):
        tick(MONDAY)
        assert Message.objects.get().state == "held"
        do("journeys.exit", ExitJourney(journey.pk, "cancelled"))
    assert Message.objects.get().state == "cancelled"
    assert set(Moment.objects.values_list("state", flat=True)) == {"cancelled"}
    with clock.at(MONDAY + DAY):
        tick(clock.now())
    assert mail.received == []


def test_undoing_an_exit_sends_the_welcome_once(journey, mail):
    with clock.at(MONDAY):
        tick(MONDAY)
        left = do("journeys.exit", ExitJourney(journey.pk, "person"))
        undo(left)
    for minutes in range(6):
        with clock.at(MONDAY + minutes * MINUTE):
            tick(clock.now())
    assert len(mail.received) == 1


def test_a_reason_that_is_not_on_the_list_is_refused(journey):
    with clock.at(MONDAY), pytest.raises(Refused, match="not a reason"):
        do("journeys.exit", ExitJourney(journey.pk, "whatever"))


def test_pause_holds_and_resume_counts_what_fell_due_as_due_now(journey, mail):
    with clock.at(MONDAY):
        do("journeys.pause", PauseJourney(journey.pk))
    with clock.at(MONDAY + 5 * DAY):
        assert tick(clock.now()).quiet
    with clock.at(MONDAY + 7 * DAY):
        do("journeys.resume", ResumeJourney(journey.pk))
    with clock.at(MONDAY + 7 * DAY + 16 * MINUTE):  # deferred mail is spread over a quarter of an hour
        tick(clock.now())
    assert moment_of("call").state == "due"
    assert moment_of("welcome").state == "working"


def test_a_pause_with_an_end_wakes_by_itself(journey):
    with clock.at(MONDAY):
        do("journeys.pause", PauseJourney(journey.pk, MONDAY + 3 * DAY))
    with clock.at(MONDAY + 3 * DAY):
        tick(clock.now())
    journey.refresh_from_db()
    assert journey.state == "active"
    assert moment_of("call").state == "due"


def test_everything_paused_means_nothing_moves(journey, mail):
    with clock.at(MONDAY):
        tick(MONDAY)
        paused = do("journeys.pause_everything", PauseEverything("looking into it"))
    with clock.at(MONDAY + HOUR):
        assert tick(clock.now()).quiet
        assert mail.received == []
        undo(paused)
        tick(clock.now())
    assert len(mail.received) == 1
    with clock.at(MONDAY), pytest.raises(Refused):
        do("journeys.resume_everything", ResumeEverything())


def test_an_event_moves_the_client_at_once_and_twice_the_same_id_acts_once(journey):
    given = RecordEvent(journey.client_id, "booked", source="calendar", external_id="7")
    with clock.at(MONDAY + HOUR):
        first = do("journeys.record_event", given).result
        second = do("journeys.record_event", given).result
    assert (first.new, second.new) == (True, False)
    assert first.stages == {journey.pk: "ongoing"}
    assert list(Stay.objects.order_by("ordinal").values_list("stage", flat=True)) == ["new", "ongoing"]
    assert moment_of("hello").state == "planned"


def test_a_late_event_counts_from_when_it_happened(journey):
    with clock.at(MONDAY + 3 * HOUR):
        do("journeys.record_event", RecordEvent(journey.client_id, "booked", at=MONDAY + HOUR))
    assert Stay.objects.get(stage="ongoing").entered_at == MONDAY + HOUR
    assert moment_of("hello").at == MONDAY + 2 * HOUR


def test_publishing_changes_nobodys_moments(journey):
    from tests.run.conftest import BOOK

    before = picture()
    publish(BOOK.replace("2 days after entry", "1 day after entry"), number=2, playbook=journey.playbook)
    with clock.at(MONDAY + MINUTE):
        tick(clock.now())
    after = picture()
    assert [row[3] for row in after[0]] == [row[3] for row in before[0]]
    assert Journey.objects.get().version.number == 1
