"""Connecting a mailbox: by setting or on screen; what it says where people look; its password never shown."""

import pytest
from django.test import Client as Browser
from pydantic import SecretStr

from fondly.doors import checkup
from fondly.ground import clock
from fondly.ground.action import Refused
from fondly.ground.config import ConfigError
from fondly.ground.models import AuditEntry
from fondly.listen.returns import mailboxes
from fondly.listen.returns.actions import ConnectMailbox, DisconnectMailbox
from fondly.people.team.models import User
from tests.listen.returns import dovecot as dovecots
from tests.listen.returns.conftest import read, set_option, turn
from tests.listen.returns.mails import dsn
from tests.run.conftest import MONDAY
from tests.run.doing import HOUR, do, undo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dana():
    user = User.objects.create(email="dana@example.com", name="Dana", is_admin=True, joined_at=MONDAY)
    browser = Browser()
    browser.force_login(user)
    return browser


def connect(box, **more):
    given = {"port": box.server.port, "security": "none", "password": SecretStr(dovecots.PASSWORD), **more}
    return do("returns.connect_mailbox", ConnectMailbox("127.0.0.1", box.user, **given))


def finding(name):
    return next((found for found in checkup.examine() if found.name == name), None)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("imaps://dana%40x.example:p%2Fw@mail.example.com", "dana@x.example@mail.example.com:993/INBOX"),
        ("imap+tls://d:p@mail.example.com/Returned%20mail", "d@mail.example.com:143/Returned mail"),
        ("imap://d:p@127.0.0.1:8143", "d@127.0.0.1:8143/INBOX"),
    ],
)
def test_addresses_that_can_be_read(url, name):
    assert mailboxes.parse(url).name == name


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mail.example.com", "starts with 'nothing'"),
        ("pop3://d:secret@x.example", "starts with 'pop3'"),
        ("imaps://mail.example.com", "needs a user"),
        ("imap://d:secret@mail.example.com", "in the open"),
        ("imaps://d:secret@mail.example.com:99999", "cannot be read"),
        ("imaps://d%0d%0aLOGOUT:secret@mail.example.com", "line end"),
        ("imaps://d:secret@mail.example.com/a%22b", "quote"),
        ("imaps://d:secret@mail.example.com/?x=1", "must be written as"),
    ],
)
def test_addresses_that_cannot_say_why_and_hide_the_password(url, words):
    with pytest.raises(ConfigError, match=words) as refused:
        mailboxes.parse(url)
    assert "secret" not in str(refused.value)


def test_a_mailbox_set_on_screen_is_read_and_its_password_kept_secret(mail, box, settings, dana):
    set_option(settings, "FONDLY_IMAP_URL", "")
    assert finding("mailbox").state == "note"
    done = connect(box)
    assert "not read yet" in finding("mailbox").says
    turn(MONDAY + HOUR)
    assert finding("mailbox").state == "good" and finding("mailbox").says.startswith("read ")
    shown = dana.get("/settings/mail").content.decode()
    assert f"{box.user}@127.0.0.1:{box.server.port}/INBOX" in shown and dovecots.PASSWORD not in shown
    assert dovecots.PASSWORD not in str(AuditEntry.objects.values_list("input", flat=True))
    connect(box, password=SecretStr(""))
    assert mailboxes.mailbox().password == dovecots.PASSWORD, "empty keeps it"
    connect(box, port=box.server.port + 1, password=SecretStr(""))
    undo(done)
    assert mailboxes.mailbox() is None
    with pytest.raises(Refused, match="No mailbox is set"):
        do("returns.disconnect_mailbox", DisconnectMailbox())


def test_the_stored_password_goes_to_no_other_place(box, settings):
    set_option(settings, "FONDLY_IMAP_URL", "")
    connect(box, security="tls")
    with pytest.raises(Refused, match="in the open"):
        connect(box, password=SecretStr(""))
    do("returns.connect_mailbox", ConnectMailbox("elsewhere.example", box.user))
    assert mailboxes.mailbox().password == ""


def test_the_form_of_the_page_connects_and_disconnects(box, settings, dana):
    set_option(settings, "FONDLY_IMAP_URL", "")
    form = {"host": "127.0.0.1", "port": box.server.port, "user": box.user, "security": "none", "folder": "INBOX"}
    dana.post("/settings/mail/returns", {**form, "password": dovecots.PASSWORD})
    assert mailboxes.mailbox().user == box.user
    dana.post("/settings/mail/returns/off")
    assert mailboxes.mailbox() is None


def test_one_that_is_set_at_the_start_cannot_be_changed_on_screen(box, dana):
    with pytest.raises(Refused, match="FONDLY_IMAP_URL"):
        connect(box)
    assert "change it there" in dana.get("/settings/mail").content.decode()


def test_the_doctor_and_the_page_tell_what_is_wrong(mail, box, settings, dana):
    set_option(settings, "FONDLY_IMAP_URL", "imaps://dana:hidden@127.0.0.1:1")
    read(MONDAY)
    assert finding("mailbox").state == "bad" and "cannot be reached" in finding("mailbox").says
    assert "cannot be reached" in dana.get("/settings/mail").content.decode()
    set_option(settings, "FONDLY_IMAP_URL", "nonsense")
    assert "starts with 'nothing'" in finding("mailbox").says
    set_option(settings, "FONDLY_MAIL_PROVIDER", "pigeon")
    assert "known are: mailgun, postmark" in finding("provider").says
    shown = dana.get("/settings/mail").content.decode()
    assert "The mailbox address starts with" in shown and "pigeon" in shown


def test_reports_that_are_not_ours_are_counted_on_the_page(mail, box, dana):
    box.put(dsn("0" * 40 + "@stillwater.example", "priya@example.org"))
    read(MONDAY)
    with clock.at(MONDAY + HOUR):
        assert "1 report of the last 30 days named no message" in dana.get("/settings/mail").content.decode()


@pytest.mark.parametrize("scheme", ["imaps", "imap+tls"])
def test_an_encrypted_mailbox_is_read_when_its_certificate_is_trusted_and_only_then(
    mail, box, settings, monkeypatch, scheme
):
    set_option(settings, "FONDLY_IMAP_URL", box.server.url(box.user, scheme))
    read(MONDAY)
    assert "certificate" in finding("mailbox").says
    monkeypatch.setenv("SSL_CERT_FILE", str(box.server.base / "cert.pem"))
    read(MONDAY)
    assert finding("mailbox").state == "good"
