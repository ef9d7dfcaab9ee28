"""Which mailbox is read. The password is typed so that the audit trail never holds it."""

from dataclasses import dataclass, field
from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext as _
from pydantic import SecretStr

from fondly.ground import secrets
from fondly.ground.action import Actor, Outcome, Refused, Undo, action
from fondly.ground.config import ConfigError
from fondly.listen.returns import mailboxes, watching

_SCHEMES = {"tls": "imaps", "starttls": "imap+tls", "none": "imap"}


@dataclass(frozen=True, slots=True)
class ConnectMailbox:
    """security: tls, starttls or none. port 0: the usual one. password "" keeps the one that is stored."""

    host: str
    user: str
    port: int = 0
    security: str = "tls"
    folder: str = "INBOX"
    password: SecretStr = field(default=SecretStr(""))


@dataclass(frozen=True, slots=True)
class DisconnectMailbox:
    """Nothing to say: forget the mailbox and its password."""


@dataclass(frozen=True, slots=True)
class MailboxConnected:
    name: str


@action("returns.connect_mailbox", permission="admin", summary="Connect the mailbox that is read for what comes back")
def connect_mailbox(actor: Actor, given: ConnectMailbox) -> Outcome[MailboxConnected]:
    """Store where bounces, complaints and automatic answers arrive. It is only read: nothing there is changed."""
    _refuse_fixed()
    url = _url(given)
    try:
        mailbox = mailboxes.parse(url)
    except ConfigError as error:
        raise Refused(str(error), field="host") from error
    secrets.store(mailboxes.URL_SECRET, url)
    watching.read_soon()
    undo = Undo("returns.disconnect_mailbox", DisconnectMailbox())
    summary = _("The mailbox %(name)s is read for what comes back") % {"name": mailbox.name}
    return Outcome(MailboxConnected(mailbox.name), summary, undo=undo)


@action("returns.disconnect_mailbox", permission="admin", summary="Disconnect the mailbox")
def disconnect_mailbox(actor: Actor, given: DisconnectMailbox) -> Outcome[MailboxConnected]:
    """Forget the mailbox. What was noted from it stays."""
    _refuse_fixed()
    if not secrets.reveal(mailboxes.URL_SECRET):
        raise Refused(_("No mailbox is set on screen."))
    secrets.store(mailboxes.URL_SECRET, "")
    return Outcome(MailboxConnected(""), _("No mailbox is read any more"))


def _refuse_fixed() -> None:
    if settings.FONDLY["FONDLY_IMAP_URL"].text.strip():
        raise Refused(_("FONDLY_IMAP_URL is set where Fondly is started, and that counts. Change it there."))


def _url(given: ConnectMailbox) -> str:
    scheme = _SCHEMES.get(given.security)
    if scheme is None:
        raise Refused(_("Choose how the connection is protected."), field="security")
    password = given.password.get_secret_value() or _kept_password(given)
    who = f"{quote(given.user.strip(), safe='')}:{quote(password, safe='')}"
    port = f":{given.port}" if given.port else ""
    return f"{scheme}://{who}@{given.host.strip()}{port}/{quote(given.folder.strip(), safe='')}"


def _kept_password(given: ConnectMailbox) -> str:
    """The stored one, as long as it is for the same server and user and not less protected."""
    try:
        known = mailboxes.mailbox()
    except ConfigError:
        known = None
    asked = (given.host.strip().lower(), given.user.strip())
    if known is None or (known.host, known.user) != asked:
        return ""
    if known.security != "none" and given.security == "none":
        raise Refused(_("Without protection the password would travel in the open. Type it again."), field="password")
    return known.password
