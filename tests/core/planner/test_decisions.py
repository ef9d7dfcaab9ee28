"""Settled, late, overridden, refused: what becomes of a moment, and that every decision says why."""

import pytest

from tests.core.planner.lives import NEW_YORK, at, entered, history, one_stage, override, plan, playbook, times

MON = "2026-01-05T09:00"
KEY = "0:only/it/1"


def late(policy, now, when="1 day after entry"):
    return plan(one_stage(when, f"late: {policy}"), entered("only", MON), now)


@pytest.mark.parametrize(
    ("policy", "now", "happens", "asks"),
    [
        ("ask after 2 days", "2026-01-08T09:00", True, False),
        ("ask after 2 days", "2026-01-08T09:01", True, True),
        ("skip after 2 days", "2026-01-08T09:00", True, False),
        ("skip after 2 days", "2026-01-08T09:01", False, False),
        ("send", "2026-06-08T09:01", True, False),
    ],
)
def test_late(policy, now, happens, asks):
    found = late(policy, now)
    assert bool(found.moments) == happens
    if happens:
        assert bool(found.moments[0].ask) == asks
    else:
        assert found.skips[0].reason == "it was due Tue 6 Jan 2026 09:00 and may be 2 days late"


def test_the_plan_says_when_lateness_will_change_it():
    found = late("skip after 2 days", "2026-01-07T09:00")
    assert found.look_again_at == at("2026-01-08T09:00:01")


def test_joining_late_leaves_only_the_newest_of_a_recurring_touchpoint():
    found = late("send", "2026-02-03T09:00", when="every 7 days")
    open_now = [moment for moment in found.moments if moment.at <= at("2026-02-03T09:00")]
    assert [moment.key for moment in open_now] == ["0:only/it/4"]
    assert [(skip.key, skip.reason) for skip in found.skips] == [
        (f"0:only/it/{number}", "a newer one is due") for number in (1, 2, 3)
    ]


def test_ten_years_late_is_still_a_short_plan():
    found = plan(one_stage("every 1 hour"), entered("only", "2016-01-05T09:00"), MON, days=35)
    assert len(found.moments) <= 1001
    assert len(found.skips) <= 20


def test_done_and_skipped_are_settled_by_key():
    for kind in ("done", "skipped", "sent"):
        found = plan(
            one_stage("on entry"), entered("only", MON, ("2026-01-05T09:05", kind, "it", None, KEY)), "2026-02-05T09:00"
        )
        assert [moment.settled for moment in found.moments] == [True]


def test_done_without_a_key_settles_the_earliest_open_one():
    done = ("2026-01-13T09:00", "done", "it")
    found = plan(one_stage("every 7 days"), entered("only", MON, done), "2026-01-13T10:00", days=10)
    assert [(moment.key, moment.settled) for moment in found.moments] == [(KEY, True), ("0:only/it/2", False)]


def test_a_fact_told_twice_acts_once():
    book = one_stage("1 day after called")
    once = entered("only", MON, ("2026-01-06T09:00", "event", "called"))
    twice = type(once)((*once.facts, once.facts[-1]), once.person)
    assert plan(book, twice, "2026-01-06T09:00") == plan(book, once, "2026-01-06T09:00")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (override("skip", why="on holiday"), "skipped by Dana: on holiday"),
        (override("at", "2026-01-09T23:00"), "2026-01-09T23:00"),  # a person's word is not moved
        (override("now", "2026-01-05T10:00"), "2026-01-05T10:00"),
    ],
)
def test_a_persons_word_survives(word, expected):
    book = one_stage("2 days after entry", calendar='calendar:\n  quiet: "20:00-08:00"')
    lived = entered("only", MON, overrides={KEY: word})
    for now in (MON, "2026-01-06T09:00"):
        found = plan(book, lived, now)
        assert [*times(found), *(skip.reason for skip in found.skips)] == [expected]


def test_a_persons_word_survives_leaving_the_stage():
    book = playbook(
        "  a:\n    phase: new\n    ends: go\n    touchpoints:\n"
        "      thanks: {kind: work, channel: phone, when: 5 days after entry}\n"
        "  b:\n    phase: ongoing\n    never_ends: true\n"
    )
    word = {"0:a/thanks/1": override("at", "2026-01-20T11:00")}
    lived = entered("a", MON, ("2026-01-06T09:00", "event", "go"), overrides=word)
    assert times(plan(book, lived, "2026-01-07T09:00")) == ["2026-01-20T11:00"]


def test_a_reminder_follows_the_appointment_a_person_moved_and_falls_with_it():
    book = playbook(
        "  only:\n    phase: ongoing\n    never_ends: true\n    touchpoints:\n"
        "      session: {kind: work, channel: session, when: 3 days after entry}\n"
        "      remind: {kind: work, channel: email, template: t, when: 1 day before session}\n",
        more="templates:\n  t: {subject: Hi, body: Hello}",
    )
    moved = entered("only", MON, overrides={"0:only/session/1": override("at", "2026-01-20T11:00")})
    assert {m.touchpoint: m.local[:16] for m in plan(book, moved, MON).moments}["remind"] == "2026-01-19T11:00"
    gone = entered("only", MON, overrides={"0:only/session/1": override("skip")})
    assert not plan(book, gone, MON).moments


@pytest.mark.parametrize(
    ("refused", "consent", "happens"),
    [
        (set(), "marketing", True),
        ({("email", "marketing")}, "marketing", False),
        ({("", "marketing")}, "marketing", False),
        ({("email", "")}, "marketing", False),
        ({("email", "")}, "", False),
        ({("email", "marketing")}, "", True),
        ({("sms", "marketing")}, "marketing", True),
    ],
)
def test_consent(refused, consent, happens):
    book = one_stage("on entry", f"consent: {consent}" if consent else "")
    found = plan(book, entered("only", MON, refused=frozenset(refused)), MON)
    assert bool(found.moments) == happens
    assert happens or "the client has not agreed to email" in found.skips[0].reason


MORE = """
events: [showed_up]
fields:
  plan: {type: text}
surveys:
  nps: {ask: Would you, scale: 0-10}
personas:
  couples: {who: Two}
  parents: {who: With a teen}
"""


@pytest.mark.parametrize(
    ("condition", "facts", "more", "reason"),
    [
        ("nps >= 9", [("2026-01-05T09:00", "answered", "nps", 9)], {}, ""),
        ("nps >= 9", [("2026-01-05T09:00", "answered", "nps", 8)], {}, "if nps >= 9: nps is 8"),
        ("nps >= 9", [], {}, "if nps >= 9: nps has not been answered yet"),
        ("not replied", [], {}, ""),
        ("not replied", [("2026-01-05T09:00", "contact")], {}, "if not replied: replied is so"),
        ("inquiry != 'crisis'", [], {}, "if inquiry != 'crisis': inquiry is not known"),
        ("inquiry != 'crisis'", [], {"fields": {"inquiry": "crisis"}}, "if inquiry != 'crisis': inquiry is crisis"),
        ("inquiry != 'crisis'", [], {"fields": {"inquiry": "price"}}, ""),
        ("persona == couples", [], {"persona": "couples"}, ""),
        ("persona == couples", [], {}, "if persona == couples: the persona is not known"),
        ("plan is gold or nps > 8", [], {"fields": {"plan": "Gold"}}, ""),
        ("consent.keep_in_touch", [], {}, ""),
        (
            "consent.keep_in_touch",
            [],
            {"refused": frozenset({("email", "keep_in_touch")})},
            "if consent.keep_in_touch: consent.keep_in_touch is not so",
        ),
        ("nsp >= 9", [], {}, "if nsp >= 9: this playbook has nothing called nsp"),
        ("other.done", [], {}, "if other.done: this playbook has nothing called other.done"),
        ("showed_up", [("2026-01-05T09:00", "event", "showed_up")], {}, ""),
        ("not showed_up and it.done", [], {}, "if not showed_up and it.done: it.done is not so"),
    ],
)
def test_a_condition(condition, facts, more, reason):
    found = plan(
        one_stage("1 day after entry", f'if: "{condition}"', more=MORE), entered("only", MON, *facts, **more), MON
    )
    assert [skip.reason for skip in found.skips] == ([reason] if reason else [])
    assert bool(found.moments) == (not reason)


def test_a_touchpoint_for_some_personas():
    book = one_stage("on entry", "personas: [couples]", more=MORE)
    assert plan(book, entered("only", MON, persona="couples"), MON).moments
    other = plan(book, entered("only", MON, persona="parents"), MON)
    assert (other.moments, other.skips, other.waits) == ((), (), ())
    unknown = plan(book, entered("only", MON), MON)
    assert unknown.waits[0].why == "only for couples; the persona is not known"


def test_what_lies_beyond_the_horizon_is_looked_at_again_in_time():
    book = one_stage("100 days after entry")
    found = plan(book, entered("only", MON), MON, days=35)
    assert not found.moments
    due = at("2026-04-15T09:00")
    assert at(MON) < found.look_again_at < due
    seen_then = found.look_again_at.astimezone(at(MON).tzinfo)
    assert (due - seen_then).days < 35


def test_every_decision_says_why():
    book = one_stage("every 7 days", 'if: "not replied"', calendar='calendar:\n  quiet: "20:00-10:00"')
    found = plan(book, entered("only", MON), MON, days=20)
    first = found.moments[0]
    assert first.why == "every 7 days since entering Only (Mon 5 Jan 2026 09:00), number 1"
    assert first.moved == ("quiet hours 20:00-10:00",)
    assert first.wanted_at == at("2026-01-12T09:00") and first.at == at("2026-01-12T10:00")
    assert (first.zone, first.local) == (NEW_YORK, "2026-01-12T10:00:00-05:00")


def test_what_was_undone_when_the_client_left_stays_for_as_long_as_it_may_be_late():
    book = playbook(
        "  a:\n    phase: new\n    ends: go\n    touchpoints:\n"
        "      thanks: {kind: work, channel: phone, when: on entry}\n"
        "  b:\n    phase: ongoing\n    never_ends: true\n"
    )
    lived = history([(MON, "entered", "a"), ("2026-01-05T15:00", "event", "go")])
    assert [moment.touchpoint for moment in plan(book, lived, "2026-01-06T09:00").moments] == ["thanks"]
    later = plan(book, lived, "2026-01-07T09:01")
    assert not later.moments and later.skips[0].reason == "the client left A before it was done"


def test_a_reminder_is_planned_even_if_its_appointment_lies_beyond_the_horizon():
    book = playbook(
        "  only:\n    phase: ongoing\n    never_ends: true\n    touchpoints:\n"
        "      session: {kind: work, channel: session, when: 40 days after entry}\n"
        "      remind: {kind: work, channel: email, template: t, when: 2 weeks before session}\n",
        more="templates:\n  t: {subject: Hi, body: Hello}",
    )
    found = plan(book, entered("only", MON), MON, days=30)
    assert [moment.touchpoint for moment in found.moments] == ["remind"]
    assert at(MON) < found.look_again_at < at("2026-02-14T09:00")


def test_what_closed_hours_hold_until_the_next_one_is_overtaken_there():
    """Both open at the end of the pause: from then on only the newer one is due, so it is looked at just then."""
    until = at("2026-01-21T09:00")
    book, lived = one_stage("every 7 days", "late: send"), entered("only", MON, paused_until=until)
    assert plan(book, lived, "2026-01-15T09:00").look_again_at == until
    then = plan(book, lived, "2026-01-21T09:00")
    assert [(skip.key, skip.reason) for skip in then.skips] == [("0:only/it/1", "a newer one is due")]


def test_lateness_counts_from_before_a_cap_moved_it():
    """A cap holds it until the 12th; two days after the 6th it is too late, and the plan is looked at then."""
    book = one_stage("1 day after entry", "late: skip after 2 days", more="caps:\n  email: 1 per 7 days")
    lived = entered("only", MON, (MON, "sent", "other", "email"))
    before = plan(book, lived, "2026-01-06T10:00")
    assert times(before) == ["2026-01-12T09:00"]
    assert before.look_again_at == at("2026-01-08T09:00:01")
    assert plan(book, lived, "2026-01-08T09:00:01").moments == ()
