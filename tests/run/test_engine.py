"""One turn of the engine: who gets what, and what one bad journey or performer does to the others."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fondly.ground import clock
from fondly.people.clients.models import Client
from fondly.people.team.models import Role, User
from fondly.run.journeys import performers, planning, reconcile
from fondly.run.journeys.actions import ExitJourney, PauseJourney, RecordEvent, StartJourney
from fondly.run.journeys.engine import tick
from fondly.run.journeys.models import Journey, Moment
from tests.run.conftest import BOOK, MONDAY, make_client, publish
from tests.run.doing import DAY, HOUR, MINUTE, begin, do, turn

pytestmark = pytest.mark.django_db(transaction=True)


def people(*names):
    role = Role.objects.create(name="owner")
    made = [User.objects.create(email=f"{n}@x.example", name=n, joined_at=MONDAY) for n in names]
    for user in made:
        user.roles.add(role)
    return made


def start(client, playbook, at=MONDAY):
    with clock.at(at):
        return do("journeys.start", StartJourney(client.pk, playbook.pk)).result.journey_id


def test_by_hand_moments_fall_to_the_clients_owner_else_always_to_the_same_one():
    dana, lee = people("Dana", "Lee")
    playbook, _ = publish()
    owned, other = make_client("Priya", "p@x.org", owner=lee), make_client("Tom", "t@x.org")
    for client in (owned, other):
        start(client, playbook)
    with clock.at(MONDAY + 2 * DAY):
        tick(clock.now())
    assert Moment.objects.get(client=owned, touchpoint="call").assignee == lee
    first = Moment.objects.get(client=other, touchpoint="call").assignee
    assert first in (dana, lee)


def test_one_journey_that_cannot_be_planned_does_not_stop_the_others(monkeypatch):
    playbook, _ = publish()
    journeys = [start(make_client(f"C{n}", f"c{n}@x.org"), playbook) for n in range(3)]
    Journey.objects.update(plan_at=MONDAY)
    Moment.objects.all().delete()
    Client.objects.filter(name="C1").update(persona="rare")  # those that began alike would share one plan
    real, bad = reconcile.plan_of, str(journeys[1])

    def plan_of(book, history, now):
        if history.jitter_seed == bad:
            raise RuntimeError("cannot")
        return real(book, history, now)

    monkeypatch.setattr(reconcile, "plan_of", plan_of)
    with clock.at(MONDAY + HOUR):
        assert planning.plan_due(clock.now()) == 3
    assert set(Moment.objects.values_list("journey", flat=True)) == {journeys[0], journeys[2]}
    assert Journey.objects.get(pk=journeys[1]).plan_at == MONDAY + 2 * HOUR


class Picky:
    """Performs all but one client's moments."""

    def __init__(self, bad):
        self.bad, self.done = bad, []

    def perform(self, jobs, now):
        if any(job.client.pk == self.bad for job in jobs):
            raise ValueError("this one breaks")
        self.done += [job.client.pk for job in jobs]
        return [performers.Result(job.moment.pk, "done") for job in jobs]

    def withdraw(self, moment_ids, reason, now):
        return set(moment_ids)

    def ask(self, moment_ids, reason, now):
        return set()


def test_one_moment_that_breaks_its_performer_is_given_to_a_person():
    playbook, _ = publish(
        BOOK.replace(
            "call: {kind: relationship, channel: phone", "call: {kind: relationship, mode: auto, channel: phone"
        )
    )
    clients = [make_client(f"C{n}", f"c{n}@x.org") for n in range(3)]
    for client in clients:
        start(client, playbook)
    picky = Picky(clients[1].pk)
    performers.register("phone", picky)
    try:
        with clock.at(MONDAY + 2 * DAY):
            tick(clock.now())
    finally:
        performers._performers.pop("phone")
    assert sorted(picky.done) == [clients[0].pk, clients[2].pk]
    bad = Moment.objects.get(client=clients[1], touchpoint="call")
    assert (bad.state, bad.asks) == ("due", "failed")
    assert "this one breaks" in bad.reason


def test_a_turn_with_nothing_to_do_only_reads(mail):
    journey = begin()
    with clock.at(MONDAY + HOUR):
        do("journeys.pause", PauseJourney(journey.pk, MONDAY + 9 * DAY))
    assert turn(MONDAY + HOUR).quiet
    with CaptureQueriesContext(connection) as asked:
        turn(MONDAY + HOUR)
    statements = [query["sql"].split()[0] for query in asked]
    assert statements and set(statements) == {"SELECT"}
    assert not turn(MONDAY + 9 * DAY).quiet  # the pause is over


def test_a_channel_without_a_performer_falls_to_a_person():
    playbook, _ = publish(
        BOOK.replace(
            "call: {kind: relationship, channel: phone", "call: {kind: relationship, mode: auto, channel: phone"
        )
    )
    start(make_client(), playbook)
    with clock.at(MONDAY + 2 * DAY):
        tick(clock.now())
    assert Moment.objects.get(touchpoint="call").asks == "by_hand"


def test_a_completed_journey_ends_itself(mail):
    playbook, _ = publish(BOOK.replace("    never_ends: true", "    ends: wrote"))
    journey_id = start(make_client(), playbook)
    client_id = Client.objects.get().pk
    for hours, event in enumerate(("booked", "done_all", "wrote"), 1):
        with clock.at(MONDAY + hours * HOUR):
            tick(clock.now())
            do("journeys.record_event", RecordEvent(client_id, event))
        with clock.at(MONDAY + hours * HOUR + 5 * MINUTE):
            tick(clock.now())
    with clock.at(MONDAY + 30 * DAY):
        tick(clock.now())
    journey = Journey.objects.get(pk=journey_id)
    assert journey.state == "completed"
    assert journey.plan_at is None


@pytest.mark.parametrize(
    ("policy", "matter", "days", "allowed"),
    [
        ("never", "", 400, False),
        ("after exit", "", 1, True),
        ("after 90 days", "", 30, False),
        ("after 90 days", "", 91, True),
        ("per matter", "", 1, True),
        ("per matter", "other", 0, True),
    ],
)
def test_reentry(policy, matter, days, allowed):
    from fondly.ground.action import Refused

    playbook, _ = publish(BOOK.replace("fondly: 1", f"fondly: 1\nreentry: {policy}"))
    client = make_client()
    journey_id = start(client, playbook)
    with clock.at(MONDAY + HOUR):
        do("journeys.exit", ExitJourney(journey_id, "cancelled"))
    with clock.at(MONDAY + HOUR + days * DAY):
        given = StartJourney(client.pk, playbook.pk, matter=matter)
        if allowed:
            do("journeys.start", given)
        else:
            with pytest.raises(Refused):
                do("journeys.start", given)
    assert Journey.objects.count() == (2 if allowed else 1)


def test_planning_many_takes_a_constant_number_of_queries(django_assert_max_num_queries):
    playbook, _ = publish()
    for n in range(30):
        start(make_client(f"C{n}", f"c{n}@x.org"), playbook)
    Journey.objects.update(plan_at=MONDAY)
    with clock.at(MONDAY + HOUR), django_assert_max_num_queries(15):
        assert planning.plan_due(clock.now()) == 30


def test_merge_leaves_one_journey_and_unmerge_restores_both(mail):
    from fondly.people.clients.actions import MergeClients, UnmergeClients

    playbook, _ = publish()
    one, two = make_client("Ana Ruiz", "ana@x.org"), make_client("Ana Ruiz", "ana@y.org")
    first, second = start(one, playbook), start(two, playbook, MONDAY + HOUR)
    with clock.at(MONDAY + HOUR):
        tick(clock.now())
    with clock.at(MONDAY + HOUR + HOUR):
        before = list(Moment.objects.order_by("pk").values_list("client", "state"))
        merged = do("clients.merge", MergeClients(one.pk, two.pk)).result
        assert Journey.objects.get(pk=first).state == "active"
        ended = Journey.objects.get(pk=second)
        assert (ended.state, ended.exit_reason, ended.client_id) == ("exited", "merged", one.pk)
        do("clients.unmerge", UnmergeClients(merged.merge_id))
        assert Journey.objects.get(pk=second).state == "active"
        after = list(Moment.objects.order_by("pk").values_list("client", "state"))
    assert [client for client, _ in after] == [client for client, _ in before]
    assert Journey.objects.get(pk=second).client_id == two.pk


def test_erasing_a_client_leaves_no_word_of_theirs(mail):
    from fondly.people.clients.actions import EraseClient
    from fondly.run.outbox.models import Message

    playbook, _ = publish()
    client = make_client()
    start(client, playbook)
    with clock.at(MONDAY):
        tick(MONDAY)
    with clock.at(MONDAY + HOUR):
        do("clients.erase", EraseClient(client.pk))
        tick(clock.now())
    assert mail.received == []
    message = Message.objects.get()
    assert (message.to_address, message.text, message.state) == ("", "", "cancelled")
    assert Journey.objects.get().exit_reason == "erased"
