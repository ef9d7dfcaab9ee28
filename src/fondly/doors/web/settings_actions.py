"""Writes of the Settings pages. Secrets are typed so that the audit trail never holds them."""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import SecretStr

from fondly.ground import clock, secrets
from fondly.ground.action import Actor, Outcome, Refused, Undo, action
from fondly.ground.config import ConfigError
from fondly.ground.models import Setting
from fondly.run.outbox import addresses, holding
from fondly.run.outbox.sending import forget_pauses

_DISCONNECTED = gettext_lazy("Mail is disconnected; messages wait in the Outbox")
_SCHEMES = {"none": "smtp", "starttls": "smtp+tls", "tls": "smtps"}


@dataclass(frozen=True, slots=True)
class ConnectMail:
    """security: none, starttls or tls. port 0: the usual one. password "" keeps the one that is stored."""

    host: str
    sender: str
    port: int = 0
    user: str = ""
    security: str = "starttls"
    password: SecretStr = field(default=SecretStr(""))


@dataclass(frozen=True, slots=True)
class MailConnected:
    host: str
    sender: str


@dataclass(frozen=True, slots=True)
class DisconnectMail:
    """Nothing to say: forget the server and its password."""


@dataclass(frozen=True, slots=True)
class PutMailBack:
    """change: the last time mail was connected; sender: who messages were from before."""

    change: str
    sender: str


@dataclass(frozen=True, slots=True)
class SetHold:
    """seconds: how long a message waits before it goes; 0 sends at once."""

    seconds: int


@dataclass(frozen=True, slots=True)
class HoldSet:
    seconds: int


@dataclass(frozen=True, slots=True)
class MoveClock:
    """to: the instant to live through to; it must lie ahead."""

    to: datetime


@dataclass(frozen=True, slots=True)
class ClockAsked:
    to: datetime


@action("settings.connect_mail", permission="admin", summary="Connect mail")
def connect_mail(actor: Actor, given: ConnectMail) -> Outcome[MailConnected]:
    """Store where mail leaves and who it is from. What waits in the Outbox goes from then on."""
    _refuse_fixed()
    try:
        server = addresses.parse(_url(given))
        addresses.parse_sender(given.sender.strip())
    except ConfigError as error:
        raise Refused(str(error), field="host") from error
    before = PutMailBack(secrets.replace(addresses.URL_SECRET, _url(given)), Setting.get(addresses.FROM_SETTING))
    return _leaving_by(server.host, given.sender.strip(), before)


@action("settings.put_mail_back", permission="admin", summary="Put the former mail server back")
def put_mail_back(actor: Actor, given: PutMailBack) -> Outcome[MailConnected]:
    """Mail leaves again as it did before it was last connected; by no server when there was none."""
    _refuse_fixed()
    sender = Setting.get(addresses.FROM_SETTING)
    change = secrets.put_back(addresses.URL_SECRET, given.change)
    if not change:
        raise Refused(_("Mail was changed again since, so nothing was put back. Set it in Settings."))
    server = addresses.server()
    return _leaving_by(server.host if server else "", given.sender, PutMailBack(change, sender))


def _leaving_by(host: str, sender: str, before: PutMailBack) -> Outcome[MailConnected]:
    Setting.put(addresses.FROM_SETTING, sender)
    forget_pauses()
    words = _("Mail leaves by %(host)s now") % {"host": host} if host else _DISCONNECTED
    return Outcome(MailConnected(host, sender), str(words), undo=Undo("settings.put_mail_back", before))


@action("settings.disconnect_mail", permission="admin", summary="Disconnect mail")
def disconnect_mail(actor: Actor, given: DisconnectMail) -> Outcome[MailConnected]:
    """Forget the server. Messages wait in the Outbox until another one is set."""
    _refuse_fixed()
    if not secrets.reveal(addresses.URL_SECRET):
        raise Refused(_("No mail server is set on screen."))
    secrets.forget(addresses.URL_SECRET)
    return Outcome(MailConnected("", ""), str(_DISCONNECTED))


@action("settings.set_hold", permission="admin", summary="Set the time to take back")
def set_hold(actor: Actor, given: SetHold) -> Outcome[HoldSet]:
    """How long messages written from now on can be taken back."""
    if holding.is_fixed():
        raise Refused(_("FONDLY_HOLD_SECONDS is set where Fondly is started, and that counts. Change it there."))
    if not 0 <= given.seconds <= holding.MOST_SECONDS:
        raise Refused(_("Between 0 seconds and a day (86400)."), field="seconds")
    undo = Undo("settings.set_hold", SetHold(holding.seconds()))
    Setting.put(holding.SETTING, str(given.seconds))
    summary = _("Messages can be taken back for %(seconds)d seconds now") % {"seconds": given.seconds}
    return Outcome(HoldSet(given.seconds), summary, undo=undo)


@action("settings.move_clock", permission="admin", summary="Move the clock on")
def move_clock(actor: Actor, given: MoveClock) -> Outcome[ClockAsked]:
    """Ask the worker to live through the time until then, moment by moment. There is no way back."""
    if not settings.FONDLY_MOVABLE_CLOCK:
        raise Refused(_("The clock of this install follows the real time. Only a demo's can be moved."))
    if given.to <= clock.now():
        raise Refused(_("The clock can only be moved forward; what was lived stays lived."), field="to")
    if (given.to - clock.now()).days > 800:
        raise Refused(_("At most two years at a time."), field="to")
    clock.ask_for(given.to)
    return Outcome(ClockAsked(given.to), _("The clock was asked to move on"))


def _refuse_fixed() -> None:
    if settings.FONDLY["FONDLY_EMAIL_URL"].text.strip():
        raise Refused(_("FONDLY_EMAIL_URL is set where Fondly is started, and that counts. Change it there."))


def _url(given: ConnectMail) -> str:
    scheme = _SCHEMES.get(given.security)
    if scheme is None:
        raise Refused(_("Choose how the connection is protected."), field="security")
    password = given.password.get_secret_value() or _kept_password(given)
    who = f"{quote(given.user.strip(), safe='')}:{quote(password, safe='')}@" if given.user.strip() else ""
    port = f":{given.port}" if given.port else ""
    return f"{scheme}://{who}{given.host.strip()}{port}"


def _kept_password(given: ConnectMail) -> str:
    """The stored one, as long as it is for the same server and user: it never goes to another place."""
    try:
        known = addresses.server()
    except ConfigError:
        return ""
    same = known is not None and (known.host, known.user) == (given.host.strip().lower(), given.user.strip())
    weaker = known is not None and known.security != "none" and given.security == "none"
    if same and weaker:
        raise Refused(_("Without protection the password would travel in the open. Type it again."), field="password")
    return known.password if known is not None and same else ""
