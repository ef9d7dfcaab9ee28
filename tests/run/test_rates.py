"""No faster than the provider allows: in any stretch of time, over restarts, for one domain or in all."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondly.ground import clock
from fondly.ground.action import SYSTEM, perform
from fondly.ground.config import ConfigError
from fondly.run.journeys import engine
from fondly.run.journeys.actions import StartJourney
from fondly.run.outbox import addresses, rates, room, sending
from fondly.run.outbox.models import Message, RateCount
from fondly.run.outbox.rates import Limit, parse
from tests.run.conftest import MONDAY, make_client, publish, set_option

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def waiting(*addresses):
    """A welcome for each in the Outbox, its hold over in a minute."""
    playbook, _version = publish()
    with clock.at(MONDAY):
        for address in addresses:
            perform("journeys.start", SYSTEM, StartJourney(make_client(address, address).pk, playbook.pk))
        engine.tick(MONDAY)


def at_domain(count, domain="example.org"):
    return [f"c{n}@{domain}" for n in range(count)]


def send(at):
    with clock.at(at):
        return sending.send_ready(at, "worker")


@pytest.mark.django_db
def test_a_rate_holds_over_restarts_and_the_rest_follows(mail, settings):
    set_option(settings, "FONDLY_MAIL_RATE", "3 per minute")
    waiting(*at_domain(7))
    assert send(MONDAY + MINUTE) == 3
    assert send(MONDAY + MINUTE + 30 * SECOND) == 0  # a new turn, as after a restart: the database has counted
    assert send(MONDAY + 3 * MINUTE) == 3
    assert send(MONDAY + 5 * MINUTE) == 1
    assert len(mail.received) == len({to for to, _raw in mail.received}) == 7


@pytest.mark.django_db
def test_a_full_domain_waits_with_its_reason_and_holds_nobody_up(mail, settings):
    set_option(settings, "FONDLY_MAIL_RATE", "2 per minute to one domain")
    waiting(*at_domain(4, "slow.example"), *at_domain(3, "quick.example"))
    assert send(MONDAY + MINUTE) == 4
    held = Message.objects.filter(state="held")
    assert {message.to_address.split("@")[1] for message in held} == {"slow.example", "quick.example"}
    assert all("FONDLY_MAIL_RATE" in message.held_why and message.go_at > MONDAY + MINUTE for message in held)
    assert send(MONDAY + 3 * MINUTE) == 3


@pytest.mark.django_db
def test_the_count_at_the_point_of_no_return_is_the_one_that_holds(mail, settings, monkeypatch):
    """Another worker takes the last place after this one has looked."""
    set_option(settings, "FONDLY_MAIL_RATE", "1 per hour")
    waiting(*at_domain(1))
    prepare = sending.preparing.prepare

    def and_then_another_takes_it(*given):
        ready = prepare(*given)
        limit = rates.limits()[0]
        at = limit.starts_at(MONDAY + MINUTE)
        RateCount.objects.create(domain="", span=limit.span, starts_at=at, count=1)
        return ready

    monkeypatch.setattr(sending.preparing, "prepare", and_then_another_takes_it)
    assert send(MONDAY + MINUTE) == 0
    assert mail.received == []
    assert Message.objects.get().go_at > MONDAY + 60 * MINUTE


@pytest.mark.django_db
def test_old_counts_are_forgotten(mail, settings):
    set_option(settings, "FONDLY_MAIL_RATE", "5 per day")
    waiting(*at_domain(2))
    send(MONDAY + MINUTE)
    assert RateCount.objects.count() == 1
    room.forget_old(MONDAY + timedelta(days=3))
    assert RateCount.objects.count() == 0


@given(
    st.integers(1, 5),
    st.lists(st.integers(0, 40), min_size=1, max_size=60),
)
def test_in_no_stretch_of_a_minute_leave_more_than_allowed(most, gaps):
    """Each gap is the seconds until the next wish to send."""
    limit = Limit(most, 60, False)
    left, counts, now = [], {}, MONDAY
    for gap in gaps:
        now += gap * SECOND
        living = {at: n for at, n in counts.items() if limit.frees_at(at) > now}
        if sum(living.values()) < most:
            left.append(now)
            counts[limit.starts_at(now)] = counts.get(limit.starts_at(now), 0) + 1
    for start in left:
        assert sum(start <= at < start + MINUTE for at in left) <= most


def test_rates_are_read_and_a_wrong_one_is_named(settings):
    assert parse("60 per minute, 20 per minute to one domain,2000 per day") == [
        Limit(60, 60, False), Limit(20, 60, True), Limit(2000, 86_400, False),
    ]  # fmt: skip
    assert parse("") == []
    for wrong in ("60", "0 per minute", "many per day", "5 per second", "5 per day to all"):
        with pytest.raises(ConfigError, match="It looks like 60 per minute"):
            parse(wrong)
    set_option(settings, "FONDLY_EMAIL_URL", "smtp://127.0.0.1:25")
    set_option(settings, "FONDLY_EMAIL_FROM", "Dana <dana@example.org>")
    set_option(settings, "FONDLY_MAIL_RATE", "60")
    assert "FONDLY_MAIL_RATE" in addresses.not_ready()
