"""Whether there is room for a mail under FONDLY_MAIL_RATE.

Counted in the database, in short spans of time, at the point of no return: so it holds over restarts and for all
workers together, and in every stretch of time, not only from full minute to full minute.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection

from fondly.ground import instants
from fondly.ground.locking import fence
from fondly.ground.wording import recorded
from fondly.run.outbox.models import RateCount
from fondly.run.outbox.outgoing import Outgoing
from fondly.run.outbox.rates import Limit, limits

_FENCE = 0x0F0E_0002
_KEPT = timedelta(days=2)
Key = tuple[str, int, datetime]  # domain ("" counts all), seconds of the span, its start


class Room:
    """What may still leave at this instant. Made anew for every batch; `take` counts in memory, `write` keeps it."""

    def __init__(self, given: Sequence[Limit], messages: Iterable[Outgoing], now: datetime) -> None:
        self.limits, self.now = given, now
        self.taken: Counter[Key] = Counter()
        self.known = _counted(given, {domain_of(message) for message in messages}, now) if given else Counter()

    def full_until(self, message: Outgoing) -> datetime | None:
        """When there may be room for this one; None when there is room now."""
        return max((until for limit in self.limits if (until := self._full(limit, message))), default=None)

    def take(self, message: Outgoing) -> None:
        """This one leaves."""
        for key in {(_name(limit, message), limit.span, limit.starts_at(self.now)) for limit in self.limits}:
            self.taken[key] += 1
            self.known[key] += 1

    def write(self) -> None:
        """Keep what was taken. Inside the transaction of the point of no return."""
        rows = [(name, span, instants.stored(at), count) for (name, span, at), count in self.taken.items()]
        if rows:
            with connection.cursor() as cursor:
                cursor.executemany(_COUNT, rows)

    def counted(self, limit: Limit, name: str) -> int:
        """How many left within the limit's time. name: the domain, "" for all."""
        return sum(self.known[name, limit.span, at] for at in self._living(limit, name))

    def _full(self, limit: Limit, message: Outgoing) -> datetime | None:
        name = _name(limit, message)
        if self.counted(limit, name) < limit.most:
            return None
        return limit.frees_at(min(self._living(limit, name)))

    def _living(self, limit: Limit, name: str) -> list[datetime]:
        """The starts of the spans that still count."""
        spans = (at for domain, span, at in self.known if (domain, span) == (name, limit.span))
        return [at for at in spans if limit.frees_at(at) > self.now]


_COUNT = """INSERT INTO outbox_ratecount (domain, span, starts_at, count) VALUES (%s, %s, %s, %s)
ON CONFLICT (domain, span, starts_at) DO UPDATE SET count = outbox_ratecount.count + excluded.count"""


def for_all(now: datetime, most: int) -> int:
    """How many may leave now, whoever they are for; at most `most`."""
    room = Room([limit for limit in limits() if not limit.per_domain], (), now)
    return max(0, min([most, *(limit.most - room.counted(limit, "") for limit in room.limits)]))


def one_worker_at_a_time() -> None:
    """Two workers must not both see the last free place. Take it where the count is written, before other locks."""
    if limits():
        fence(_FENCE)


def forget_old(now: datetime) -> None:
    """Counts that no limit looks at any more."""
    RateCount.objects.filter(starts_at__lt=now - _KEPT).delete()


def full() -> str:
    """Why a message waits that would go faster than it may."""
    return recorded("as much as FONDLY_MAIL_RATE allows has left")


def domain_of(message: Outgoing) -> str:
    return message.to_address.rpartition("@")[2].lower()


def _name(limit: Limit, message: Outgoing) -> str:
    return domain_of(message) if limit.per_domain else ""


def _counted(given: Sequence[Limit], domains: set[str], now: datetime) -> "Counter[Key]":
    oldest = now - timedelta(seconds=2 * max(limit.seconds for limit in given))
    spans = {limit.span for limit in given}
    rows = RateCount.objects.filter(domain__in={"", *domains}, span__in=spans, starts_at__gte=oldest)
    return Counter({(row.domain, row.span, row.starts_at): row.count for row in rows})
