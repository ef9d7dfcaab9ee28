"""Where mail goes out, who it is from, and who may get it: the mail settings, read and judged in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from fondly.ground import secrets
from fondly.ground.config import ConfigError
from fondly.ground.models import Setting
from fondly.run.outbox import rates

Security = Literal["none", "starttls", "tls"]
URL_SECRET = "mail.url"  # noqa: S105 - the name of the setting, not its value
FROM_SETTING = "mail.from"
_PORTS: Mapping[str, tuple[Security, int]] = {
    "smtp": ("none", 25),
    "smtp+tls": ("starttls", 587),
    "smtps": ("tls", 465),
}
_EXAMPLE = "smtp+tls://user:password@mail.example.com:587"


@dataclass(frozen=True, slots=True)
class Server:
    """One SMTP server. user "" means no sign-in."""

    host: str
    port: int
    security: Security = "none"
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Sender:
    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].lower()


def parse(url: str) -> Server:
    """Read smtp://, smtp+tls:// (STARTTLS) or smtps://. Raises ConfigError; the password is never shown."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"The mail address cannot be read: {error}. It looks like {_EXAMPLE}.") from error
    if parts.scheme not in _PORTS:
        raise ConfigError(
            f"The mail address starts with {parts.scheme or 'nothing'!r}; "
            f"use smtp:// (no encryption), smtp+tls:// (STARTTLS) or smtps://, as in {_EXAMPLE}."
        )
    if not parts.hostname:
        raise ConfigError(f"The mail address names no server. It looks like {_EXAMPLE}.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ConfigError(
            "The mail address has something after the server. "
            "A / ? or # in the user or password must be written as %2F, %3F or %23."
        )
    security, usual_port = _PORTS[parts.scheme]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Server(parts.hostname, port or usual_port, security, user, password)


def server() -> Server | None:
    """The mail server in use: FONDLY_EMAIL_URL, else the one set on screen; None when there is none."""
    url = settings.FONDLY["FONDLY_EMAIL_URL"].text.strip() or secrets.reveal(URL_SECRET)
    return parse(url) if url else None


def parse_sender(text: str) -> Sender:
    """Read `Dana <dana@example.com>`. Raises ConfigError."""
    name, address = parseaddr(text)
    local, _, domain = address.rpartition("@")
    if not local or "." not in domain or any(c in text for c in "\r\n\0"):
        raise ConfigError(f"{text!r} is not an address to send from; it looks like Dana <dana@example.com>.")
    return Sender(name, address)


def sender() -> Sender | None:
    """Who mail is from: FONDLY_EMAIL_FROM, else as set on screen; None when not set."""
    text = settings.FONDLY["FONDLY_EMAIL_FROM"].text.strip() or Setting.get(FROM_SETTING)
    return parse_sender(text) if text else None


def not_ready() -> str:
    """Why mail cannot leave yet, in words; "" when it can."""
    try:
        if server() is None:
            return _("not connected yet: set up mail in Settings")
        if sender() is None:
            return _("no address to send from: set it in Settings")
        rates.limits()
    except ConfigError as error:
        return str(error)[:200]
    return ""


def in_sandbox(address: str) -> bool:
    """False when FONDLY_SANDBOX_TO is set and this address is not on it."""
    entries = _sandbox(settings.FONDLY["FONDLY_SANDBOX_TO"].text)
    return not entries or any(_matches(address.lower(), entry) for entry in entries)


@lru_cache(maxsize=1)
def _sandbox(text: str) -> tuple[str, ...]:
    return tuple(entry.strip().lower() for entry in text.split(",") if entry.strip())


def _matches(address: str, entry: str) -> bool:
    return address.endswith(entry) if entry.startswith("@") else address == entry
