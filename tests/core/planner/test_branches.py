"""Event or timeout, in any order of telling: one branch, and always the one that came first."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random

import pytest

from fondly.core.planner.decide import decide
from fondly.core.planner.model import Fact, History, Person
from tests.core.planner.lives import playbook

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
TIMEOUT = BEGIN + timedelta(days=14)
BOOK = playbook(
    """
  offer:
    phase: before
    length: 14 days
    next: quiet
    touchpoints:
      nudge: {kind: work, channel: email, template: t, when: 10 days after entry, if: not agreed}
  quiet:
    phase: before
    never_ends: true
    touchpoints:
      pity: {kind: work, channel: email, template: t, when: on entry}
  new:
    phase: new
    starts: agreed
    ends: settled
    touchpoints:
      thanks: {kind: work, channel: email, template: t, when: on entry}
  ongoing:
    phase: ongoing
    never_ends: true
""",
    zone="UTC",
    more="events: [agreed, settled]\ntemplates:\n  t: {subject: Hi, body: Hello}",
)


def plan(facts, now):
    return decide(BOOK, History(tuple(facts), Person("UTC")), now)


def live(random, agreed_at, known_at):
    """What is done on the way when the plan is looked at in between, and what the last look says."""
    facts = [Fact(BEGIN, "entered", "offer", id=0)]
    looks = {TIMEOUT, TIMEOUT - timedelta(seconds=1), known_at, BEGIN + timedelta(days=30)}
    looks |= {BEGIN + timedelta(minutes=random.randrange(30 * 1440)) for _ in range(2)}
    for now in sorted(looks):
        if now >= known_at and len(facts) == 1 + sum(fact.kind == "done" for fact in facts):
            facts.append(Fact(agreed_at, "event", "agreed", id=1))
        found = plan(facts, now)
        due = [moment for moment in found.moments if not moment.settled and moment.at <= now]
        facts += [Fact(now, "done", moment.touchpoint, moment.key, id=moment.key) for moment in due]
    return facts, plan(facts, max(looks))


@pytest.mark.parametrize("schedules", [600, pytest.param(10_000, marks=pytest.mark.slow)])
def test_an_event_and_its_timeout_race_and_one_branch_is_taken(schedules):
    """The event is told when it happens, at any time around the timeout, to the second."""
    random = Random(20260105)
    for _ in range(schedules):
        near = random.choice((1, 60, 86_400, 10 * 86_400))
        agreed_at = TIMEOUT + timedelta(seconds=random.randint(-near, near))
        facts, found = live(random, agreed_at, agreed_at)
        done = [fact.name for fact in facts if fact.kind == "done"]
        stages = [stay.stage for stay in found.stays]
        first = ["offer", "new"] if agreed_at < TIMEOUT else ["offer", "quiet", "new"]
        assert stages == first, (agreed_at, stages)
        assert done.count("pity") == (agreed_at > TIMEOUT), (agreed_at, done)  # at the same instant the event wins
        assert done.count("thanks") == 1 and done.count("nudge") <= 1
        assert all(one.left_at == other.entered_at for one, other in zip(found.stays, found.stays[1:], strict=False))


@pytest.mark.parametrize(
    ("agreed_after", "known_after", "stages", "done"),
    [
        # told late, yet it happened while the offer was open: it counts from when it happened
        (5, 12, ["offer", "new"], ["nudge", "thanks"]),
        # told after the timeout was acted on: the stays are as it really was, what was sent stays sent
        (5, 20, ["offer", "new"], ["nudge", "pity", "thanks"]),
        # it happened after the timeout: the quiet branch was right
        (16, 20, ["offer", "quiet", "new"], ["nudge", "pity", "thanks"]),
    ],
)
def test_a_late_event_counts_from_when_it_happened(agreed_after, known_after, stages, done):
    agreed_at, known_at = BEGIN + timedelta(days=agreed_after), BEGIN + timedelta(days=known_after)
    facts = [Fact(BEGIN, "entered", "offer", id=0)]
    for day in range(0, 31):
        now = BEGIN + timedelta(days=day)
        if now == known_at:
            facts.append(Fact(agreed_at, "event", "agreed", id=1))
        due = [moment for moment in plan(facts, now).moments if not moment.settled and moment.at <= now]
        facts += [Fact(now, "done", moment.touchpoint, moment.key, id=moment.key) for moment in due]
    assert [stay.stage for stay in plan(facts, now).stays] == stages
    assert [fact.name for fact in facts if fact.kind == "done"] == done


def test_a_late_event_after_the_exit_changes_nothing():
    left = [Fact(BEGIN, "entered", "offer", id=0), Fact(BEGIN + timedelta(days=3), "exited", "declined", id=2)]
    now = BEGIN + timedelta(days=9)
    late = Fact(BEGIN + timedelta(days=4), "event", "agreed", id=1)
    assert plan([*left, late], now) == plan(left, now)
    assert plan(left, now).stop.reason == "declined"


def test_facts_told_in_any_order_make_the_same_plan():
    facts = [
        Fact(BEGIN, "entered", "offer", id=0),
        Fact(BEGIN + timedelta(days=2), "event", "agreed", id=1),
        Fact(BEGIN + timedelta(days=3), "done", "thanks", "1:new/thanks/1", id=2),
        Fact(BEGIN + timedelta(days=4), "event", "settled", id=3),
        Fact(BEGIN + timedelta(days=5), "contact", "", id=4),
    ]
    now = BEGIN + timedelta(days=6)
    plans = {plan(told, now) for told in permutations(facts)}
    assert len(plans) == 1
    assert [stay.stage for stay in plans.pop().stays] == ["offer", "new", "ongoing"]


def test_the_goal_jumps_to_its_stage_and_the_stay_says_why():
    agreed = Fact(BEGIN + timedelta(days=2), "event", "agreed", id=1)
    found = plan([Fact(BEGIN, "entered", "offer", id=0), agreed], BEGIN + timedelta(days=2))
    assert [stay.stage for stay in found.stays] == ["offer", "new"]
    assert (found.stays[0].why_left, found.stays[1].why) == ("agreed happened",) * 2
