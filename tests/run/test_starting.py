"""Starting journeys: one a matter whoever asks at once, with all its moments, again only as the playbook allows."""

from datetime import timedelta

import pytest
from django.db import close_old_connections, connection, transaction

from fondly.ground import clock
from fondly.ground.action import Conflict, Refused
from fondly.people.clients.models import Interaction
from fondly.run.journeys import moment_rows, starting
from fondly.run.journeys.actions import ExitJourney, PauseJourney, RecordEvent, StartJourney, StartJourneys
from fondly.run.journeys.models import Journey, Moment, Stay
from tests.run.conftest import BOOK, MONDAY, make_client, publish
from tests.run.doing import DAY, HOUR, MINUTE, do
from tests.run.racing import race
from tests.run.test_processes import House

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("threads", "keys"), [(6, 12), pytest.param(50, 200, marks=pytest.mark.slow)])
def test_many_at_once_leave_one_journey_a_key(threads, keys, tmp_path):
    if connection.vendor == "sqlite":  # a database in memory cannot be shared by threads as a file is
        house = House(tmp_path, 1)
        refused, journeys, moments = map(int, house.run("race", threads, keys).split())
    else:
        playbook, _ = publish()
        clients = [make_client(f"Client {n}", f"c{n}@example.org").pk for n in range(keys)]
        refused = race(threads, clients, playbook.pk)
        close_old_connections()
        journeys, moments = Journey.objects.count(), Moment.objects.filter(touchpoint="welcome").count()
    assert (journeys, moments, refused) == (keys, keys, keys * (threads - 1))


END = timedelta(hours=2)


@pytest.mark.parametrize(
    ("policy", "ended", "matter", "after", "allowed"),
    [
        ("never", False, "", DAY, False),
        ("never", True, "", 4000 * DAY, False),
        ("never", True, "other", 4000 * DAY, False),
        ("after exit", False, "other", DAY, False),
        ("after exit", True, "", HOUR, True),
        ("after exit", True, "other", HOUR, True),
        ("after 90 days", False, "other", 400 * DAY, False),
        # ninety days of the calendar: an hour less by the clock, because summer time began
        ("after 90 days", True, "", 90 * DAY - HOUR - MINUTE, False),
        ("after 90 days", True, "", 90 * DAY - HOUR, True),
        ("per matter", False, "", DAY, False),
        ("per matter", False, "other", DAY, True),
        ("per matter", True, "", HOUR, True),
    ],
)
def test_who_may_live_a_playbook_again(policy, ended, matter, after, allowed):
    """The time counts from the end of the journey before, or from its start while it goes on."""
    playbook, _ = publish(BOOK.replace("fondly: 1", f"fondly: 1\nreentry: {policy}"))
    client = make_client()
    with clock.at(MONDAY):
        first = do("journeys.start", StartJourney(client.pk, playbook.pk)).result
    if ended:
        with clock.at(MONDAY + END):
            do("journeys.exit", ExitJourney(first.journey_id, "cancelled"))
    with clock.at(MONDAY + (END if ended else timedelta()) + after):
        given = StartJourney(client.pk, playbook.pk, matter=matter)
        if not allowed:
            with pytest.raises(Refused, match="Priya Shah"):
                do("journeys.start", given)
        else:
            do("journeys.start", given)
    assert Journey.objects.count() == 1 + allowed


def test_a_paused_journey_is_lived_still():
    playbook, _ = publish()
    client = make_client()
    with clock.at(MONDAY):
        first = do("journeys.start", StartJourney(client.pk, playbook.pk)).result
        do("journeys.pause", PauseJourney(first.journey_id))
        with pytest.raises(Conflict, match="living this playbook already"):
            do("journeys.start", StartJourney(client.pk, playbook.pk))


class Crash(BaseException):
    """As hard as a process that ends: nothing catches it."""


def crash_at(number):
    """An execute wrapper that ends the process, as it were, before the n-th statement."""
    seen = [0]

    def wrapper(execute, sql, params, many, context):
        seen[0] += 1
        if seen[0] == number:
            raise Crash
        return execute(sql, params, many, context)

    return wrapper


def stored():
    return Journey.objects.count(), Moment.objects.count(), Stay.objects.count(), Interaction.objects.count()


def test_a_start_that_is_cut_off_anywhere_leaves_nothing_and_can_be_made_again():
    playbook, _ = publish()
    client = make_client()
    with clock.at(MONDAY):
        for number in range(1, 200):
            try:
                with connection.execute_wrapper(crash_at(number)):
                    do("journeys.start", StartJourney(client.pk, playbook.pk))
            except Crash:
                assert stored() == (0, 0, 0, 0), number
            else:
                break
    assert number > 10
    assert stored() == (1, 3, 1, 1)


def test_a_bulk_start_cut_off_in_the_middle_is_finished_by_asking_again(monkeypatch):
    playbook, _ = publish()
    monkeypatch.setattr(starting, "BATCH", 4)
    ids = [make_client(f"Client {n}", f"c{n}@example.org").pk for n in range(10)]
    given = StartJourneys(ids, playbook.pk, key="spring")
    course = starting.course(playbook.pk, "")
    with clock.at(MONDAY):
        with transaction.atomic():  # one slice was done, then the worker died
            starting.start_some(course, ids[:4], given.key, MONDAY)
        with pytest.raises(Crash), connection.execute_wrapper(crash_at(8)):
            do("journeys.start_many", given)
        assert Journey.objects.count() in (4, 8)
        done = do("journeys.start_many", given).result
        again = do("journeys.start_many", given).result
    assert done.started + done.left_out == 10
    assert (again.started, again.left_out) == (0, 10)
    assert sorted(Journey.objects.values_list("client", flat=True)) == ids
    assert Moment.objects.filter(touchpoint="welcome").count() == 10


def test_the_past_of_an_old_client_is_written_down_and_not_made_up_for(mail):
    from fondly.run.journeys.engine import tick

    playbook, _ = publish(BOOK.replace("ends: booked", "never_ends: true"))
    old = make_client()
    with clock.at(MONDAY):
        do("journeys.start", StartJourney(old.pk, playbook.pk, started_at=MONDAY - 30 * HOUR))
    states = dict(Moment.objects.values_list("touchpoint", "state"))
    assert states == {"welcome": "skipped", "look": "skipped", "call": "planned"}
    reasons = set(Moment.objects.filter(state="skipped").values_list("reason", flat=True))
    assert reasons == {moment_rows.BEFORE_US}
    for days in range(4):
        with clock.at(MONDAY + days * DAY):
            tick(clock.now())
    assert mail.received == []
    assert Moment.objects.get(touchpoint="call").state == "due"


def test_a_journey_told_of_late_is_over_with_its_last_stage():
    """What was due before it was run here is not waited for."""
    last = BOOK[: BOOK.index("  alumni:")] + BOOK[BOOK.index("templates:") :]
    playbook, _ = publish(last)
    old = make_client()
    with clock.at(MONDAY):
        do("journeys.start", StartJourney(old.pk, playbook.pk, "ongoing", started_at=MONDAY - 4 * DAY))
        do("journeys.record_event", RecordEvent(old.pk, "done_all"))
    journey = Journey.objects.get()
    assert (journey.state, journey.ended_at) == ("completed", MONDAY)
    assert dict(Moment.objects.values_list("touchpoint", "state")) == {"hello": "skipped", "card": "cancelled"}
