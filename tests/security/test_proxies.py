"""Behind web servers of our own: limits count visitors, not the server in front, and nobody chooses who they are."""

import pytest
from django.conf import settings
from django.test import Client

PROXY = "10.0.0.5"
WRONG = {"login": "nobody@harbour.example", "password": "not this one"}


@pytest.fixture
def one_proxy(settings, db):
    from django.core.management import call_command

    call_command("createcachetable", verbosity=0)
    settings.FONDLY_PROXIES = 1
    settings.MIDDLEWARE = ["fondly.doors.web.proxies.BehindProxies", *settings.MIDDLEWARE]


def tries_until_limited(forwarded: list[str]) -> int:
    """How many wrong passwords are answered, each for another account, before one visitor has to wait."""
    for number, chain in enumerate(forwarded):
        answer = Client().post(
            "/sign-in",
            {**WRONG, "login": f"nobody{number}@harbour.example"},
            REMOTE_ADDR=PROXY,
            headers={"X-Forwarded-For": chain} if chain else {},
        )
        if answer.status_code == 429:
            return number
    return len(forwarded)


def test_one_visitor_who_guesses_does_not_lock_out_the_others(one_proxy):
    many = 40
    assert tries_until_limited(["198.51.100.7"] * many) < many
    assert tries_until_limited(["198.51.100.8"]) == 1


def test_a_visitor_cannot_choose_an_address(one_proxy):
    many = 40
    assert tries_until_limited([f"203.0.113.{n}, 198.51.100.9" for n in range(many)]) < many


def test_without_the_setting_the_header_is_not_believed(db):
    from django.core.management import call_command

    call_command("createcachetable", verbosity=0)
    assert not settings.FONDLY_PROXIES
    many = 40
    assert tries_until_limited([f"203.0.113.{n}" for n in range(many)]) < many


@pytest.mark.parametrize("chain", ["", "not an address", "1.2.3.4.5", "198.51.100.7 "])
def test_a_strange_header_breaks_nothing(one_proxy, chain):
    headers = {"X-Forwarded-For": chain, "X-Forwarded-Proto": "gopher"}
    assert Client().get("/sign-in", REMOTE_ADDR=PROXY, headers=headers).status_code == 200


def test_browsers_are_told_to_stay_with_tls_when_they_came_by_it(one_proxy, settings):
    settings.SECURE_HSTS_SECONDS = 60
    plain = Client().get("/sign-in", headers={"X-Forwarded-Proto": "http"})
    over_tls = Client().get("/sign-in", headers={"X-Forwarded-Proto": "https"})
    assert "Strict-Transport-Security" not in plain.headers
    assert over_tls.headers["Strict-Transport-Security"] == "max-age=60"
