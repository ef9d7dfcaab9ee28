"""What Settings and the doctor say about the mailbox and the provider."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fondly.ground import clock, secrets
from fondly.ground.config import ConfigError
from fondly.listen.returns import mailboxes, providers
from fondly.listen.returns.mailboxes import Mailbox
from fondly.listen.returns.models import Reading, Return

RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands. trouble: of the settings; problem: of the last try to read. unmatched: in the last 30 days."""

    mailbox: Mailbox | None = None
    trouble: str = ""
    read_at: datetime | None = None
    problem: str = ""
    provider: str = ""
    provider_trouble: str = ""
    on_screen: bool = False
    unmatched: int = 0


def standing() -> Standing:
    """Two or three queries; no server is asked."""
    mailbox, trouble = _mailbox()
    name, provider_trouble = _provider()
    reading = Reading.objects.filter(mailbox=mailbox.name).first() if mailbox is not None else None
    return Standing(
        mailbox,
        trouble,
        reading.read_at if reading is not None else None,
        reading.problem if reading is not None else "",
        name,
        provider_trouble,
        bool(secrets.reveal(mailboxes.URL_SECRET)),
        Return.objects.filter(message=None, noted_at__gt=clock.now() - RECENT).count(),
    )


def _mailbox() -> tuple[Mailbox | None, str]:
    try:
        return mailboxes.mailbox(), ""
    except ConfigError as error:
        return None, str(error)


def _provider() -> tuple[str, str]:
    try:
        known = providers.provider()
    except ConfigError as error:
        return "", str(error)
    return (known.name if known is not None else ""), ""
