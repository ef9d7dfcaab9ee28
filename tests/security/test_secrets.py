"""Secrets stay where they are, and what opens an install to everybody works at home only."""

import json

import pytest

from fondly.ground import config
from fondly.ground.action import NotAllowed, perform
from fondly.ground.actions import UndoEntry
from fondly.ground.models import AuditEntry
from fondly.people.team import tokens
from fondly.people.team.access import actor_of
from fondly.people.team.actions import ChangeSelf
from fondly.people.team.models import ApiToken, User
from tests.cast import NOW

_SECRETS = {
    "FONDLY_EMAIL_URL": "smtp://dana:opensesame@mail.example.com:25",
    "FONDLY_DATABASE_URL": "postgresql://host/name?user=dana&password=opensesame",
    "FONDLY_SECRET_KEY": "odd://opensesame",
    "FONDLY_METRICS_TOKEN": "https://opensesame",
}


@pytest.mark.parametrize("name", _SECRETS)
def test_a_secret_setting_is_never_shown(name):
    value = config.load({name: _SECRETS[name]})[name]
    assert "opensesame" not in value.shown
    assert "opensesame" not in repr(value)  # what an error page or a log would print


@pytest.mark.parametrize("name", ["FONDLY_DEMO", "FONDLY_DEBUG"])
def test_a_public_address_refuses_to_be_open_to_all(name):
    with pytest.raises(config.ConfigError, match=name):
        config.load({name: "yes", "FONDLY_URL": "https://clients.example.com"})
    assert config.load({name: "yes", "FONDLY_URL": "http://localhost:8133"})
    assert config.load({name: "no", "FONDLY_URL": "https://clients.example.com"})


def test_numbers_of_the_business_are_not_public(client, settings, db):
    settings.FONDLY_URL = "https://clients.example.com"
    answer = client.get("/metrics")
    assert answer.status_code == 401 and b"fondly_messages" not in answer.content


def test_nobody_is_anybody_outside_a_demo(cast, client, settings):
    settings.FONDLY_DEMO = False
    assert client.post(f"/enter-as/{cast.dana.pk}").status_code == 403
    assert "_auth_user_id" not in client.session


def test_the_mail_password_stays_out_of_activity_pages_and_exports(cast, as_user):
    dana = as_user(cast.dana)
    form = {"host": "mail.example.com", "port": "587", "user": "dana", "password": "opensesame-77",
            "security": "starttls", "sender": "Dana <dana@harbour.example>"}  # fmt: skip
    assert dana.post("/settings/mail", form).status_code == 302
    entry = AuditEntry.objects.get(action="settings.connect_mail")
    assert "opensesame" not in json.dumps([entry.input, entry.undo_input, entry.summary])
    for path in ("/settings", "/settings/mail", "/settings/about", "/activity", "/outbox"):
        assert b"opensesame" not in dana.get(path).content, path


def test_only_the_person_undoes_what_they_did_for_themselves(cast):
    perform("team.change_self", actor_of(cast.dana), ChangeSelf("Dana R."))
    entry = AuditEntry.objects.get(action="team.change_self")
    with pytest.raises(NotAllowed):
        perform("audit.undo", actor_of(cast.lee), UndoEntry(entry.pk))
    cast.lee.refresh_from_db()
    assert cast.lee.name == "Lee Wong"


def test_a_key_cannot_make_keys(cast, client):
    ApiToken.objects.create(
        user=cast.dana, name="t", token_hash=tokens.hashed("fondly_x"), hint="x", scopes=["read"], made_at=NOW
    )
    body = json.dumps({"name": "for ever", "scopes": ["read"]})
    answer = client.post(
        "/api/do/team.create_token", body, content_type="application/json",
        headers={"Authorization": "Bearer fondly_x"},
    )  # fmt: skip
    assert answer.status_code == 403
    assert ApiToken.objects.count() == 1


def test_a_key_does_what_its_scopes_say_and_ends_with_its_person(cast, client):
    key = ApiToken.objects.create(
        user=cast.dana, name="t", token_hash=tokens.hashed("fondly_x"), hint="x", scopes=["read"], made_at=NOW
    )
    headers = {"Authorization": "Bearer fondly_x"}
    body = json.dumps({"client_id": cast.priya.pk, "text": "hello"})
    note = client.post("/api/do/clients.note", body, content_type="application/json", headers=headers)
    assert note.status_code == 403
    assert client.get("/api/clients", headers=headers).status_code == 200
    assert client.get("/api/clients", headers={"Authorization": f"Bearer {key.token_hash}"}).status_code == 401
    User.objects.filter(pk=cast.dana.pk).update(is_active=False)
    assert client.get("/api/clients", headers=headers).status_code == 401


def test_a_person_switched_off_is_out_at_once(cast, as_user):
    lee = as_user(cast.lee)
    assert lee.get("/today").status_code == 200
    assert as_user(cast.dana).post(f"/team/people/{cast.lee.pk}/switch", {"to": "off"}).status_code == 302
    assert lee.get("/today").status_code == 302


def test_guessing_a_password_ends_soon_and_tells_nothing(cast, client):
    def told(login: str, n: int) -> tuple[int, bytes]:
        answer = client.post("/sign-in", {"login": login, "password": f"wrong-{n}"})
        return answer.status_code, answer.content

    known, unknown = told("dana@harbour.example", 0), told("nobody@harbour.example", 0)
    assert known[0] == unknown[0]
    for n in range(1, 12):
        told("dana@harbour.example", n)
    client.post("/sign-in", {"login": "dana@harbour.example", "password": "harbour-lights-42"})
    assert "_auth_user_id" not in client.session
