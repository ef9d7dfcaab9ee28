"""Caps hold for any messages in any order: no rolling window ever has more than its share."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fondly.core.planner.decide import decide
from fondly.core.planner.model import Fact, History, Person
from tests.core.planner.lives import playbook

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
WINDOWS = {"email": timedelta(days=2), "sms": timedelta(days=3), "": timedelta(days=7)}
KINDS = {"work": "", "relationship": "", "wow": "", "contract": ", step: signature", "must": ", delivery: must_arrive"}


@st.composite
def books(draw):
    """Caps per channel and in total, and up to a dozen messages of every importance within ten days."""
    counts = {channel: draw(st.integers(1, 3)) for channel in WINDOWS}
    lines = []
    for number in range(draw(st.integers(1, 12))):
        name, channel = draw(st.sampled_from(sorted(KINDS))), draw(st.sampled_from(["email", "sms"]))
        kind = name if name in ("work", "relationship", "wow") else "work"
        hours = draw(st.integers(0, 240))
        lines.append(
            f"      {name}_{number}: {{kind: {kind}, channel: {channel}, mode: auto, template: t, "
            f"when: {hours} hours after entry{KINDS[name]}}}"
        )
    caps = (
        f"caps:\n  email: {counts['email']} per 2 days\n  sms: {counts['sms']} per 3 days\n"
        f"  total: {counts['']} per 7 days\ntemplates:\n  t: {{subject: Hi, body: Hello}}"
    )
    stages = "  only:\n    phase: ongoing\n    never_ends: true\n    touchpoints:\n" + "\n".join(lines)
    return playbook(stages, more=caps, zone="UTC"), counts


SENT = st.lists(st.tuples(st.integers(0, 96), st.sampled_from(["email", "sms"])), max_size=3)


@settings(max_examples=60, deadline=None)
@given(books(), SENT)
def test_a_window_with_something_that_may_wait_is_never_too_full(given_book, sent):
    book, counts = given_book
    facts = [Fact(BEGIN, "entered", "only", id=0)]
    facts += [
        Fact(BEGIN - timedelta(hours=ago), "sent", "", "", channel, id=n) for n, (ago, channel) in enumerate(sent, 1)
    ]
    plan = decide(book, History(tuple(facts), Person("UTC")), BEGIN, until=BEGIN + timedelta(days=90))
    past = [(fact.at, fact.value, False) for fact in facts[1:]]
    sends = sorted(past + [(m.at, m.channel, _may_wait(m.touchpoint)) for m in plan.moments])
    for channel, window in WINDOWS.items():
        mine = [(at, held) for at, where, held in sends if channel in ("", where)]
        for start, _ in mine:
            together = [held for at, held in mine if start <= at < start + window]
            assert len(together) <= counts[channel] or not any(together), (channel, start)


@settings(max_examples=40, deadline=None)
@given(books())
def test_what_a_contract_needs_keeps_its_time_and_what_moves_says_why(given_book):
    book, _counts = given_book
    lived = History((Fact(BEGIN, "entered", "only", id=0),), Person("UTC"))
    plan = decide(book, lived, BEGIN, until=BEGIN + timedelta(days=90))
    for moment in plan.moments:
        if not _may_wait(moment.touchpoint):
            assert moment.at == moment.wanted_at, moment
        assert (moment.at > moment.wanted_at) == bool(moment.moved), moment
        assert all(words.startswith("at most ") for words in moment.moved)
    assert all(skip.reason.startswith("a cap leaves no room for it") for skip in plan.skips)


def _may_wait(touchpoint):
    return not touchpoint.startswith(("contract", "must"))
