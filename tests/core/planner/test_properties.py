"""What holds for any history, any clock and any zone."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondly.core.planner.calendars import inside
from fondly.core.planner.decide import decide
from fondly.core.planner.model import Fact, History, Person
from fondly.core.planner.zones import zone_of
from tests.core.planner.lives import one_stage, playbook

BOOK = playbook(
    """
  hello:
    phase: before
    touchpoints:
      first: {kind: work, channel: email, template: t, when: on entry}
      knock: {kind: relationship, channel: phone, when: 3 days after entry, if: not replied}
  new:
    phase: new
    starts: agreed
    ends: settled
    length: 14 days
    touchpoints:
      thanks: {kind: relationship, channel: phone, when: 2 hours after entry}
      sign: {kind: work, channel: email, template: t, when: on entry, step: signature}
      after: {kind: work, channel: email, template: t, when: 1 day after thanks.done at 21:30}
      bye: {kind: work, channel: email, template: t, when: 2 days after settled}
  ongoing:
    phase: ongoing
    length: 3 months
    touchpoints:
      weekly: {kind: work, channel: email, template: t, when: every friday at 23:00}
      touch: {kind: relationship, channel: phone, when: every 20 days after contact}
      birthday: {kind: wow, channel: letter, when: yearly on birthday}
      session: {kind: work, channel: session, when: every 9 days}
      remind: {kind: work, channel: email, template: t, when: 3 hours before session}
  alumni:
    phase: alumni
    never_ends: true
    touchpoints:
      news: {kind: relationship, channel: email, template: t, when: every month, consent: marketing}
""",
    calendar='calendar:\n  business: mon-fri 09:00-17:00\n  quiet: "20:00-08:00"\n  holidays: US',
    more="caps:\n  email: 3 per 7 days\nfields:\n  birthday: {type: date}\ntemplates:\n  t: {subject: Hi, body: Hello}",
)
QUIET = (time(20), time(8))
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = sorted(Random(7).sample(sorted(available_timezones()), 40))
EVENTS = st.sampled_from(
    [("event", "agreed"), ("event", "settled"), ("contact", ""), ("done", "thanks"), ("replied", "first"),
     ("entered", "hello"), ("entered", "ongoing"), ("entered", "alumni"), ("done", "session"), ("event", "noise")]
)  # fmt: skip
MINUTES = st.integers(0, 200 * 24 * 60)


@st.composite
def histories(draw):
    """A journey of up to eight facts within 200 days, some at the same instant."""
    moments = [BEGIN + timedelta(minutes=draw(MINUTES)) for _ in range(draw(st.integers(0, 8)))]
    facts = [Fact(BEGIN, "entered", "hello", id=0)]
    facts += [Fact(when, *draw(EVENTS), id=number) for number, when in enumerate(sorted(moments), 1)]
    fields = {"birthday": draw(st.dates(datetime(1940, 1, 1).date(), datetime(2026, 12, 31).date()))}
    return History(
        tuple(facts), Person(draw(st.sampled_from(ZONES)), fields=fields), jitter_seed=draw(st.text(max_size=3))
    )


NOWS = st.integers(0, 260 * 24 * 60).map(lambda minutes: BEGIN + timedelta(minutes=minutes))
FAST = settings(max_examples=60, deadline=None)


@FAST
@given(histories(), NOWS)
def test_nothing_automatic_leaves_in_quiet_hours_and_no_call_is_on_a_day_off(lived, now):
    found = decide(BOOK, lived, now)
    for moment in found.moments:
        local = datetime.fromisoformat(moment.local)
        if moment.mode == "auto":
            assert not inside(local.time(), QUIET), moment
        else:
            work = moment.at.astimezone(zone_of("America/New_York"))
            assert work.weekday() < 5 and time(9) <= work.time() < time(17), moment


@FAST
@given(histories(), NOWS)
def test_keys_are_unique_and_everything_says_why(lived, now):
    found = decide(BOOK, lived, now)
    keys = [decided.key for decided in (*found.moments, *found.skips, *found.alerts)]
    assert len(keys) == len(set(keys))
    assert all(moment.why for moment in found.moments) and all(skip.reason for skip in found.skips)
    assert all(wait.why for wait in found.waits) and all(stay.why for stay in found.stays)
    assert list(found.moments) == sorted(found.moments, key=lambda moment: (moment.at, moment.key))
    assert found.look_again_at is None or found.look_again_at > now


@FAST
@given(histories(), NOWS)
def test_deciding_again_decides_the_same(lived, now):
    assert decide(BOOK, lived, now) == decide(BOOK, lived, now)


@FAST
@given(histories(), NOWS, st.randoms(use_true_random=False))
def test_the_order_and_number_of_telling_does_not_matter(lived, now, random):
    facts = [*lived.facts, *lived.facts[::2]]
    random.shuffle(facts)
    again = History(tuple(facts), lived.person, jitter_seed=lived.jitter_seed)
    assert decide(BOOK, again, now) == decide(BOOK, lived, now)


@FAST
@given(histories(), NOWS, st.integers(1, 3 * 24 * 60))
def test_pending_moments_keep_their_key_and_wish_as_time_passes(lived, now, minutes):
    """Unless something happens in between, what is planned for later is planned the same later."""
    then = now + timedelta(minutes=minutes)
    quiet = [fact for fact in lived.facts if not now < fact.at <= then]
    lived = History(tuple(quiet), lived.person, jitter_seed=lived.jitter_seed)
    until = now + timedelta(days=60)
    before = decide(BOOK, lived, now, until=until)
    after = decide(BOOK, lived, then, until=until)
    if len(before.stays) != len(after.stays):
        return
    wishes = {moment.key: moment.wanted_at for moment in after.moments}
    crowded_out = {skip.key for skip in after.skips if "a cap" in skip.reason}  # by what is overdue by then
    for moment in before.moments:
        if moment.at > then and not moment.settled and moment.key not in crowded_out:
            assert wishes.get(moment.key) == moment.wanted_at


@FAST
@given(histories(), NOWS)
def test_a_done_moment_is_never_planned_again(lived, now):
    found = decide(BOOK, lived, now)
    due = [moment for moment in found.moments if moment.at <= now and not moment.settled]
    done = tuple(Fact(now, "done", m.touchpoint, m.key, id=f"done {m.key}") for m in due)
    again = decide(BOOK, History((*lived.facts, *done), lived.person, jitter_seed=lived.jitter_seed), now)
    pending = {moment.key for moment in again.moments if not moment.settled}
    assert not pending & {moment.key for moment in due}


def transitions(name, first=2024, last=2037):
    """The instants at which the zone's offset changes, to the hour."""
    zone, found = zone_of(name), []
    at = datetime(first, 1, 1, tzinfo=UTC)
    while at.year < last:
        if at.astimezone(zone).utcoffset() != (at + timedelta(hours=12)).astimezone(zone).utcoffset():
            found.append(at)
        at += timedelta(hours=12)
    return found


CLOCKS = ("00:00", "00:30", "01:30", "02:00", "02:30", "03:00", "23:59")


@pytest.mark.parametrize("name", ZONES)
def test_a_wall_clock_time_is_met_once_a_day_across_every_change_of_the_clocks(name):
    """Daily at a time around each transition: one moment for each civil day, never two, never none."""
    zone = zone_of(name)
    books = {clock: one_stage(f"every 1 day at {clock}", zone="UTC") for clock in CLOCKS}
    for change in transitions(name)[:6]:
        start = change - timedelta(days=2)
        lived = History((Fact(start, "entered", "only", id=1),), Person(name))
        for clock, book in books.items():
            found = decide(book, lived, start, until=start + timedelta(days=5))
            days = [datetime.fromisoformat(moment.local).date() for moment in found.moments]
            assert len(days) == len(set(days)) and len(days) >= 4
            assert all(later - day == timedelta(days=1) for day, later in pairwise(days))
            for moment in found.moments:
                wall = datetime.fromisoformat(moment.local).replace(tzinfo=None)
                meant = datetime.combine(wall.date(), time.fromisoformat(clock))
                exists = meant.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == meant
                assert wall == meant if exists else wall > meant
