"""Who is still a client after the first days."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np

from fondly.core.metrics.estimates import LEVEL, Estimate
from fondly.core.metrics.frames import AT, CLIENT, DAY, WHAT, Log, Native, read_events, rows
from fondly.core.metrics.survival import Survival, kaplan_meier


def tenures(events: Native, exits: Sequence[str], until: int) -> Native:
    """One row per client: client, began_at (first event), days watched, left (did an exit happen?).

    Days run from the first event to the first event among `exits`, or to `until` (microseconds) where none came yet.
    Events after `until` do not count.
    """
    log = read_events(events)
    return log.back(_tenures(log, exits, until))


def staying(events: Native, exits: Sequence[str], until: int, level: float = LEVEL) -> Survival:
    """The survival curve of clients in days since their first event (see survival.kaplan_meier)."""
    watched = rows(_tenures(read_events(events), exits, until).select("days", "left").to_native())
    return kaplan_meier(np.array([w["days"] for w in watched]), np.array([w["left"] for w in watched]), level)


def first_days(events: Native, exits: Sequence[str], until: int, days: float = 100, level: float = LEVEL) -> Estimate:
    """The share of clients still with you `days` days after their first event."""
    return staying(events, exits, until, level).at(days)


def _tenures(log: Log, exits: Sequence[str], until: int) -> nw.LazyFrame[Any]:
    known = log.frame.filter(nw.col(AT) <= until)
    left = nw.when(nw.col(WHAT).is_in(list(exits))).then(nw.col(AT))
    ends = (
        known.with_columns(left_at=left)
        .group_by(CLIENT)
        .agg(nw.col(AT).min().alias("began_at"), nw.col("left_at").min())
    )
    stopped = nw.col("left_at").fill_null(until)
    return ends.select(CLIENT, "began_at", days=(stopped - nw.col("began_at")) / DAY, left=~nw.col("left_at").is_null())
