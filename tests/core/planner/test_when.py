"""One row for each sentence of docs/explanation/time.md about when a moment is wanted."""

import pytest

from tests.core.planner.lives import at, entered, one_stage, plan, playbook, times

FIELDS = "fields:\n  day: {type: date}\n  hour: {type: datetime}"
MON = "2026-01-05T09:00"


@pytest.mark.parametrize(
    ("when", "start", "expected"),
    [
        ("on entry", MON, "2026-01-05T09:00"),
        ("on entry at 08:00", MON, "2026-01-06T08:00"),  # the next time the clock shows 08:00
        ("on entry at 10:00", MON, "2026-01-05T10:00"),
        ("90 minutes after entry", MON, "2026-01-05T10:30"),
        ("2 days after entry", MON, "2026-01-07T09:00"),
        ("2 days after entry at 07:30", MON, "2026-01-07T07:30"),
        ("2 weeks after entry", MON, "2026-01-19T09:00"),
        ("3 business days after entry", "2026-01-08T09:00", "2026-01-13T09:00"),  # Thu -> Tue
        ("1 business day after entry", "2026-01-10T09:00", "2026-01-12T09:00"),  # Sat -> Mon
        ("1 month after entry", "2026-01-31T09:00", "2026-02-28T09:00"),
        ("2 months after entry", "2026-01-31T09:00", "2026-03-31T09:00"),  # from the anchor, not from 28 Feb
        ("1 month after entry", "2028-01-31T09:00", "2028-02-29T09:00"),
        # the clocks of New York go forward on 8 March 2026 at 02:00
        ("24 hours after entry", "2026-03-07T09:00", "2026-03-08T10:00"),
        ("1 day after entry", "2026-03-07T09:00", "2026-03-08T09:00"),
        ("1 day after entry at 02:30", "2026-03-07T09:00", "2026-03-08T03:00"),  # does not exist: first valid
        ("1 day after entry", "2026-03-07T02:30", "2026-03-08T03:00"),
        # and back on 1 November 2026 at 02:00
        ("24 hours after entry", "2026-10-31T09:00", "2026-11-01T08:00"),
        ("1 day after entry at 01:30", "2026-10-31T09:00", "2026-11-01T01:30"),
    ],
)
def test_a_step_from_entry(when, start, expected):
    calendar = "calendar:\n  business: mon-fri 00:00-23:59\n  quiet: none"
    found = plan(one_stage(when, calendar=calendar), entered("only", start), start)
    assert times(found) == [expected]


def test_an_ambiguous_time_takes_the_first():
    found = plan(one_stage("1 day after entry at 01:30"), entered("only", "2026-10-31T09:00"), "2026-10-31T09:00")
    assert found.moments[0].local == "2026-11-01T01:30:00-04:00"


@pytest.mark.parametrize(
    ("when", "fields", "expected"),
    [
        ("on day", {"day": "2026-02-10"}, ["2026-02-10T09:00"]),  # a date without a time: at opening
        ("on day at 15:00", {"day": "2026-02-10"}, ["2026-02-10T15:00"]),
        ("2 days before day", {"day": "2026-02-10"}, ["2026-02-08T09:00"]),
        ("1 month before day", {"day": "2026-03-31"}, ["2026-02-28T09:00"]),
        ("2 days before day at 18:00", {"day": "2026-02-10"}, ["2026-02-08T18:00"]),
        ("3 hours before hour", {"hour": "2026-02-10T16:30"}, ["2026-02-10T13:30"]),
        ("1 day after hour", {"hour": "2026-02-10T16:30"}, ["2026-02-11T16:30"]),
        ("yearly on day", {"day": "2020-02-29"}, ["2026-02-28T09:00", "2027-02-28T09:00", "2028-02-29T09:00"]),
        ("yearly on day", {"day": "2026-03-10"}, ["2026-03-10T09:00", "2027-03-10T09:00", "2028-03-10T09:00"]),
        ("yearly on day at 12:00", {"day": "2027-03-10"}, ["2027-03-10T12:00", "2028-03-10T12:00"]),
        ("yearly on day", {"day": "1980-01-05"}, ["2026-01-05T09:00", "2027-01-05T09:00", "2028-01-05T09:00"]),
        ("yearly on day", {"day": "1980-01-04"}, ["2027-01-04T09:00", "2028-01-04T09:00"]),
    ],
)
def test_a_field(when, fields, expected):
    book = one_stage(when, more=FIELDS, calendar="calendar:\n  business: mon-sun 09:00-17:00\n  quiet: none")
    found = plan(book, entered("only", MON, fields=fields), MON, days=850)
    assert times(found) == expected


def test_a_yearly_moment_is_named_by_its_year():
    book = one_stage("yearly on day", more=FIELDS)
    found = plan(book, entered("only", MON, fields={"day": "1990-06-01"}), MON)
    assert [moment.key for moment in found.moments] == ["0:only/it/2026"]


def test_a_time_before_the_journey_began_is_never_planned():
    book = one_stage("2 days before day", more=FIELDS)
    found = plan(book, entered("only", MON, fields={"day": "2026-01-06"}), MON)
    assert not found.moments
    assert "was before the client entered Only" in found.skips[0].reason


@pytest.mark.parametrize(
    ("fields", "words"),
    [({}, "waits until day is known"), ({"day": "soon"}, "day is 'soon', which is not a date")],
)
def test_an_unknown_date_is_waited_for(fields, words):
    found = plan(one_stage("on day", more=FIELDS), entered("only", MON, fields=fields), MON)
    assert [wait.why for wait in found.waits] == [words]


@pytest.mark.parametrize(
    ("when", "start", "expected"),
    [
        ("every 7 days", MON, ["2026-01-12T09:00", "2026-01-19T09:00", "2026-01-26T09:00"]),
        ("every 7 days at 16:00", MON, ["2026-01-12T16:00", "2026-01-19T16:00", "2026-01-26T16:00"]),
        ("every 10 days", MON, ["2026-01-15T09:00", "2026-01-25T09:00"]),
        ("every friday at 16:00", "2026-01-09T09:00", ["2026-01-09T16:00", "2026-01-16T16:00", "2026-01-23T16:00"]),
        ("every friday", "2026-01-09T09:00", ["2026-01-16T09:00", "2026-01-23T09:00"]),
        ("every friday at 08:00", "2026-01-09T09:00", ["2026-01-16T08:00", "2026-01-23T08:00"]),
        ("every 200 hours", MON, ["2026-01-13T17:00", "2026-01-22T01:00"]),
    ],
)
def test_every(when, start, expected):
    found = plan(one_stage(when), entered("only", start), start, days=22)
    assert times(found)[: len(expected)] == expected


def test_months_count_from_the_anchor():
    found = plan(one_stage("every month"), entered("only", "2026-01-31T09:00"), "2026-01-31T09:00", days=125)
    assert times(found) == ["2026-02-28T09:00", "2026-03-31T09:00", "2026-04-30T09:00", "2026-05-31T09:00"]
    assert [moment.key[-2:] for moment in found.moments] == ["/1", "/2", "/3", "/4"]


def test_a_civil_day_that_never_was_neither_breaks_nor_doubles():
    """Apia went from 29 straight to 31 December 2011."""
    daily = plan(
        one_stage("every 1 day at 09:00"),
        entered("only", "2011-12-27T09:00", zone="Pacific/Apia"),
        "2011-12-27T09:00",
        4,
    )
    assert times(daily) == ["2011-12-28T09:00", "2011-12-29T09:00", "2011-12-31T09:00", "2012-01-01T09:00"]
    once = plan(
        one_stage("1 day after entry at 09:00"),
        entered("only", "2011-12-29T09:00", zone="Pacific/Apia"),
        "2011-12-29T09:00",
    )
    assert times(once) == ["2011-12-31T00:00"]


EVENTS = """
  first:
    phase: before
    ends: signed
    touchpoints:
      note: {kind: work, channel: email, template: t, when: on viewed}
      later: {kind: work, channel: email, template: t, when: 3 days after viewed}
      goodbye: {kind: work, channel: email, template: t, when: 2 days after exit}
      thanks: {kind: work, channel: email, template: t, when: 1 day after signed}
  second:
    phase: ongoing
    never_ends: true
    touchpoints:
      welcome: {kind: work, channel: email, template: t, when: on signed}
      chat: {kind: relationship, channel: phone, when: 1 day after entry}
      after_chat: {kind: work, channel: email, template: t, when: 1 day after chat.done}
      before_chat: {kind: work, channel: email, template: t, when: 2 hours before chat}
      asked: {kind: work, channel: email, survey: nps, when: 5 days after entry}
      scored: {kind: work, channel: email, template: t, when: 1 day after nps.answered}
      sorry: {kind: work, channel: email, template: t, when: on promise.broken}
      answer: {kind: work, channel: email, template: t, when: 1 hour after asked.replied}
"""
MORE = "surveys:\n  nps: {ask: 'Would you?', scale: 0-10}\ntemplates:\n  t: {subject: Hi, body: Hello}"


def lived(*facts, now="2026-01-20T09:00"):
    book = playbook(EVENTS, more=MORE)
    found = plan(book, entered("first", MON, *facts), now)
    return {moment.key: moment.local[:16] for moment in found.moments} | {s.key: s.reason for s in found.skips}


def test_each_event_calls_for_its_own_moment_named_by_the_fact():
    found = lived(
        ("2026-01-06T10:00", "event", "viewed"), ("2026-01-07T11:00", "event", "viewed"), now="2026-01-07T11:00"
    )
    assert found["0:first/note/2"] == "2026-01-06T10:00"
    assert found["0:first/note/3"] == "2026-01-07T11:00"
    assert found["0:first/later/2"] == "2026-01-09T10:00"


def test_the_event_that_moves_a_client_in_counts_in_the_new_stage():
    found = lived(("2026-01-08T10:00", "event", "signed"), now="2026-01-08T10:00")
    assert found["1:second/welcome/2"] == "2026-01-08T10:00"


def test_what_hangs_on_leaving_outlives_the_stage():
    found = lived(("2026-01-08T10:00", "event", "signed"), now="2026-01-08T10:00")
    assert found["0:first/goodbye/1"] == "2026-01-10T10:00"
    assert found["0:first/thanks/2"] == "2026-01-09T10:00"


def test_an_event_in_another_stage_does_not_count():
    found = lived(
        ("2026-01-08T10:00", "event", "signed"), ("2026-01-09T10:00", "event", "viewed"), now="2026-01-09T10:00"
    )
    assert not any("note" in key for key in found)


def test_what_is_not_yet_due_falls_away_with_the_stage():
    found = lived(
        ("2026-01-06T10:00", "event", "viewed"), ("2026-01-08T10:00", "event", "signed"), now="2026-01-08T10:00"
    )
    assert "the client leaves First" in found["0:first/later/2"]


def test_done_replied_answered_broken_and_planned():
    signed = ("2026-01-08T10:00", "event", "signed")
    found = lived(
        signed,
        ("2026-01-09T15:00", "done", "chat", None, "1:second/chat/1"),
        ("2026-01-13T12:00", "replied", "asked"),
        ("2026-01-13T13:00", "answered", "nps", 9),
        ("2026-01-14T08:00", "promise", "broken"),
        now="2026-01-14T08:00",
    )
    assert found["1:second/before_chat/1"] == "what it comes before was on Fri 9 Jan 2026 10:00"
    assert found["1:second/after_chat/3"] == "2026-01-10T15:00"
    assert found["1:second/answer/4"] == "2026-01-13T13:00"
    assert found["1:second/scored/5"] == "2026-01-14T13:00"
    assert found["1:second/sorry/6"] == "2026-01-14T08:00"


def test_what_comes_before_the_end_of_a_stage_never_comes_after_it():
    book = playbook(
        "  first:\n    phase: before\n    ends: signed\n    length: 14 days\n    touchpoints:\n"
        "      note: {kind: work, channel: email, template: t, when: 2 days before exit}\n"
        "  second:\n    phase: ongoing\n    never_ends: true\n",
        more=MORE,
    )
    assert times(plan(book, entered("first", MON), MON)) == ["2026-01-17T09:00"]
    early = entered("first", MON, ("2026-01-10T10:00", "event", "signed"))
    found = plan(book, early, "2026-01-10T10:00")
    assert not found.moments and "the client leaves First" in found.skips[0].reason


def test_a_reminder_that_comes_before_looks_again_when_it_would_be_too_late():
    book = playbook(EVENTS, more=MORE)
    facts = entered("first", MON, ("2026-01-08T10:00", "event", "signed"))
    found = plan(book, facts, "2026-01-09T09:00")
    assert "1:second/before_chat/1" in {moment.key for moment in found.moments}
    assert found.look_again_at is not None and found.look_again_at <= at("2026-01-09T10:00")


def test_what_hangs_on_the_other_in_turn_waits():
    book = playbook(
        "  only:\n    phase: ongoing\n    never_ends: true\n    touchpoints:\n"
        "      a: {kind: work, channel: phone, when: 1 day before b}\n"
        "      b: {kind: work, channel: phone, when: 1 day after a}\n"
    )
    found = plan(book, entered("only", MON), MON)
    assert not found.moments
    assert {wait.why for wait in found.waits} >= {"hangs on b, which hangs on it in turn"} or len(found.waits) == 2


TOUCH = "every 30 days after contact"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([], ["2026-02-04T09:00", "2026-03-06T09:00"]),  # from entry while there was no contact
        ([("2026-01-15T12:00", "contact")], ["2026-02-14T12:00", "2026-03-16T12:00"]),
        ([("2026-01-15T12:00", "replied", "it")], ["2026-02-14T12:00", "2026-03-16T12:00"]),
        ([("2026-01-10T12:00", "contact"), ("2026-01-15T12:00", "contact")], ["2026-02-14T12:00", "2026-03-16T12:00"]),
        ([("2026-01-15T12:00", "sent", "it", "email")], ["2026-02-04T09:00", "2026-03-06T09:00"]),  # one-way
        ([("2026-01-15T12:00", "done", "letter")], ["2026-02-04T09:00", "2026-03-06T09:00"]),  # one-way too
    ],
)
def test_keep_in_touch_counts_from_the_last_two_way_contact(facts, expected):
    found = plan(one_stage(TOUCH), entered("only", MON, *facts), "2026-01-20T09:00", days=60)
    assert times(found) == expected
    assert found.moments[0].key == "0:only/it/1"


def test_a_done_call_is_a_contact_and_the_next_has_a_new_key():
    book = one_stage(TOUCH).stages["only"].touchpoints["it"]
    assert book.mode == "auto"
    phone = playbook(
        "  only:\n    phase: ongoing\n    never_ends: true\n    touchpoints:\n"
        f"      it: {{kind: relationship, channel: phone, when: {TOUCH}}}\n"
    )
    done = ("2026-02-06T11:00", "done", "it", None, "0:only/it/1")
    found = plan(phone, entered("only", MON, done), "2026-02-07T09:00", days=40)
    assert [(m.key, m.settled) for m in found.moments] == [("0:only/it/1", True), ("0:only/it/2", False)]
    assert found.moments[1].local[:16] == "2026-03-08T11:00"


def test_wall_clock_text_is_read_in_the_zone():
    assert at("2026-07-01T09:00").isoformat() == "2026-07-01T13:00:00+00:00"
