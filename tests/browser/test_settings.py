"""Settings: mail connected on screen, the doctor, data in and out, the clock of a demo."""

import socket
import threading
from datetime import timedelta

import pytest
from django.test import Client as Browser

from fondly.doors.web import making
from fondly.ground import clock, secrets
from fondly.ground.action import Refused, perform
from fondly.ground.actions import UndoEntry
from fondly.ground.models import AuditEntry, Setting
from fondly.people.clients.models import Client
from fondly.people.team.access import actor_of
from fondly.people.team.models import User
from fondly.run.outbox import addresses
from tests import cast as casting
from tests.browser.conftest import PHONE

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
MAIL = {"sender": "Dana <dana@harbour.example>", "host": "mail.example.com", "port": "", "security": "starttls",
        "user": "dana@harbour.example", "password": "p/a:s@s?"}  # fmt: skip


def inside(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user, backend=BACKEND)
    return browser


def test_what_is_not_connected_comes_first(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana)
    page = visitor.open("/settings")
    assert "Mail is not connected" in page.inner_text(".first") and visitor.axe() == []
    page.get_by_role("searchbox", name="Search the settings").fill("two-factor")
    assert [b.inner_text() for b in page.locator(".ways b:visible").all()] == ["Your account"]
    page.get_by_role("link", name="Connect mail").click()
    form = page.get_by_role("region", name="Connect mail")
    form.get_by_label("Server").fill("mail.example.com")
    form.get_by_label("User").fill("dana")
    form.get_by_label("Password").fill("s3cret")
    page.get_by_role("button", name="Connect", exact=True).click()
    page.wait_for_selector("text=Mail leaves by mail.example.com now")
    assert "s3cret" not in page.content() and visitor.axe() == []
    server = addresses.server()
    assert server is not None and (server.port, server.security, server.password) == (587, "starttls", "s3cret")


def test_a_password_is_kept_for_its_own_server_only_and_never_audited(cast: casting.Cast) -> None:
    dana = inside(cast.dana)
    dana.post("/settings/mail", MAIL)
    server = addresses.server()
    assert server is not None and server.password == "p/a:s@s?"
    assert "p/a:s@s?" not in str(list(AuditEntry.objects.values())) + str(list(Setting.objects.values()))
    dana.post("/settings/mail", MAIL | {"password": "", "port": "2525"})
    server = addresses.server()
    assert server is not None and (server.port, server.password) == (2525, "p/a:s@s?")
    dana.post("/settings/mail", MAIL | {"password": "", "host": "evil.example.com"})
    server = addresses.server()
    assert server is not None and server.password == ""


def test_undo_puts_the_former_server_back(cast: casting.Cast) -> None:
    dana = inside(cast.dana)
    dana.post("/settings/mail", MAIL)
    dana.post("/settings/mail", MAIL | {"host": "other.example.com", "sender": "b@harbour.example", "password": "2"})
    first, second = AuditEntry.objects.filter(action="settings.connect_mail").order_by("pk")
    actor = actor_of(cast.dana)
    with pytest.raises(Refused, match="changed again since"):
        perform("audit.undo", actor, UndoEntry(first.pk))
    put_back = perform("audit.undo", actor, UndoEntry(second.pk))
    server, sender = addresses.server(), addresses.sender()
    assert server is not None and (server.host, server.password) == ("mail.example.com", "p/a:s@s?")
    assert sender is not None and sender.address == "dana@harbour.example"
    assert "p/a:s@s?" not in str(list(AuditEntry.objects.values())) + str(list(Setting.objects.values()))
    again = AuditEntry.objects.get(action="settings.put_mail_back")
    assert put_back.summary
    perform("audit.undo", actor, UndoEntry(again.pk))
    server = addresses.server()
    assert server is not None and (server.host, server.password) == ("other.example.com", "2")


def test_undo_of_the_first_connection_leaves_none_and_disconnecting_forgets_all(cast: casting.Cast) -> None:
    dana = inside(cast.dana)
    dana.post("/settings/mail", MAIL)
    perform("audit.undo", actor_of(cast.dana), UndoEntry(AuditEntry.objects.get(action="settings.connect_mail").pk))
    assert addresses.server() is None and addresses.sender() is None
    dana.post("/settings/mail", MAIL)
    dana.post("/settings/mail/off")
    assert [s.value for s in Setting.objects.filter(name__startswith=addresses.URL_SECRET)] == ["", ""]


@pytest.mark.parametrize("wrong", [{"host": ""}, {"sender": "nobody"}, {"security": "magic"}, {"port": "many"}])
def test_what_cannot_be_used_changes_nothing(cast: casting.Cast, wrong: dict[str, str]) -> None:
    inside(cast.dana).post("/settings/mail", MAIL | wrong)
    assert secrets.reveal(addresses.URL_SECRET) == ""


def test_the_test_message_goes_to_oneself(cast: casting.Cast) -> None:
    heard: list[bytes] = []
    port = _server(heard)
    dana = inside(cast.dana)
    dana.post("/settings/mail", MAIL | {"host": "127.0.0.1", "port": str(port), "security": "none", "user": ""})
    answer = dana.post("/settings/mail/test", follow=True).content.decode()
    assert "on its way to dana@harbour.example" in answer
    assert b"RCPT TO:<dana@harbour.example>" in b"".join(heard).replace(b"rcpt TO", b"RCPT TO")


def test_a_server_that_is_not_there_is_said_in_words(cast: casting.Cast) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    dana = inside(cast.dana)
    dana.post("/settings/mail", MAIL | {"host": "127.0.0.1", "port": str(port), "security": "none", "user": ""})
    assert "did not take it" in dana.post("/settings/mail/test", follow=True).content.decode()


def _server(heard: list[bytes]) -> int:
    """An SMTP server for one message."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _address = listening.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 here\r\n")
            body = False
            for line in lines:
                heard.append(line)
                word = line[:4].upper()
                if body:
                    body = line != b".\r\n"
                    if not body:
                        connection.sendall(b"250 taken\r\n")
                elif word == b"DATA":
                    body = True
                    connection.sendall(b"354 go on\r\n")
                else:
                    connection.sendall(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
        listening.close()

    threading.Thread(target=serve, daemon=True).start()
    return int(listening.getsockname()[1])


def test_only_admins_open_what_is_theirs(cast: casting.Cast) -> None:
    dana, lee = inside(cast.dana), inside(cast.lee)
    for path in ("/settings/mail", "/settings/doctor", "/settings/clock"):
        assert (dana.get(path).status_code, lee.get(path).status_code) == (200, 403), path
    for path in ("/settings", "/settings/data", "/settings/about"):
        assert lee.get(path).status_code == 200, path
    Client.objects.filter(pk=cast.tom.pk).update(is_demo=True)
    for path in ("/settings/mail", "/settings/data/remove-examples", "/settings/data/backup", "/settings/clock"):
        lee.post(path, MAIL | {"choice": "day"})
    assert Client.objects.filter(is_demo=True).exists() and clock.target() is None
    assert secrets.reveal(addresses.URL_SECRET) == "" and making.state() == {}
    assert lee.get("/settings/data/backup/anything.tar.gz").status_code == 403
    assert dana.get("/settings/data/backup/..%2Fsecret.key").status_code == 404
    assert dana.get("/settings/data/remove-examples").status_code == 405


def test_the_examples_go_and_the_rest_stays(cast: casting.Cast) -> None:
    Client.objects.filter(pk__in=[cast.tom.pk, cast.ana.pk]).update(is_demo=True)
    before = Client.objects.count()
    inside(cast.dana).post("/settings/data/remove-examples")
    assert Client.objects.count() == before - 2 and not Client.objects.filter(is_demo=True).exists()


def test_an_export_is_made_and_can_be_fetched(cast: casting.Cast) -> None:
    making._export()
    made = making.finished("export")[0]
    answer = inside(cast.dana).get(f"/settings/data/export/{made.name}")
    assert answer.status_code == 200 and b"".join(answer.streaming_content)[:2] == b"PK"


def test_the_clock_moves_forward_only(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana, viewport=PHONE, color_scheme="dark")
    page = visitor.open("/settings/clock")
    page.get_by_role("button", name="Two weeks on").click()
    page.wait_for_selector("text=On the way to")
    target = clock.target()
    assert target is not None and abs(target - clock.now() - timedelta(days=14)) < timedelta(minutes=5)
    assert visitor.sideways() == 0 and visitor.axe() == []
    clock.arrived()
    inside(cast.dana).post("/settings/clock", {"to": "2001-01-01T00:00"})
    assert clock.target() is None


def test_a_fixed_clock_has_no_page(cast: casting.Cast, settings) -> None:  # type: ignore[no-untyped-def]
    settings.FONDLY_MOVABLE_CLOCK = False
    assert inside(cast.dana).get("/settings/clock").status_code == 404


def test_doctor_and_data_on_a_phone(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana, viewport=PHONE)
    for path in ("/settings/doctor?now=1", "/settings/data", "/settings/about", "/settings/mail"):
        visitor.open(path)
        assert visitor.sideways() == 0 and visitor.axe() == [], path
