"""Which mailbox is read for what comes back: FONDLY_IMAP_URL, else the one set on screen."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

from django.conf import settings

from fondly.ground import secrets
from fondly.ground.config import ConfigError

Security = Literal["none", "starttls", "tls"]
URL_SECRET = "mail.imap_url"  # noqa: S105 - the name of the setting, not its value
_PORTS: Mapping[str, tuple[Security, int]] = {
    "imaps": ("tls", 993),
    "imap+tls": ("starttls", 143),
    "imap": ("none", 143),
}
_EXAMPLE = "imaps://user:password@mail.example.com"
_FORBIDDEN = frozenset('"\\\r\n\0')


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One folder of one account."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"

    @property
    def name(self) -> str:
        """As it is shown and remembered; without the password."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"


def parse(url: str) -> Mailbox:
    """Read imaps://user:password@host[:port][/folder]. Raises ConfigError; the password is never shown."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"The mailbox address cannot be read: {error}. It looks like {_EXAMPLE}.") from error
    if parts.scheme not in _PORTS:
        raise ConfigError(
            f"The mailbox address starts with {parts.scheme or 'nothing'!r}; "
            f"use imaps:// (TLS), imap+tls:// (STARTTLS) or, on this computer only, imap://, as in {_EXAMPLE}."
        )
    if not parts.hostname or not parts.username:
        raise ConfigError(f"The mailbox address needs a user and a server. It looks like {_EXAMPLE}.")
    if parts.query or parts.fragment:
        raise ConfigError("A ? or # in the user or password of the mailbox address must be written as %3F or %23.")
    security, usual_port = _PORTS[parts.scheme]
    if security == "none" and not _at_home(parts.hostname):
        raise ConfigError(
            "imap:// would send the password in the open. Use imaps:// or imap+tls://; imap:// is for this computer."
        )
    folder = unquote(parts.path.strip("/")) or "INBOX"
    user, password = unquote(parts.username), unquote(parts.password or "")
    if any(not _FORBIDDEN.isdisjoint(text) for text in (user, folder)) or any(c in password for c in "\r\n\0"):
        raise ConfigError("The mailbox address holds a quote, a backslash or a line end where none can be.")
    return Mailbox(parts.hostname, port or usual_port, security, user, password, folder)


def mailbox() -> Mailbox | None:
    """The mailbox in use, None when there is none. Raises ConfigError."""
    url = settings.FONDLY["FONDLY_IMAP_URL"].text.strip() or secrets.reveal(URL_SECRET)
    return parse(url) if url else None


def _at_home(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
