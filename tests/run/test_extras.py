"""A touchpoint started for many beside their plans: who gets it, who not and why, once, and taken back."""

import pytest

from fondly.ground import clock
from fondly.ground.action import Actor, NotAllowed, NotFound, Refused, perform
from fondly.people.clients.models import Address, Client, Consent, EmailAddress
from fondly.run.journeys.actions import (
    ExitJourney,
    LeftOut,
    PauseJourney,
    PreviewTouchpoint,
    StartJourneys,
    StartTouchpoint,
    TakeBackTouchpoint,
)
from fondly.run.journeys.models import Journey, Moment
from tests.run.conftest import BOOK, MONDAY, make_client, publish
from tests.run.doing import DAY, HOUR, MINUTE, do, turn, undo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def crowd():
    """Six clients on their first morning; the welcome mail has been written for each."""
    playbook, _version = publish()
    clients = [make_client(f"Client {n}", f"c{n}@example.org") for n in range(6)]
    with clock.at(MONDAY):
        do("journeys.start_many", StartJourneys([client.pk for client in clients], playbook.pk))
        yield playbook, clients


def given(crowd, touchpoint, **more):
    playbook, clients = crowd
    return StartTouchpoint([client.pk for client in clients], playbook.pk, touchpoint, **more)


def journey_of(client):
    return Journey.objects.get(client=client)


def live_through_it():
    """Write, wait out the hold, send the welcome of the plan, look at the plans again, send the rest."""
    for minutes in (0, 2, 3):
        turn(MONDAY + minutes * MINUTE)


def extras():
    return Moment.objects.filter(key__startswith="extra:").order_by("client")


def test_it_goes_to_all_who_may_and_says_who_not_and_why(crowd, mail):
    playbook, (fine, exited, paused, refused, unreachable, _other) = crowd
    do("journeys.exit", ExitJourney(journey_of(exited).pk, "declined"))
    do("journeys.pause", PauseJourney(journey_of(paused).pk))
    Consent.objects.create(client=refused, channel="email", purpose="service", state="withdrawn", at=MONDAY)
    EmailAddress.objects.filter(contact__client=unreachable).delete()
    nobody = make_client("Nobody", "")
    ids = [client.pk for client in (fine, exited, paused, refused, unreachable, nobody)]
    why = [
        LeftOut("their journey has ended", 1), LeftOut("their journey is paused", 1),
        LeftOut("no consent to email for service", 1), LeftOut("no e-mail address to write to", 1),
        LeftOut("not on a journey of this playbook", 1),
    ]  # fmt: skip
    seen = do("journeys.preview_touchpoint", PreviewTouchpoint(ids, playbook.pk, "welcome")).result
    assert (seen.taking, extras().count()) == (0, 0)  # fine has it coming
    Moment.objects.update(state="cancelled")
    seen = do("journeys.preview_touchpoint", PreviewTouchpoint(ids, playbook.pk, "welcome")).result
    assert seen.taking == 1 and sorted(seen.left_out, key=str) == sorted(why, key=str)
    done = do("journeys.start_touchpoint", StartTouchpoint(ids, playbook.pk, "welcome")).result
    assert (done.started, done.left_out) == (1, seen.left_out)
    assert extras().get().client == fine


def test_a_mail_is_sent_once_and_is_not_given_again(crowd, mail):
    done = do("journeys.start_touchpoint", given(crowd, "hello", key="k"))
    assert done.summary == "Started “hello” for 6 clients"
    live_through_it()
    hellos = extras().filter(state="done", touchpoint="hello", stage="ongoing")
    assert hellos.count() == 6 and len(mail.received) == 12  # the welcome of the plan, and this
    with clock.at(MONDAY + HOUR):
        for again, reason in ((False, "has had it already"), (True, "this start has reached them already")):
            more = do("journeys.start_touchpoint", given(crowd, "hello", key="k" if again else "", again=again))
            assert (more.result.started, more.result.left_out[0].clients) == (0, 6)
            if not again:
                assert more.result.left_out[0].reason == reason
        assert do("journeys.start_touchpoint", given(crowd, "hello", again=True)).result.started == 6
    assert Journey.objects.filter(stage="new").count() == 6


def test_no_plan_takes_it_away_and_a_person_does_it_today(crowd):
    _playbook, clients = crowd
    for client in clients[:4]:
        Address.objects.create(client=client, street="1 Elm St", city="Salem")
    started = do("journeys.start_touchpoint", given(crowd, "card", why="spring")).result
    assert (started.started, started.left_out) == (4, [LeftOut("no postal address is known", 2)])
    Journey.objects.update(plan_at=MONDAY)
    turn(MONDAY)
    card = extras().first()
    assert set(extras().values_list("state", "asks")) == {("due", "by_hand")}
    assert (card.why, card.override_why, card.wanted_at) == ("started by Dana", "spring", MONDAY)


def test_at_night_it_waits_for_the_end_of_quiet_hours(crowd):
    with clock.at(MONDAY + 12 * HOUR):  # 21:00 where they are
        do("journeys.start_touchpoint", given(crowd, "hello"))
    assert {str(at) for at in extras().values_list("at", flat=True)} == {"2026-01-06 14:00:00+00:00"}


def test_what_has_not_happened_is_taken_back(crowd, mail):
    done = do("journeys.start_touchpoint", given(crowd, "hello"))
    turn(MONDAY)
    undone = undo(done)
    assert undone.summary == "Undone: Started “hello” for 6 clients"
    turn(MONDAY + 2 * MINUTE)
    assert len(mail.received) == 6  # only the welcome of the plan
    assert set(extras().values_list("state", "reason")) == {("cancelled", "taken back by Dana")}
    assert do("journeys.start_touchpoint", given(crowd, "hello", key="again")).result.started == 6


def test_what_has_happened_stays(crowd, mail):
    done = do("journeys.start_touchpoint", given(crowd, "hello"))
    live_through_it()
    with clock.at(MONDAY + 2 * MINUTE), pytest.raises(Refused, match="already"):
        undo(done)
    planned = Moment.objects.exclude(key__startswith="extra:").filter(state="planned").values_list("pk", flat=True)
    with pytest.raises(Refused):  # what a plan holds is not a thing to take back
        do("journeys.take_back_touchpoint", TakeBackTouchpoint(list(planned)))


def test_only_for_its_persona_and_where_their_version_has_it(crowd):
    playbook, clients = crowd
    Client.objects.filter(pk__in=[clients[0].pk, clients[5].pk]).update(persona="couples")
    text = BOOK.replace(
        "      card:", "      tour: {kind: wow, channel: visit, when: on entry, personas: [couples]}\n      card:"
    )
    _playbook, live = publish(
        text.replace("team:", "personas: {couples: {who: Two}}\nteam:"), number=2, playbook=playbook
    )
    Journey.objects.filter(client__in=clients[:3]).update(version=live)
    started = do("journeys.start_touchpoint", given(crowd, "tour")).result
    assert (started.started, extras().get().client) == (1, clients[0])
    assert started.left_out == [
        LeftOut("their version of the playbook does not have it", 3), LeftOut("it is for another persona", 2)
    ]  # fmt: skip


def test_what_went_before_it_was_taken_back_is_told(crowd, mail):
    done = do("journeys.start_touchpoint", given(crowd, "hello"))
    live_through_it()
    Moment.objects.filter(pk__in=done.result.moment_ids[2:]).update(state="planned")
    with clock.at(MONDAY + HOUR):
        assert undo(done).summary.endswith("for 6 clients. With 2 clients it had happened already.")


def test_what_cannot_be_started_is_refused(crowd):
    with pytest.raises(NotFound, match="no touchpoint 'nothing'"):
        do("journeys.start_touchpoint", given(crowd, "nothing"))
    with pytest.raises(Refused, match="between 1 and"):
        do("journeys.start_touchpoint", StartTouchpoint([], crowd[0].pk, "card"))
    with pytest.raises(NotAllowed):
        perform("journeys.start_touchpoint", Actor("Max", None, frozenset({"read"})), given(crowd, "card"))


def test_a_later_day_keeps_what_was_started(crowd):
    do("journeys.start_touchpoint", given(crowd, "hello"))
    Journey.objects.update(state="paused", paused_until=MONDAY + 3 * DAY)
    turn(MONDAY + HOUR)
    assert set(extras().values_list("state", flat=True)) == {"planned"}
