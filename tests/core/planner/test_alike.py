"""Journeys that began alike get the plan each would have got alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from fondly.core.planner.alike import beginning, seed_counts
from fondly.core.planner.decide import decide
from fondly.core.planner.model import Fact, History, Override, Person
from fondly.core.playbook.reading import read
from fondly.core.playbook.starters import starter, trades

MONDAY = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
PERSON = Person("America/Chicago", fields={"birthday": date(1980, 2, 3)})


def begun(stage, at=MONDAY, number=1):
    return History((Fact(at, "entered", stage, id=number),), PERSON, jitter_seed=str(number))


@pytest.mark.parametrize("trade", [trade.name for trade in trades()])
def test_neither_number_nor_seed_changes_a_plan_that_may_be_shared(trade):
    book, shared = read(starter(trade)), 0
    for stage in book.stages:
        for hours in (0, 1, 30, 24 * 9):
            now = MONDAY + timedelta(hours=hours)
            plan = decide(book, begun(stage), now)
            if not seed_counts(plan):
                shared += 1
                assert decide(book, begun(stage, number=987), now) == plan
    assert shared


def test_a_seed_that_counts_is_seen():
    book = read(starter("therapist"))
    night = MONDAY + timedelta(hours=12)
    plans = {stage: [decide(book, begun(stage, night, number), night) for number in (1, 987)] for stage in book.stages}
    different = {stage for stage, (one, other) in plans.items() if one != other}
    assert different
    assert different <= {stage for stage, (one, _other) in plans.items() if seed_counts(one)}


@pytest.mark.parametrize(
    "other",
    [
        replace(begun("new"), facts=(Fact(MONDAY + timedelta(seconds=1), "entered", "new", id=1),)),
        begun("old"),
        replace(begun("new"), person=replace(PERSON, zone="Asia/Tokyo")),
        replace(begun("new"), person=replace(PERSON, persona="shy")),
        replace(begun("new"), person=replace(PERSON, fields={"birthday": "1980-02-03"})),
        replace(begun("new"), person=replace(PERSON, refused=frozenset({("email", "")}))),
        replace(begun("new"), paused_until=MONDAY),
        replace(begun("new"), subject="7"),
    ],
)
def test_what_a_plan_may_depend_on_tells_beginnings_apart(other):
    assert beginning(begun("new", number=987)) == beginning(begun("new"))
    assert beginning(other) not in (None, beginning(begun("new")))


def test_who_lived_more_than_the_start_has_a_plan_of_their_own():
    lived = replace(begun("new"), facts=(*begun("new").facts, Fact(MONDAY, "event", "booked", id=2)))
    decided = replace(begun("new"), overrides={"0:new/welcome/1": Override("skip")})
    assert beginning(lived) is beginning(decided) is beginning(History(())) is None
