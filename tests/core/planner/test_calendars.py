"""What moves a moment: weekdays, business hours, holidays, days off, quiet and channel hours, caps, pauses."""

from datetime import timedelta

import pytest

from fondly.core.planner.calendars import holidays_of
from tests.core.planner.lives import at, entered, one_stage, plan, playbook, times

OFFICE = """
calendar:
  business: mon-fri 09:00-17:00
  quiet: "20:00-08:00"
  holidays: US
  closed: [2026-12-28 to 2026-12-30]
"""
MON = "2026-01-05T09:00"


def mail(when, start, **more):
    return plan(one_stage(when, calendar=OFFICE, **more), entered("only", start), start)


def call(when, start, channels="", zone="America/New_York"):
    book = playbook(
        "  only:\n    phase: ongoing\n    never_ends: true\n    touchpoints:\n"
        f"      it: {{kind: work, channel: phone, when: {when}}}\n",
        calendar=OFFICE,
        more=channels,
    )
    return plan(book, entered("only", start, zone=zone), start)


@pytest.mark.parametrize(
    ("when", "start", "expected", "moved"),
    [
        ("on entry", "2026-01-05T21:00", "2026-01-06T08:00", ("quiet hours 20:00-08:00",)),
        ("on entry", "2026-01-05T20:00", "2026-01-06T08:00", ("quiet hours 20:00-08:00",)),
        ("on entry", "2026-01-05T08:00", "2026-01-05T08:00", ()),
        ("on entry", "2026-01-05T03:00", "2026-01-05T08:00", ("quiet hours 20:00-08:00",)),
        ("1 day after entry at 22:00", MON, "2026-01-07T08:00", ("quiet hours 20:00-08:00",)),
        # a mail may leave on a Sunday or a holiday: only people have days off
        ("1 day after entry", "2026-01-10T09:00", "2026-01-11T09:00", ()),
        ("on entry", "2026-12-25T10:00", "2026-12-25T10:00", ()),
        ("1 day after entry on weekdays", "2026-01-09T10:00", "2026-01-12T10:00", ("on weekdays only",)),
        ("on entry between 12:00 and 14:00", MON, "2026-01-05T12:00", ("between 12:00-14:00",)),
        ("on entry between 12:00 and 14:00", "2026-01-05T14:00", "2026-01-06T12:00", ("between 12:00-14:00",)),
        ("on entry between 12:00 and 14:00", "2026-01-05T13:59", "2026-01-05T13:59", ()),
        ("on entry between 12:00 and 14:00", "2026-01-05T15:00", "2026-01-06T12:00", ("between 12:00-14:00",)),
        (
            "on entry between 12:00 and 14:00 on weekdays",
            "2026-01-09T15:00",
            "2026-01-12T12:00",
            ("between 12:00-14:00", "on weekdays only"),
        ),
    ],
)
def test_a_mail_is_moved(when, start, expected, moved):
    found = mail(when, start)
    assert times(found) == [expected]
    assert found.moments[0].moved == moved


@pytest.mark.parametrize(
    ("when", "start", "expected", "moved"),
    [
        ("on entry", "2026-01-05T06:00", "2026-01-05T09:00", ("before business hours",)),
        ("on entry", "2026-01-05T17:00", "2026-01-06T09:00", ("after business hours",)),
        ("on entry", "2026-01-10T12:00", "2026-01-12T09:00", ("no business on Saturdays",)),
        ("on entry", "2026-12-25T12:00", "2026-12-31T09:00", ("Christmas Day",)),  # weekend, then days off
        ("on entry", "2026-12-28T12:00", "2026-12-31T09:00", ("closed 28 Dec 2026 to 30 Dec 2026",)),
        ("1 day after entry at 18:30", MON, "2026-01-06T18:30", ()),  # a time the playbook names wins over hours
        ("1 day after entry at 18:30", "2026-01-09T09:00", "2026-01-12T18:30", ("no business on Saturdays",)),
        ("2 business days after entry", "2026-12-24T10:00", "2027-01-04T10:00", ()),  # over all of these
    ],
)
def test_a_call_is_moved(when, start, expected, moved):
    found = call(when, start)
    assert times(found) == [expected]
    assert found.moments[0].moved == moved


LATE_SATURDAY = "2026-01-03T21:00"


@pytest.mark.parametrize("channel", ["email", "phone"])
@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("on entry", "2026-01-03T21:00"),
        ("3 days after entry at 07:30", "2026-01-06T07:30"),
        ("7 days after entry", "2026-01-10T21:00"),
        ("2 business days after entry", "2026-01-06T21:00"),
    ],
)
def test_a_playbook_that_says_nothing_of_hours_moves_nothing(channel, when, expected):
    found = saying("", channel, when)
    assert times(found) == [expected]
    assert found.moments[0].moved == ()


def test_each_part_of_the_calendar_moves_only_what_it_is_about():
    assert times(saying('calendar: {quiet: "20:00-08:00"}', "email", "on entry")) == ["2026-01-04T08:00"]
    assert times(saying('calendar: {quiet: "20:00-08:00"}', "phone", "on entry")) == ["2026-01-03T21:00"]
    assert times(saying("calendar: {business: mon-fri 09:00-17:00}", "email", "on entry")) == ["2026-01-03T21:00"]
    assert times(saying("calendar: {business: mon-fri 09:00-17:00}", "phone", "on entry")) == ["2026-01-05T09:00"]
    # Martin Luther King Jr. Day is the 19th; the day before it is a Sunday and nobody called it a day off
    assert times(saying("calendar: {holidays: US}", "phone", "16 days after entry")) == ["2026-01-20T21:00"]
    assert times(saying("calendar: {holidays: US}", "phone", "15 days after entry")) == ["2026-01-18T21:00"]
    assert times(saying("calendar: {closed: [2026-01-09]}", "phone", "6 days after entry")) == ["2026-01-12T21:00"]


def saying(calendar, channel, when):
    stage = f"      it: {{kind: work, channel: {channel}, template: t, when: {when}}}\n"
    book = playbook(
        f"  only:\n    phase: ongoing\n    never_ends: true\n    touchpoints:\n{stage}",
        calendar=calendar,
        more=TEMPLATE,
    )
    return plan(book, entered("only", LATE_SATURDAY), LATE_SATURDAY)


def test_business_hours_are_ours_and_channel_hours_are_the_clients():
    far = call("on entry", "2026-01-05T05:00", zone="America/Los_Angeles")  # 08:00 in New York
    assert far.moments[0].local[:16] == "2026-01-05T06:00"
    hours = 'channels:\n  phone: {hours: "10:00-18:00"}'
    kind = call("on entry", "2026-01-05T05:00", channels=hours, zone="America/Los_Angeles")
    assert kind.moments[0].local[:16] == "2026-01-05T10:00"
    assert kind.moments[0].moved == ("before business hours", "phone hours 10:00-18:00")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "America", "x" * 300, "Zürich"])
def test_a_bad_zone_falls_back_to_the_playbooks_and_quiet_hours_still_apply(zone):
    found = plan(
        one_stage("on entry", calendar=OFFICE), entered("only", "2026-01-05T21:00", zone=zone), "2026-01-05T21:00"
    )
    assert found.moments[0].zone == "America/New_York"
    assert found.moments[0].local == "2026-01-06T08:00:00-05:00"


def test_nothing_ever_open_is_an_alert_and_not_a_loop():
    never = "calendar:\n  business: mon-fri 09:00-17:00\n  closed: [2026-01-01 to 2026-12-31]"
    book = playbook(
        "  only:\n    phase: ongoing\n    never_ends: true\n    touchpoints:\n"
        "      it: {kind: work, channel: phone, when: on entry}\n",
        calendar=never,
    )
    found = plan(book, entered("only", MON), MON)
    assert not found.moments
    assert [(alert.key, alert.reason) for alert in found.alerts] == [
        ("0:only/it/1", "nothing is open within 60 days of Mon 5 Jan 2026 09:00")
    ]


def test_a_reminder_comes_earlier_rather_than_too_late():
    found = plan(
        one_stage("10 minutes before hour", calendar=OFFICE, more="fields:\n  hour: {type: datetime}"),
        entered("only", MON, fields={"hour": "2026-01-07T08:00"}),
        MON,
    )
    assert times(found) == ["2026-01-06T19:50"]
    assert found.moments[0].moved == ("quiet hours 20:00-08:00", "earlier, to come in time")


CAPPED = """
  only:
    phase: ongoing
    never_ends: true
    touchpoints:
      kind_word: {kind: relationship, channel: email, template: t, when: on entry}
      news: {kind: work, channel: email, template: t, when: 1 hour after entry}
      promise: {kind: work, channel: email, template: t, when: 2 hours after entry, sets: {what: a plan, due: 2 days}}
      contract: {kind: work, channel: email, template: t, when: 3 hours after entry, step: signature}
"""
TEMPLATE = "templates:\n  t: {subject: Hi, body: Hello}"


def capped(caps, *facts):
    book = playbook(CAPPED, more=f"caps:\n  {caps}\n{TEMPLATE}")
    return {moment.touchpoint: moment for moment in plan(book, entered("only", MON, *facts), MON).moments}


def test_a_cap_holds_back_the_least_important():
    found = capped("email: 2 per 1 days")
    assert found["contract"].local[:16] == "2026-01-05T12:00"  # transactional: never held, yet it counts
    assert found["promise"].local[:16] == "2026-01-05T11:00"  # then promises
    assert found["news"].local[:16] == "2026-01-06T11:00"  # then work
    assert found["kind_word"].local[:16] == "2026-01-06T12:00"  # then the rest
    assert found["kind_word"].moved == ("at most 2 email in 1 day",)
    assert found["kind_word"].wanted_at == at(MON)


def test_what_was_sent_counts():
    found = capped("email: 1 per 2 days", ("2026-01-05T09:00", "sent", "other", "email"))
    assert found["promise"].local[:16] == "2026-01-07T12:00"  # two days after the contract, which may not wait


def test_no_rolling_window_ever_holds_more_than_the_cap():
    book = one_stage("every 6 hours", more="caps:\n  email: 3 per 2 days")
    found = plan(book, entered("only", MON), MON, days=20)
    sends = sorted(moment.at for moment in found.moments)
    assert len(sends) > 20
    assert all(later - first >= timedelta(days=2) for first, later in zip(sends, sends[3:], strict=False))


def test_a_pause_holds_everything_until_it_is_over():
    found = plan(
        one_stage("1 day after entry", calendar=OFFICE),
        entered("only", MON, paused_until=at("2026-01-20T22:00")),
        MON,
    )
    assert times(found) == ["2026-01-21T08:00"]
    assert found.moments[0].moved == ("paused until Tue 20 Jan 2026 22:00", "quiet hours 20:00-08:00")


def test_deferred_mail_spreads_always_the_same_way():
    night = "2026-01-05T21:00"
    seeds = [plan(one_stage("on entry", calendar=OFFICE), entered("only", night, jitter_seed=s), night) for s in "abca"]
    spread = [found.moments[0].at - at("2026-01-06T08:00") for found in seeds]
    assert spread[0] == spread[3] and len(set(spread)) == 3
    assert all(timedelta(0) <= by < timedelta(minutes=15) for by in spread)
    prompt = plan(one_stage("on entry", calendar=OFFICE), entered("only", MON, jitter_seed="a"), MON)
    assert prompt.moments[0].at == at(MON)  # only what was deferred


def test_surveys_rest():
    book = playbook(
        "  only:\n    phase: ongoing\n    never_ends: true\n    touchpoints:\n"
        "      one: {kind: work, channel: email, survey: nps, when: 5 days after entry}\n"
        "      two: {kind: work, channel: email, survey: ces, when: 20 days after entry}\n"
        "      three: {kind: work, channel: email, survey: ces, when: 40 days after entry}\n",
        more="surveys:\n  nps: {ask: A, scale: 0-10}\n  ces: {ask: B, scale: 1-7}\n  rest: 30 days",
    )
    found = plan(book, entered("only", MON), MON)
    assert [moment.touchpoint for moment in found.moments] == ["one", "three"]
    assert found.skips[0].reason == "surveys rest 30 days, and nps is asked on Sat 10 Jan 2026 09:00"


def test_holidays_by_country():
    assert "Thanksgiving Day" in holidays_of("us", 2026).values()
