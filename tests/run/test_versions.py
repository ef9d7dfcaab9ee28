"""Moving people to another version: what was shown is what is done, and undo restores it."""

from datetime import timedelta

import pytest

from fondly.ground import clock
from fondly.run.journeys import effect
from fondly.run.journeys.actions import ExitJourney, MoveToVersion, RescheduleMoment, StartJourney
from fondly.run.journeys.engine import tick
from fondly.run.journeys.models import Journey, Moment
from tests.run.conftest import BOOK, MONDAY, make_client, publish
from tests.run.doing import DAY, HOUR, do, undo

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "\n".join(
    line.replace("look: {", "extra: {").replace("mode: approve, when: 1 day", "mode: auto, when: 1 hour")
    .replace("channel: phone, when: 2 days", "channel: phone, when: 6 days")
    for line in BOOK.splitlines()
    if not line.strip().startswith("news: {kind")
)  # fmt: skip


@pytest.fixture
def living():
    playbook, old = publish()
    people = [make_client(f"Client {n}", f"c{n}@example.org") for n in range(4)]
    for place, client in enumerate(people):
        with clock.at(MONDAY + place * HOUR):
            do("journeys.start", StartJourney(client.pk, playbook.pk))
    with clock.at(MONDAY + 5 * HOUR):
        tick(clock.now())
        call = Moment.objects.filter(touchpoint="call").first()
        do("journeys.reschedule", RescheduleMoment(call.pk, call.revision, MONDAY + 20 * DAY, "asked"))
    _, new = publish(NEW, number=2, playbook=playbook)
    return playbook, old, new


def open_moments():
    rows = Moment.objects.exclude(state="cancelled").order_by("journey", "key")
    return list(rows.values_list("journey", "key", "state", "at", "override"))


@pytest.mark.parametrize("late", ["send", "spread", "skip"])
def test_preview_equals_applied_and_undo_restores(living, late):
    playbook, old, new = living
    before = open_moments()
    with clock.at(MONDAY + 6 * HOUR):
        shown = effect.preview(playbook.pk, new.pk, clock.now())
        assert effect.preview(playbook.pk, NEW, clock.now()) == shown
        assert open_moments() == before
        moved = do("journeys.move_to_version", MoveToVersion(playbook.pk, new.pk, late=late))
        result = moved.result
        for name in ("journeys", "kept", "moved", "added", "dropped", "would_send_now", "stranded"):
            assert getattr(result, name) == getattr(shown, name), name
        assert (shown.journeys, shown.added, shown.would_send_now, shown.dropped) == (4, 4, 4, 4)
        extra = Moment.objects.filter(touchpoint="extra")
        assert set(extra.values_list("state", flat=True)) == ({"skipped"} if late == "skip" else {"planned"})
        if late == "spread":
            assert len(set(extra.values_list("at", flat=True))) == 4
        assert Moment.objects.get(override_why="asked").at == MONDAY + 20 * DAY
        undo(moved)
    assert open_moments() == before
    assert set(Journey.objects.values_list("version", flat=True)) == {old.pk}


def test_done_moments_are_not_done_again(living, mail):
    playbook, _, new = living
    with clock.at(MONDAY + 7 * HOUR):
        tick(clock.now())
    assert len(mail.received) == 4
    with clock.at(MONDAY + 8 * HOUR):
        do("journeys.move_to_version", MoveToVersion(playbook.pk, new.pk, late="skip"))
    for hours in (9, 10, 30):
        with clock.at(MONDAY + timedelta(hours=hours)):
            tick(clock.now())
    assert len(mail.received) == 4


def test_a_stage_the_version_lacks_leaves_its_people_where_they_are(living):
    playbook, old, _ = living
    text = NEW.replace("  new:\n    phase: new", "  fresh:\n    phase: new")
    _, third = publish(text, number=3, playbook=playbook)
    with clock.at(MONDAY + 9 * HOUR):
        result = do("journeys.move_to_version", MoveToVersion(playbook.pk, third.pk)).result
    assert (result.journeys, result.stranded) == (0, 4)
    assert set(Journey.objects.values_list("version", flat=True)) == {old.pk}


def test_the_undo_of_a_move_leaves_a_journey_alone_that_ended_since(living):
    playbook, _old, new = living
    journey = Journey.objects.order_by("pk")[0]
    with clock.at(MONDAY + 6 * HOUR):
        moved = do("journeys.move_to_version", MoveToVersion(playbook.pk, new.pk))
        do("journeys.exit", ExitJourney(journey.pk))
        ended = list(journey.moments.order_by("pk").values_list("key", "state"))
        undo(moved)
    assert list(journey.moments.order_by("pk").values_list("key", "state")) == ended
    assert Journey.objects.filter(version=new).get() == journey
