"""How fast mail may leave: what a provider allows in a minute, an hour or a day, in all or to one domain."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings

from fondly.ground.config import ConfigError

_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
_LIMIT = re.compile(r"(\d{1,7}) per (minute|hour|day)( to one domain)?")
_SPANS = 12  # counted apart in each minute, hour or day
EXAMPLE = "60 per minute, 2000 per day, 20 per minute to one domain"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many mails in any stretch of so many seconds."""

    most: int
    seconds: int
    per_domain: bool

    @property
    def span(self) -> int:
        return self.seconds // _SPANS

    def starts_at(self, now: datetime) -> datetime:
        """Of the span this instant lies in."""
        return datetime.fromtimestamp(int(now.timestamp()) // self.span * self.span, UTC)

    def frees_at(self, starts_at: datetime) -> datetime:
        """When what was counted in that span counts no more."""
        return starts_at + timedelta(seconds=self.span + self.seconds)


def limits() -> list[Limit]:
    """As set in FONDLY_MAIL_RATE. Raises ConfigError."""
    return parse(settings.FONDLY["FONDLY_MAIL_RATE"].text)


def parse(text: str) -> list[Limit]:
    """Read "60 per minute, 20 per minute to one domain". Raises ConfigError."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _LIMIT.fullmatch(part)
        if match is None or int(match[1]) == 0:
            raise ConfigError(f"FONDLY_MAIL_RATE: {part!r} is not a rate. It looks like {EXAMPLE}.")
        found.append(Limit(int(match[1]), _SECONDS[match[2]], match[3] is not None))
    return found
