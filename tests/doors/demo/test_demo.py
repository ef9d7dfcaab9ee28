"""The demo: the same each time, lived, marked, and gone in one act."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from fondly.core.playbook.reading import read
from fondly.core.playbook.starters import TITLES
from fondly.design.playbooks.publishing import starter_text
from fondly.doors import invariants
from fondly.doors.demo import build
from fondly.doors.demo.cast import cast_of
from fondly.doors.demo.pace import course, days_until
from fondly.doors.demo.people import names
from fondly.ground import clock
from fondly.ground.action import Refused
from fondly.people.clients.models import Interaction
from fondly.people.team.models import User
from fondly.run.journeys.models import Journey
from fondly.run.journeys.today import today
from tests.doors.conftest import NOW
from tests.quick import empty

pytestmark = pytest.mark.django_db


def lived() -> list[tuple[object, ...]]:
    facts = Interaction.objects.order_by("at", "client__name", "kind", "name", "text")
    return list(facts.values_list("at", "client__name", "kind", "name", "stage", "text", "feeling"))


def test_the_same_seed_gives_the_same_people_and_the_same_past():
    found = []
    for seed in (3, 3, 4):
        build("online_shop", seed, NOW, clients=4, days=24)
        found.append(lived())
        empty(connection)  # what comes next has other ids, which tell nothing
    assert found[0] == found[1] != found[2]
    assert len(found[0]) > 10


@pytest.mark.parametrize("trade", ["agency", "lawn_service", "software"])
def test_the_visitor_finds_a_sensible_day_with_a_promise(trade):
    with clock.at(NOW):
        build(trade, 7, NOW, clients=6, days=120)
        day = today(User.objects.order_by("pk")[0], NOW, NOW + timedelta(hours=10))
    rows = [*day.first, *day.due]
    assert 3 <= len(rows) <= 9 and all(row.why for row in rows)
    assert [row for row in rows if row.word == "promise" and "late" not in row.what]
    assert day.good and any("felt" in row.what for row in rows)
    stages = set(Journey.objects.values_list("stage", flat=True))
    assert {part.stage for part in cast_of(trade).people} <= stages
    assert list(invariants.broken(NOW)) == []


def test_nothing_is_written_down_later_than_the_demo_stands():
    past = datetime(2024, 5, 14, 14, 0, tzinfo=UTC)
    build("artist", 7, past, clients=1, days=20)
    assert not Interaction.objects.filter(recorded_at__gt=past).exists()


def test_the_way_out_of_a_ring_of_stages_goes_round_it_once():
    book = read(starter_text("lawn_service", ""))
    arrives = NOW - timedelta(days=days_until(book, "past_neighbors") + 40)
    steps = course(book, arrives, NOW, random.Random(1), stop="past_neighbors")
    moves = [step.event for step in steps if step.event in ("season_closed", "season_opened", "not_renewing")]
    assert moves == ["season_closed", "not_renewing"]


def test_an_unknown_trade_is_refused():
    with pytest.raises(Refused, match="no starter"):
        build("wizard", 1, NOW)
    assert not User.objects.exists()


def test_the_cast_fits_its_playbook():
    for trade in TITLES:
        book, cast = read(starter_text(trade, "")), cast_of(trade)
        known = {part.name for part in cast.people}
        assert len(known) == len(cast.people) >= 6
        assert all(part.stage in book.stages and set(part.fields) <= set(book.fields) for part in cast.people)
        assert all(not part.persona or part.persona in book.personas for part in cast.people)
        assert {line.name for line in cast.lines} <= known
        assert cast.promised is not None and cast.promised[0] in known
    assert len(set(names())) == len(names()) >= 60
