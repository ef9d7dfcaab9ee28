"""Virtual time: one ghost, and a whole client base."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fondly.core.planner.ghosts import Character, rehearse_clients
from fondly.core.planner.load import capacity_of, weigh
from fondly.core.planner.model import Ghost
from fondly.core.planner.rehearsal import fact_of, rehearse
from tests.core.planner.lives import NEW_YORK, at, playbook

MON = "2026-01-05T09:00"
BOOK = playbook(
    """
  hello:
    phase: before
    owner: agent
    touchpoints:
      visit: {kind: work, channel: in_person, when: 2 days after entry, minutes: 60}
      recap: {kind: work, channel: email, template: t, when: 1 day after visit.done}
      survey: {kind: work, channel: email, survey: nps, when: 4 days after entry}
      friend: {kind: work, channel: email, template: t, when: 7 days after nps.answered, if: nps >= 9}
  new:
    phase: new
    owner: agent
    starts: agreed
    length: 10 days
    touchpoints:
      call: {kind: relationship, channel: phone, when: 1 day after entry at 10:00, minutes: 30}
      twin: {kind: work, channel: email, template: t, when: 1 day after entry at 12:00}
      other: {kind: work, channel: email, template: t, when: 1 day after entry at 13:00}
  alumni:
    phase: alumni
    owner: helper
    never_ends: true
    touchpoints:
      touch: {kind: relationship, channel: phone, when: every 20 days after contact}
      birthday: {kind: wow, channel: letter, when: yearly on birthday}
""",
    calendar='calendar:\n  business: mon-fri 09:00-17:00\n  quiet: "20:00-08:00"',
    more="""
team:
  agent: {people: [Dana, Lee]}
  helper: {people: [Lee], hours_per_week: 3}
personas:
  couples: {who: Two}
  parents: {who: Parents}
target: {couples: 80%, parents: 20%}
surveys:
  nps: {ask: Would you, scale: 0-10}
fields:
  birthday: {type: date}
templates:
  t: {subject: Hi, body: Hello}
""",
)


def lived(days=60, **more):
    return rehearse(BOOK, Ghost(at(MON), zone=NEW_YORK, **more), days=days)


def moments(rehearsed):
    return {f"{moment.key}": moment.local[:16] for moment in rehearsed.moments}


def test_the_ghost_does_what_is_due_so_that_done_fires():
    found = moments(lived(events=(("agreed", at("2026-01-10T11:00")),)))
    assert found["0:hello/visit/1"] == "2026-01-07T09:00"
    assert found["0:hello/recap/0:hello/visit/1"] == "2026-01-08T09:00"
    assert found["1:new/call/1"] == "2026-01-12T10:00"  # Sunday is nobody's day


def test_keep_in_touch_moves_with_each_call():
    found = lived(days=90, stage="alumni")
    calls = [moment.local[:10] for moment in found.moments if moment.touchpoint == "touch"]
    assert calls == ["2026-01-26", "2026-02-16", "2026-03-09", "2026-03-30"]  # each from the call before, on workdays
    assert len({moment.key for moment in found.moments}) == len(found.moments)


def test_stays_by_length_and_an_open_end():
    found = lived(events=(("agreed", at("2026-01-10T11:00")),))
    assert [(stay.stage, stay.left_at) for stay in found.stays] == [
        ("hello", at("2026-01-10T11:00")),
        ("new", at("2026-01-20T11:00")),
        ("alumni", None),
    ]
    short = lived(days=8, events=(("agreed", at("2026-01-10T11:00")),))
    assert short.stays[-1].left_at is None  # it ends after the rehearsal


@pytest.mark.parametrize(("score", "happens"), [(10, True), (3, False)])
def test_a_given_answer(score, happens):
    found = lived(events=((f"nps.answered={score}", at("2026-01-11T09:00")),))
    assert ("friend" in {moment.touchpoint for moment in found.moments}) == happens
    assert happens or any(skip.reason == "if nps >= 9: nps is 3.0" for skip in found.skips)


def test_what_waits_and_what_stops():
    found = lived()
    assert {wait.touchpoint: wait.why for wait in found.waits} == {"friend": "waits for the answer to nps"}
    stopped = lived(events=(("exited", at("2026-01-06T09:00")),))
    assert stopped.stop is not None and not stopped.moments


def test_a_known_date():
    from datetime import date

    found = lived(days=400, stage="alumni", fields={"birthday": date(1980, 2, 29)})
    assert [m.local[:10] for m in found.moments if m.touchpoint == "birthday"] == [
        "2026-03-02"
    ]  # the 28th is a Saturday


def test_what_a_ghost_catches_up_on_is_not_counted_as_before_the_client_came():
    found = lived()
    caught_up = replace(found.moments[0], moved=("its time had passed",))
    report = weigh(BOOK, [replace(found, moments=(caught_up,))], start=at(MON), days=60, capacity={})
    assert report.moved == (("its time had passed", 1),)


def test_no_such_stage():
    with pytest.raises(ValueError, match="no stage"):
        lived(stage="nowhere")


@pytest.mark.parametrize(
    ("text", "kind", "name", "value"),
    [
        ("agreed", "event", "agreed", None),
        ("nps.answered=9", "answered", "nps", 9.0),
        ("visit.done", "done", "visit", None),
        ("promise.broken", "promise", "broken", None),
        ("contact", "contact", "", None),
    ],
)
def test_the_fact_behind_a_signal(text, kind, name, value):
    fact = fact_of(text, at(MON), 1)
    assert (fact.kind, fact.name, fact.value) == (kind, name, value)


def base(**more):
    return rehearse_clients(BOOK, 40, 200, start=at(MON), **more)


def test_the_same_seed_makes_the_same_year_and_another_another():
    assert base(seed=1) == base(seed=1)
    assert base(seed=1) != base(seed=2)


def test_the_report_adds_up():
    report = base()
    assert report.clients == 40
    assert sum(week.messages for week in report.weeks) == report.messages
    assert sum(week.messages + week.by_hand for week in report.weeks) == report.moments
    assert sum(week.hours for week in report.weeks) == pytest.approx(report.hours, abs=1)
    assert {load.role: load.capacity for load in report.roles} == {"agent": 60.0, "helper": 3}
    assert dict(report.clashes)["other + twin"] > 20  # two messages on one day, for nearly everybody
    assert report.moved and report.as_json()["weeks"][0]["begins"] == "2026-01-05"


def test_too_little_capacity_shows():
    report = base(capacity={"agent": 0.5, "helper": 0.2})
    assert all(load.weeks_over > 0 for load in report.roles)
    assert report.overloads and report.overloaded_days >= len(report.overloads)
    worst = report.overloads[0]
    assert worst.hours > worst.capacity


def test_a_person_with_two_roles_is_shared():
    team = {
        "agent": replace(BOOK.team.roles["agent"]),
        "helper": replace(BOOK.team.roles["helper"], hours_per_week=None),
    }
    book = replace(BOOK, team=replace(BOOK.team, roles=team))
    assert capacity_of(book, "agent") == 60 and capacity_of(book, "helper") == 20
    assert capacity_of(book, "nobody") == 40


def test_personas_come_by_their_shares_and_stays_vary():
    people = [Character(BOOK, f"7/{number}") for number in range(300)]
    couples = sum(person.persona() == "couples" for person in people)
    assert 200 < couples < 280
    assert len({person.ghost(at(MON)).start for person in people}) > 100
    assert all(timedelta(0) <= person.ghost(at(MON)).start - at(MON) < timedelta(hours=10) for person in people)
