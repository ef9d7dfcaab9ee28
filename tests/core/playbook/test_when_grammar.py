"""The grammar of `when`, of durations and of due dates."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondly.core.playbook.durations import UnreadableError, clock, duration, late, reentry, span
from fondly.core.playbook.model import Anchor, Duration, Late, Reentry
from fondly.core.playbook.when import Names, due, from_mapping, parse

NAMES = Names(
    touchpoints=frozenset({"home_visit", "session"}),
    fields=frozenset({"birthday", "first_session"}),
    surveys=frozenset({"nps"}),
    events=frozenset({"closed"}),
)


@pytest.mark.parametrize(
    ("text", "form", "anchor", "step"),
    [
        ("on entry", "on", Anchor("entry"), None),
        ("on exit", "on", Anchor("exit"), None),
        ("on closed", "on", Anchor("event", "closed"), None),
        ("on promise.broken", "on", Anchor("promise", "broken"), None),
        ("on promise.kept", "on", Anchor("promise", "kept"), None),
        ("on first_session", "on", Anchor("field", "first_session"), None),
        ("5 days after entry", "after", Anchor("entry"), Duration(5, "days")),
        ("a week after entry", "after", Anchor("entry"), Duration(1, "weeks")),
        ("two hours after entry", "after", Anchor("entry"), Duration(2, "hours")),
        ("1 year after entry", "after", Anchor("entry"), Duration(12, "months")),
        ("2 days before first_session", "before", Anchor("field", "first_session"), Duration(2, "days")),
        ("1 day before session", "before", Anchor("touchpoint", "session"), Duration(1, "days")),
        ("3 business days after home_visit.done", "after", Anchor("done", "home_visit"), Duration(3, "business days")),
        ("1 business month after entry", "after", Anchor("entry"), Duration(1, "business months")),
        ("7 days after nps.answered", "after", Anchor("answered", "nps"), Duration(7, "days")),
        ("1 day after session.replied", "after", Anchor("replied", "session"), Duration(1, "days")),
        ("60 days after contact", "after", Anchor("contact"), Duration(60, "days")),
        ("every 14 days", "every", Anchor("entry"), Duration(14, "days")),
        ("every week", "every", Anchor("entry"), Duration(1, "weeks")),
        ("every 90 days after contact", "every", Anchor("contact"), Duration(90, "days")),
        ("yearly on birthday", "yearly", Anchor("field", "birthday"), None),
        ("ON Entry".replace("Entry", "entry"), "on", Anchor("entry"), None),
    ],
)
def test_sentences(text, form, anchor, step):
    when = parse(text, NAMES)
    assert (when.form, when.anchor, when.step, when.text) == (form, anchor, step, text)


def test_weekday():
    when = parse("every friday at 16:00", NAMES)
    assert (when.weekday, when.step, when.at) == (4, Duration(1, "weeks"), time(16))


@pytest.mark.parametrize(
    ("tail", "field", "value"),
    [
        ("at 09:05", "at", time(9, 5)),
        ("between 8:00 and 18:30", "between", (time(8), time(18, 30))),
        ("on weekdays", "weekdays_only", True),
        ("in our time zone", "zone", "business"),
        ("in their time zone", "zone", "client"),
    ],
)
def test_tails(tail, field, value):
    assert getattr(parse(f"2 days after entry {tail}", NAMES), field) == value


def test_tails_together_in_any_order():
    one = parse("2 days after entry at 09:00 on weekdays in our time zone", NAMES)
    two = parse("2 days after entry in our time zone on weekdays at 09:00", NAMES)
    assert (one.at, one.weekdays_only, one.zone) == (two.at, two.weekdays_only, two.zone) == (time(9), True, "business")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no `when`"),
        ("sometimes", "cannot|not a `when`"),
        ("5 after entry", "not a `when`"),
        ("0 days after entry", "no time"),
        ("9999999 days after entry", "too long"),
        ("2 fortnights after entry", "not a `when`"),
        ("on home_vist.done", "no touchpoint"),
        ("on nsp.answered", "no survey"),
        ("on promise.late", "nothing that can happen"),
        ("on a.b.c", "nothing that can happen"),
        ("2 days before closed", "nobody knows"),
        ("2 days before contact", "cannot be known"),
        ("yearly on closed", "no date field"),
        ("on entry at 25:00", "clock time"),
        ("on entry at noon", "clock time"),
        ("2 hours after entry at 09:00", "elapsed"),
        ("on entry at 09:00 between 8:00 and 9:00", "both"),
        ("on entry at 09:00 at 10:00", "twice"),
        ("every saturday on weekdays", "never happen"),
        ("every 2 days after closed", "cannot be read"),
        ("on <script>", "not a name"),
    ],
)
def test_unreadable(text, says):
    with pytest.raises(UnreadableError, match=says) as caught:
        parse(text, NAMES)
    assert caught.value.advice


def test_near_names_are_offered():
    with pytest.raises(UnreadableError) as caught:
        parse("on home_vist.done", NAMES)
    assert "home_visit.done" in caught.value.advice
    with pytest.raises(UnreadableError) as caught:
        parse("yearly on birtday", NAMES)
    assert "birthday" in caught.value.advice


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"after": "entry", "wait": "2 days", "at": "09:00"}, "2 days after entry at 09:00"),
        ({"before": "birthday", "wait": "1 week"}, "1 week before birthday"),
        ({"on": "entry", "between": "8:00-18:00"}, "on entry between 08:00 and 18:00"),
        ({"every": "14 days", "weekdays": True, "zone": "ours"}, "every 14 days on weekdays in our time zone"),
        ({"yearly": "birthday"}, "yearly on birthday"),
    ],
)
def test_long_form(parts, sentence):
    assert from_mapping(parts) == sentence
    parse(sentence, NAMES)


@pytest.mark.parametrize("parts", [{}, {"on": "a", "after": "b"}, {"after": "entry"}, {"on": "entry", "wait": "1 day"}])
def test_long_form_refused(parts):
    with pytest.raises(UnreadableError):
        from_mapping(parts)


@given(st.integers(1, 50), st.sampled_from(["minute", "hour", "day", "week", "month", "business day"]))
def test_durations_read_what_they_print(count, unit):
    made = duration(f"{count} {unit}s")
    assert duration(str(made)) == made


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    for reader in (duration, clock, span, late, reentry, lambda t: parse(t, NAMES), lambda t: due(t, NAMES)):
        try:
            reader(text)
        except UnreadableError as error:
            assert error.advice


def test_late_and_reentry():
    assert late("send") == Late("send", None)
    assert late("skip after 2 days") == Late("skip", Duration(2, "days"))
    assert reentry("after exit") == Reentry("after_exit")
    assert reentry("per matter") == Reentry("per_matter")


def test_due():
    assert due("2 business days", NAMES).step == Duration(2, "business days")
    assert due("within 2 days", NAMES).step == Duration(2, "days")
    assert due("first_session", NAMES).field == "first_session"
    assert (due("every Friday 16:00", NAMES).weekday, due("every Friday 16:00", NAMES).at) == (4, time(16))
    with pytest.raises(UnreadableError):
        due("soon", NAMES)
