"""Getting in: first user, invitation, password, second factor, limits, and what ends a session."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client

from fondly.people.team import actions, links
from fondly.people.team.access import actor_of
from fondly.people.team.models import SignInLink, User
from fondly.project import settings
from tests.people.team.people import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture(autouse=True)
def _one_half_minute(monkeypatch):
    """A code is good for its half minute of real time, which may end between two steps of a test."""
    monkeypatch.setattr(totp, "yield_hotp_counters_from_time", lambda: iter([1]))


def sign_in(client: Client, email: str, password: str = PASSWORD):
    return client.post("/sign-in", {"login": email, "password": password})


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def confirm(client: Client) -> None:
    """Type the password once more, as before every change of how one signs in."""
    client.post("/account/confirm", {"password": PASSWORD})


def code_for(user: User) -> str:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    return totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))


def test_the_first_user_comes_by_the_printed_link_once(client):
    link = links.make("first")
    path = f"/first/{link.token}"
    assert client.get(path).status_code == 200
    assert not SignInLink.objects.exclude(used_at=None).exists(), "a GET uses nothing up"
    answer = client.post(path, {"name": "Dana", "email": "Dana@Example.com", "password": PASSWORD})
    assert (answer.status_code, answer.url) == (302, "/today")
    dana = User.objects.get()
    assert dana.is_admin and dana.email == "dana@example.com" and is_in(client)
    assert Client().get(path).status_code == 404
    assert Client().post(path, {"name": "X", "email": "x@example.com", "password": PASSWORD}).status_code == 404
    assert User.objects.count() == 1


def test_a_weak_password_is_refused_with_words(client):
    link = links.make("first")
    answer = client.post(f"/first/{link.token}", {"name": "Dana", "email": "d@example.com", "password": "short"})
    assert b"too short" in answer.content and not User.objects.exists()
    answer = client.post(f"/first/{link.token}", {"name": "Dana", "email": "nobody", "password": PASSWORD})
    assert answer.status_code == 200 and not User.objects.exists()


def test_tokens_travel_in_no_referer(client):
    answer = client.get(f"/first/{links.make('first').token}")
    assert answer["Referrer-Policy"] == "same-origin" and "no-store" in answer["Cache-Control"]


def test_an_invitation_leads_in_and_other_links_do_not(client):
    dana = make_user("Dana", admin=True)
    invited = actions.invite(actor_of(dana), actions.Invite("lee@example.com", "Lee"))
    path = invited.link.get_secret_value().split("testserver")[-1].split(":8000")[-1]
    assert client.post("/join/wrong", {"password": PASSWORD}).status_code == 404
    assert client.post(path, {"password": PASSWORD}).status_code == 302 and is_in(client)
    assert client.post(path, {"password": "another long one"}).status_code == 404
    assert sign_in(Client(), "lee@example.com").status_code == 302


def test_a_new_password_does_not_jump_over_the_second_factor(client):
    lee = make_user("Lee", password=True)
    totp.TOTP.activate(lee, totp.generate_totp_secret())
    token = links.make("reset", lee).token
    answer = client.post(f"/join/{token}", {"password": "three brown foxes"})
    assert answer.url == "/sign-in" and not is_in(client)
    answer = sign_in(client, lee.email, "three brown foxes")
    assert answer.url.startswith("/account/factors/authenticate") and not is_in(client)


def test_password_and_code_lead_in(client):
    lee = make_user("Lee", password=True)
    code = code_for(lee)
    assert sign_in(client, lee.email).url.startswith("/account/factors/authenticate")
    assert client.post("/account/factors/authenticate/", {"code": "000000"}).status_code == 200
    assert not is_in(client)
    assert client.post("/account/factors/authenticate/", {"code": code}).status_code == 302
    assert is_in(client)


def test_secrets_of_factors_are_encrypted(client):
    lee = make_user("Lee")
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(lee, secret)
    RecoveryCodes.activate(lee)
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))
    assert totp.TOTP(Authenticator.objects.get(type="totp")).instance.data["secret"].startswith("gAAAA")


def test_passwords_are_kept_with_argon2(client):
    assert make_user("Lee", password=True).password.startswith("argon2")
    assert settings.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]  # with its own costs


def test_the_same_answer_for_a_wrong_password_and_an_unknown_address(client):
    make_user("Lee", password=True)
    wrong, unknown = (
        sign_in(Client(), email, "not the right words") for email in ("lee@example.com", "nobody@example.com")
    )
    assert wrong.status_code == unknown.status_code == 200
    assert wrong.context_data["form"].errors == unknown.context_data["form"].errors


def test_guessing_is_slowed_down(client):
    make_user("Lee", password=True)
    answers = [sign_in(client, "lee@example.com", f"guess number {n}") for n in range(7)]
    assert "many" in str(answers[-1].content).lower()
    late = sign_in(client, "lee@example.com")
    assert not is_in(client), "even the right password waits"
    assert late.status_code in (200, 429)


def test_nobody_signs_up_alone(client):
    for path in ("/sign-up", "/account/signup/", "/accounts/signup/"):
        answer = client.post(path, {"email": "x@example.com", "password1": PASSWORD})
        assert answer.status_code in (302, 404)
    assert not User.objects.exists()


def test_signing_in_changes_the_session(client):
    lee = make_user("Lee", password=True)
    client.get("/sign-in")
    client.cookies["sessionid"] = "attackers-choice"
    sign_in(client, lee.email)
    assert client.cookies["sessionid"].value != "attackers-choice" and is_in(client)


def test_a_new_password_ends_the_other_sessions(client):
    lee = make_user("Lee", password=True)
    other = Client()
    sign_in(client, lee.email), sign_in(other, lee.email)
    assert is_in(client) and is_in(other)
    data = {"oldpassword": PASSWORD, "password1": "three brown foxes", "password2": "three brown foxes"}
    client.post("/account/password", data)
    assert is_in(client) and not is_in(other)


@pytest.mark.django_db(transaction=True)
def test_a_new_factor_ends_the_other_sessions(client):
    lee = make_user("Lee", password=True)
    other = Client()
    sign_in(client, lee.email), sign_in(other, lee.email)
    asked = client.get("/account/factors/totp/activate/")
    assert asked.url.startswith("/account/confirm") and client.get(asked.url).status_code == 200
    confirm(client)
    page = client.get("/account/factors/totp/activate/")
    secret = page.context_data["form"].secret
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))
    assert client.post("/account/factors/totp/activate/", {"code": code}).status_code == 302
    assert is_in(client) and not is_in(other)


def test_switching_off_ends_every_session_at_once(client):
    dana, lee = make_user("Dana", admin=True), make_user("Lee", password=True)
    sign_in(client, lee.email)
    assert is_in(client)
    actions.deactivate(actor_of(dana), actions.UserId(lee.pk))
    assert not is_in(client)
    actions.activate(actor_of(dana), actions.UserId(lee.pk))
    assert not is_in(client), "an old session does not come back"


def test_a_link_from_the_shell_asks_before_it_signs_in(client, settings):
    lee = make_user("Lee")
    token = links.make("enter", lee).token
    assert client.get(f"/enter/{token}").status_code == 200 and not is_in(client)
    assert client.post(f"/enter/{token}").status_code == 302 and is_in(client)
    assert Client().post(f"/enter/{token}").status_code == 404


def test_only_a_demo_lets_people_be_anybody(client, settings):
    lee = make_user("Lee")
    assert client.post(f"/enter-as/{lee.pk}").status_code == 403 and not is_in(client)
    settings.FONDLY_DEMO = True
    assert b"Lee" in client.get("/sign-in").content
    assert client.get(f"/enter-as/{lee.pk}").status_code == 405
    assert client.post(f"/enter-as/{lee.pk}").status_code == 302 and is_in(client)


@pytest.mark.parametrize(
    "path",
    [
        "/account/password", "/account/factors/", "/account/factors/totp/activate/", "/account/factors/webauthn/",
        "/account/factors/webauthn/add/", "/sign-out",
    ],
)  # fmt: skip
def test_pages_of_ones_own_account_open(client, path):
    lee = make_user("Lee", password=True)
    sign_in(client, lee.email)
    confirm(client)
    assert client.get(path).status_code == 200
