"""Where clients' journeys break off: each client's last event."""

from typing import Any

import narwhals as nw

from fondly.core.metrics.estimates import LEVEL
from fondly.core.metrics.frames import AT, CLIENT, WHAT, Log, Native, read_events
from fondly.core.metrics.shares import with_share


def last_events(events: Native) -> Native:
    """One row per client: client, at, what of the last event (by time, then position, then name)."""
    log = read_events(events)
    return log.back(_last(log))


def drop_off(events: Native, quiet_since: int | None = None, level: float = LEVEL) -> Native:
    """Last events counted: what, n, clients, share of clients with low and high (Wilson).

    With `quiet_since` (microseconds) only clients whose last event lies before it count as broken off; the share
    stays one of all clients. Without it a client who is merely between two events counts too.
    """
    log = read_events(events)
    last = _last(log)
    clients = last.select(nw.len().alias("clients"))
    quiet = last if quiet_since is None else last.filter(nw.col(AT) < quiet_since)
    counted = quiet.group_by(WHAT).agg(nw.len().alias("n")).join(clients, how="cross")
    return log.back(with_share(counted, "n", "clients", level))


def _last(log: Log) -> nw.LazyFrame[Any]:
    return log.frame.with_columns(next_at=log.next(AT)).filter(nw.col("next_at").is_null()).select(CLIENT, AT, WHAT)
