"""Merging two records in any state of their journeys: one goes on, nothing twice, and un-merge restores both."""

from random import Random

import pytest
from django.db import transaction

from fondly.doors import invariants
from fondly.ground import clock
from fondly.people.clients.actions import MergeClients, UnmergeClients
from fondly.people.clients.models import Interaction
from fondly.run.journeys.actions import (
    FinishMoment,
    PauseJourney,
    RecordEvent,
    RescheduleMoment,
    ResumeJourney,
    SkipMoment,
    StartJourney,
)
from fondly.run.journeys.engine import tick
from fondly.run.journeys.models import Journey, Moment, Stay
from fondly.run.outbox.models import Message
from tests.run.conftest import BOOK, MONDAY, make_client, publish
from tests.run.doing import DAY, HOUR, MINUTE, do

pytestmark = pytest.mark.django_db(transaction=True)
LIVING = ("active", "paused")
OPEN = ("planned", "due", "working")


def picture():
    """What un-merge must bring back; a cancelled moment is as good as none.

    What a paused journey waits for is left out: it is planned when it goes on (`would_wait` looks at that).
    """
    moments = Moment.objects.exclude(state="cancelled").exclude(journey__state="paused", state__in=OPEN).order_by("pk")
    journeys = Journey.objects.order_by("pk")
    facts = Interaction.objects.exclude(kind__in=["merged", "consent"]).order_by("pk")
    return (
        list(moments.values_list("client", "journey", "key", "state", "at", "override", "override_why")),
        list(journeys.values_list("client", "state", "stage", "exit_reason", "paused_until")),
        list(Stay.objects.order_by("journey", "ordinal").values_list("journey", "stage", "entered_at", "left_at")),
        list(facts.values_list("client", "journey_id", "kind", "name", "key")),
    )


def waiting():
    return set(Moment.objects.filter(state__in=OPEN).values_list("journey", "key", "override", "override_at"))


def live_a_little(random, clients, playbook_id, now):
    """Each starts one or two matters; then a dozen things happen to either, a minute apart."""
    with clock.at(now):
        for client in clients:
            for matter in random.sample(["", "boat"], random.randint(1, 2)):
                do("journeys.start", StartJourney(client.pk, playbook_id, matter=matter))
    for minute in range(1, random.randint(2, 12)):
        act = random.choice((finish, skip, reschedule, event, pause, live_on, live_on))
        with clock.at(now + minute * MINUTE):
            act(random, random.choice(clients))
    return now + 12 * MINUTE


def live_on(random, client):
    tick(clock.now())


def _one(random, client):
    rows = Moment.objects.filter(client=client, state__in=["planned", "due"], journey__state="active").order_by("pk")
    found = list(rows.exclude(asks="approve"))
    return random.choice(found) if found else None


def finish(random, client):
    moment = _one(random, client)
    if moment is not None:
        do("journeys.finish", FinishMoment(moment.pk, moment.revision, feeling=1))


def skip(random, client):
    moment = _one(random, client)
    if moment is not None:
        do("journeys.skip", SkipMoment(moment.pk, moment.revision, "no"))


def reschedule(random, client):
    moment = _one(random, client)
    if moment is not None:
        do("journeys.reschedule", RescheduleMoment(moment.pk, moment.revision, clock.now() + 9 * DAY, "later"))


def event(random, client):
    do("journeys.record_event", RecordEvent(client.pk, "booked"))


def pause(random, client):
    journey = Journey.objects.filter(client=client, state="active").order_by("pk").first()
    if journey is not None:
        do("journeys.pause", PauseJourney(journey.pk))


def would_wait():
    """What waits for each journey once nothing is paused any more; the pauses stay."""
    with transaction.atomic():
        resume_all()
        found = waiting()
        transaction.set_rollback(True)
    return found


def resume_all():
    for journey in Journey.objects.filter(state="paused"):
        do("journeys.resume", ResumeJourney(journey.pk))
    tick(clock.now())


def merged_well(survivor, starts):
    living = list(Journey.objects.filter(state__in=LIVING).values_list("client", "playbook", "matter"))
    assert len(living) == len(set(living))
    assert {client for client, _, _ in living} == {survivor.pk}
    assert Journey.objects.count() == starts  # no merge starts anything
    done = Moment.objects.filter(state="done").values_list("journey__matter", "key")
    open_ones = Moment.objects.filter(state__in=OPEN, journey__state__in=LIVING)
    assert not set(done) & set(open_ones.values_list("journey__matter", "key"))
    ended = Journey.objects.filter(exit_reason="merged")
    assert not Moment.objects.filter(journey__in=ended, state__in=OPEN).exists()


@pytest.mark.parametrize("seed", [*range(12), *(pytest.param(n, marks=pytest.mark.slow) for n in range(12, 1000))])
def test_merge_unites_and_unmerge_restores(mail, seed):
    random = Random(seed)
    playbook, _ = publish()
    one, two = make_client("Ana Ruiz", "ana@x.org"), make_client("Ana Ruiz", "ana@y.org")
    now = live_a_little(random, (one, two), playbook.pk, MONDAY + 3 * HOUR)
    with clock.at(now):
        tick(now)
    starts = Journey.objects.count()
    with clock.at(now + MINUTE / 4):
        before, waited = picture(), would_wait()
        merged = do("clients.merge", MergeClients(one.pk, two.pk)).result
        merged_well(one, starts)
        do("clients.unmerge", UnmergeClients(merged.merge_id))
        tick(clock.now())
        after = picture()
        assert would_wait() == waited
    for were, are in zip(before, after, strict=True):
        assert [row for row in are if row not in were] == [] == [row for row in were if row not in are]


def test_unmerge_gives_back_what_happened_since_in_the_other_records_journey(mail):
    playbook, _ = publish(BOOK.replace("mode: approve", "mode: auto"))
    one, two = make_client("Ana Ruiz", "ana@x.org"), make_client("Ana Ruiz", "ana@y.org")
    with clock.at(MONDAY):
        started = do("journeys.start", StartJourney(two.pk, playbook.pk)).result
        merged = do("clients.merge", MergeClients(one.pk, two.pk)).result
        tick(clock.now())
    with clock.at(MONDAY + HOUR):
        tick(clock.now())
    with clock.at(MONDAY + DAY):
        tick(clock.now())
        do("clients.unmerge", UnmergeClients(merged.merge_id))
    assert set(Message.objects.values_list("client", "state")) == {(two.pk, "sent"), (two.pk, "held")}
    assert set(Interaction.objects.filter(journey_id=started.journey_id).values_list("client", flat=True)) == {two.pk}
    assert not any(invariants.broken(MONDAY + DAY))
