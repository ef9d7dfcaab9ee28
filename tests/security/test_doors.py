"""The way in: links that work once, cookies, sign-out, mail settings, keys that belong to one person."""

import json
import threading

import pytest
from django.db import connection
from django.test import Client

from fondly.ground import secrets
from fondly.ground.action import Conflict, NotAllowed, Refused, perform
from fondly.ground.models import UsedKey
from fondly.people.clients.actions import LogNote
from fondly.people.team import links
from fondly.people.team.access import actor_of
from fondly.people.team.models import User
from fondly.run.outbox import addresses

FORM = {"name": "Eve", "email": "eve@harbour.example", "password": "three blue boats at noon"}


def test_the_first_link_makes_one_admin_only(db):
    link = links.make("first")
    assert Client().get(f"/first/{link.token}").status_code == 200
    assert Client().head(f"/first/{link.token}").status_code == 200
    assert Client().post(f"/first/{link.token}", FORM).status_code == 302
    assert Client().post(f"/first/{link.token}", {**FORM, "email": "b@c.example"}).status_code == 404
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_admin():
    from django.core.management import call_command

    call_command("createcachetable", verbosity=0)
    link, answers = links.make("first"), []

    def press(n: int) -> None:
        try:
            client = Client(raise_request_exception=False)
            answers.append(client.post(f"/first/{link.token}", {**FORM, "email": f"e{n}@harbour.example"}).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.filter(is_admin=True).count() == 1 and answers.count(302) == 1


def test_a_link_of_one_kind_opens_no_other_door(cast):
    token = links.make("reset", cast.dana).token
    for door in ("first", "enter"):
        assert Client().post(f"/{door}/{token}", FORM).status_code == 404
    answer = Client().post(f"/join/{token}", {"password": "three blue boats at noon"})
    assert answer["Location"].startswith("/sign-in")  # a second factor is still asked for


def test_signing_in_gives_a_new_session(cast):
    client = Client()
    client.get("/sign-in")
    client.cookies["sessionid"] = "a" * 32
    client.post("/sign-in", {"login": "dana@harbour.example", "password": "harbour-lights-42"})
    cookie = client.cookies["sessionid"]
    assert cookie.value != "a" * 32 and cookie["httponly"] and cookie["samesite"] == "Lax"


def test_looking_at_sign_out_signs_nobody_out(cast, as_user):
    client = as_user(cast.dana)
    client.get("/sign-out")
    assert client.get("/today").status_code == 200
    client.post("/sign-out")
    assert client.get("/today").status_code == 302


@pytest.mark.parametrize("host", ["a/b", "x@evil.example", "a b\r\nX: y", "http://169.254.169.254/", "a?b", "a#b", ""])
def test_mail_settings_name_a_mail_server_only(cast, as_user, host):
    form = {"host": host, "sender": "a@b.example", "security": "none", "user": "", "password": ""}
    as_user(cast.dana).post("/settings/mail", form)
    found = addresses.server()
    assert found is None or (found.host in ("evil.example",) and not found.password)


def test_the_stored_password_is_never_sent_in_the_open(cast):
    from fondly.doors.web.settings_actions import ConnectMail

    secrets.store(addresses.URL_SECRET, "smtp+tls://dana:opensesame@mail.example.com:587")
    weaker = ConnectMail("mail.example.com", "dana@harbour.example", 25, "dana", "none")
    with pytest.raises(Refused):
        perform("settings.connect_mail", actor_of(cast.dana), weaker)
    elsewhere = ConnectMail("evil.example", "dana@harbour.example", 587, "dana", "starttls")
    perform("settings.connect_mail", actor_of(cast.dana), elsewhere)
    assert addresses.server().password == ""


def test_an_idempotency_key_belongs_to_one_person(cast):
    note = LogNote(cast.priya.pk, "hello")
    first = perform("clients.note", actor_of(cast.dana), note, key="k")
    second = perform("clients.note", actor_of(cast.lee), note, key="k")
    assert first.result != second.result and UsedKey.objects.count() == 2
    with pytest.raises(Conflict):
        perform("clients.note", actor_of(cast.lee), LogNote(cast.tom.pk, "hello"), key="k")


def test_a_used_key_is_no_way_round_a_lost_permission(cast):
    perform("clients.note", actor_of(cast.lee), LogNote(cast.priya.pk, "hello"), key="k")
    cast.lee.roles.clear()
    with pytest.raises(NotAllowed):
        perform("clients.note", actor_of(User.objects.get(pk=cast.lee.pk)), LogNote(cast.priya.pk, "hello"), key="k")


def test_a_stolen_link_token_is_not_in_the_audit_trail(cast):
    from fondly.ground.models import AuditEntry
    from fondly.run.outbox.links import hash_of, token_for
    from fondly.run.outbox.models import Message

    message = Message.objects.order_by("pk").first()
    token = token_for(message.effect_key)
    Message.objects.filter(pk=message.pk).update(link_hash=hash_of(token), purpose="marketing")
    assert Client().get(f"/unsubscribe/{token}").status_code == 200
    assert AuditEntry.objects.filter(action="outbox.unsubscribe").count() == 0
    assert Client().post(f"/unsubscribe/{token}").status_code == 200
    entries = AuditEntry.objects.filter(action="outbox.unsubscribe")
    assert entries.count() == 1 and token not in json.dumps([entry.input for entry in entries])


def test_an_unsubscribe_page_is_the_same_for_unknown_links(cast):
    unknown, other = Client().get(f"/unsubscribe/{'a' * 22}"), Client().get(f"/unsubscribe/{'b' * 22}")
    assert unknown.status_code == other.status_code == 200
    assert unknown["Referrer-Policy"] == "no-referrer" and unknown["Cache-Control"] == "no-store"
