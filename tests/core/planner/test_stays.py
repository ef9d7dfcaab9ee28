"""How a client moves through the stages."""

from dataclasses import replace

import pytest

from tests.core.planner.lives import entered, history, plan, playbook

BOOK = playbook("""
  hello:
    phase: before
    ends: call_held
  asking:
    phase: before
    starts: asked
    length: 10 days
  new:
    phase: new
    starts: agreed
    ends: settled
    length: 14 days
  season:
    phase: ongoing
    length: 2 months
    next: rest
  extra:
    phase: ongoing
    starts: extra_bought
    ends: extra_over
    next: season
  rest:
    phase: alumni
    never_ends: true
    length: 3 days
""")
MON = "2026-01-05T09:00"


def lived(*facts, now, start=("hello", MON)):
    found = plan(BOOK, entered(*start, *facts), now)
    return found, [(stay.stage, stay.entered_at, stay.left_at) for stay in found.stays]


def route(*facts, now, start=("hello", MON)):
    return [stage for stage, _, _ in lived(*facts, now=now, start=start)[1]]


@pytest.mark.parametrize(
    ("facts", "now", "expected"),
    [
        ([], "2026-03-01T09:00", ["hello"]),
        ([("2026-01-06T09:00", "event", "call_held")], "2026-01-07T09:00", ["hello", "asking"]),
        ([("2026-01-06T09:00", "event", "asked")], "2026-01-07T09:00", ["hello", "asking"]),
        ([("2026-01-06T09:00", "event", "agreed")], "2026-01-07T09:00", ["hello", "new"]),  # over asking
        ([("2026-01-06T09:00", "event", "unheard")], "2026-01-07T09:00", ["hello"]),
        # a length alone moves by itself; with `ends:` it is only the usual length
        ([("2026-01-06T09:00", "event", "asked")], "2026-01-16T09:00", ["hello", "asking", "new"]),
        ([("2026-01-06T09:00", "event", "agreed")], "2026-12-07T09:00", ["hello", "new"]),
        # `starts:` never moves back; a person does
        (
            [("2026-01-06T09:00", "event", "agreed"), ("2026-01-07T09:00", "event", "asked")],
            "2026-01-08T09:00",
            ["hello", "new"],
        ),
        (
            [("2026-01-06T09:00", "event", "agreed"), ("2026-01-07T09:00", "entered", "hello")],
            "2026-01-08T09:00",
            ["hello", "new", "hello"],
        ),
        # `next:` jumps, also back; never_ends stays whatever its length
        (
            [("2026-01-06T09:00", "entered", "extra"), ("2026-01-07T09:00", "event", "extra_over")],
            "2027-01-08T09:00",
            ["hello", "extra", "season", "rest"],
        ),
        ([("2026-01-06T09:00", "entered", "hello")], "2026-01-07T09:00", ["hello"]),  # already there
        ([("2026-01-06T09:00", "entered", "gone")], "2026-01-07T09:00", ["hello"]),  # no such stage
    ],
)
def test_the_route(facts, now, expected):
    assert route(*facts, now=now) == expected


def test_a_length_is_a_step_on_the_calendar():
    found, stays = lived(now="2026-12-31T09:00", start=("season", "2026-12-31T09:00"))
    assert stays[0][2].isoformat() == "2027-02-28T14:00:00+00:00"
    assert found.look_again_at == stays[0][2]
    assert found.stays[0].why_left == "lasts 2 months"


def test_stays_meet_without_gap_and_say_why():
    found, _ = lived(("2026-01-06T09:00", "event", "asked"), now="2026-01-20T09:00")
    hello, asking, new = found.stays
    assert hello.left_at == asking.entered_at and asking.left_at == new.entered_at and new.left_at is None
    assert [stay.ordinal for stay in found.stays] == [0, 1, 2]
    assert [stay.why for stay in found.stays] == [
        "the journey starts here",
        "asked happened",
        "Asking lasted its 10 days",
    ]
    assert hello.why_left == "asked happened"


def test_an_exit_stops_everything_until_a_person_brings_the_client_back():
    left = ("2026-01-06T09:00", "exited", "price")
    found, stays = lived(left, ("2026-01-07T09:00", "event", "agreed"), now="2026-01-08T09:00")
    assert [stage for stage, _, _ in stays] == ["hello"]
    assert (found.stop.reason, found.look_again_at) == ("price", None)
    back, stays = lived(left, ("2026-02-07T09:00", "entered", "new"), now="2026-02-08T09:00")
    assert [stage for stage, _, _ in stays] == ["hello", "new"]
    assert back.stop is None


def test_an_exit_cancels_what_is_planned_and_keeps_what_is_done():
    book = playbook(
        "  only:\n    phase: ongoing\n    never_ends: true\n    touchpoints:\n"
        "      a: {kind: work, channel: phone, when: on entry}\n"
        "      b: {kind: work, channel: phone, when: 30 days after entry}\n"
    )
    facts = [(MON, "entered", "only"), (MON, "done", "a", None, "0:only/a/1"), ("2026-01-06T09:00", "exited", "moved")]
    found = plan(book, history(facts), "2026-01-07T09:00")
    assert [(moment.key, moment.settled) for moment in found.moments] == [("0:only/a/1", True)]


def test_the_last_stage_completes_the_journey_after_its_last_moment():
    book = playbook(
        "  only:\n    phase: ongoing\n    ends: over\n    touchpoints:\n"
        "      bye: {kind: work, channel: letter, when: 3 days after exit}\n"
    )
    over = ("2026-01-06T09:00", "event", "over")
    pending = plan(book, entered("only", MON, over), "2026-01-07T09:00")
    assert pending.stop is None and [m.local[:10] for m in pending.moments] == ["2026-01-09"]
    done = ("2026-01-09T10:00", "done", "bye", None, "0:only/bye/1")
    assert plan(book, entered("only", MON, over, done), "2026-01-10T09:00").stop.reason == "completed"


def test_a_journey_is_not_over_before_what_comes_long_after_its_end():
    book = playbook(
        "  only:\n    phase: ongoing\n    ends: over\n    touchpoints:\n"
        "      bye: {kind: work, channel: letter, when: 90 days after exit}\n"
        "      late: {kind: work, channel: letter, when: 90 days after entry}\n"
    )
    over = ("2026-01-06T09:00", "event", "over")
    found = plan(book, entered("only", MON, over), "2026-01-07T09:00", days=35)
    assert found.stop is None and [m.local[:10] for m in found.moments] == ["2026-04-06"]
    done = ("2026-04-06T10:00", "done", "bye", None, "0:only/bye/1")
    assert plan(book, entered("only", MON, over, done), "2026-04-07T09:00", days=35).stop.reason == "completed"


def test_what_has_ended_without_a_fact_does_not_keep_a_journey_going():
    book = playbook(
        "  only:\n    phase: ongoing\n    ends: over\n    touchpoints:\n"
        "      hi: {kind: work, channel: email, template: t, when: on entry, late: send}\n"
        "      after: {kind: work, channel: letter, when: 1 day after hi}\n",
        more="templates:\n  t: {subject: Hi, body: Hello}",
    )
    lived = entered("only", MON, ("2026-01-06T08:00", "event", "over"))
    assert plan(book, lived, "2026-01-07T09:00").stop is None
    found = plan(book, replace(lived, over=frozenset({"0:only/hi/1"})), "2026-01-07T09:00")
    assert found.stop.reason == "completed"
    open_still = plan(book, replace(entered("only", MON), over=frozenset({"0:only/hi/1"})), "2026-01-05T10:00")
    assert [(m.touchpoint, m.settled) for m in open_still.moments] == [("hi", True), ("after", False)]


def test_a_second_stay_in_a_stage_has_its_own_moments():
    book = playbook(
        "  a:\n    phase: before\n    touchpoints:\n      hi: {kind: work, channel: phone, when: on entry}\n"
        "  b:\n    phase: new\n    starts: go\n"
    )
    facts = [("2026-01-06T09:00", "event", "go"), ("2026-01-07T09:00", "entered", "a")]
    found = plan(
        book, entered("a", MON, ("2026-01-05T09:30", "done", "hi", None, "0:a/hi/1"), *facts), "2026-01-07T09:00"
    )
    assert [(moment.key, moment.settled) for moment in found.moments] == [("0:a/hi/1", True), ("2:a/hi/1", False)]


def test_no_stay_without_an_entry():
    found = plan(BOOK, history([(MON, "event", "agreed")]), "2026-01-07T09:00")
    assert (found.stays, found.moments, found.stage) == ((), (), "")


def test_a_fact_of_the_future_waits_for_its_time():
    found, stays = lived(("2026-02-06T09:00", "event", "agreed"), now="2026-01-07T09:00")
    assert len(stays) == 1
    assert found.look_again_at.isoformat() == "2026-02-06T14:00:00+00:00"
