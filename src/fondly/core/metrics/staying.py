"""Who is still a client after the first days, and from which stage clients leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from fondly.core.metrics.estimates import LEVEL, Estimate
from fondly.core.metrics.frames import AT, CLIENT, DAY, STAGE, WHAT, Log, Native, columns_of, read_events, rows
from fondly.core.metrics.survival import Survival, kaplan_meier, rate


@dataclass(frozen=True, slots=True)
class StageHazard:
    """Exits per day in the stage; n is the clients who were in it."""

    stage: str
    per_day: Estimate


def tenures(events: Native, exits: Sequence[str], until: int) -> Native:
    """One row per client: client, began_at (first event), days watched, left (did an exit happen?).

    Days run from the first event to the first event among `exits`, or to `until` (microseconds) where none came yet.
    Events after `until` do not count.
    """
    log = read_events(events)
    return log.back(_tenures(log, exits, until))


def staying(events: Native, exits: Sequence[str], until: int, level: float = LEVEL) -> Survival:
    """The survival curve of clients in days since their first event (see survival.kaplan_meier)."""
    watched = columns_of(_tenures(read_events(events), exits, until).select("days", "left").to_native())
    return kaplan_meier(watched["days"], watched["left"], level)


def first_days(events: Native, exits: Sequence[str], until: int, days: float = 100, level: float = LEVEL) -> Estimate:
    """The share of clients still with you `days` days after their first event."""
    return staying(events, exits, until, level).at(days)


def exit_hazards(events: Native, exits: Sequence[str], until: int, level: float = LEVEL) -> tuple[StageHazard, ...]:
    """How fast clients leave from each stage: exits per day spent in it, in order of the stage's name.

    A client is in the stage of the last event; time counts until the first exit, or `until` (microseconds) where none
    came yet. Assumes one constant rate within a stage. Events after `until` do not count.
    """
    log = read_events(events, STAGE)
    counted = rows(_by_stage(log, exits, until).sort(STAGE).to_native())
    return tuple(
        StageHazard(row[STAGE], rate(int(row["exits"]), float(row["days"]), row["clients"], level)) for row in counted
    )


def _by_stage(log: Log, exits: Sequence[str], until: int) -> nw.LazyFrame[Any]:
    followed = log.until(until).frame.with_columns(
        log.next(AT).fill_null(until).cast(nw.Int64).alias("next_at"),
        log.next(WHAT).is_in(list(exits)).fill_null(False).alias("exits"),
        nw.col(WHAT).is_in(list(exits)).cast(nw.Int64).alias("gone"),
    )
    gone = nw.col("gone").cum_sum().over(CLIENT, order_by=log.order)
    before_exit = followed.with_columns(gone=gone).filter(nw.col("gone") == 0)
    return (
        before_exit.with_columns(days=(nw.col("next_at") - nw.col(AT)) / DAY, exits=nw.col("exits").cast(nw.Int64))
        .group_by(STAGE)
        .agg(nw.col("days").sum(), nw.col("exits").sum(), nw.col(CLIENT).n_unique().alias("clients"))
    )


def _tenures(log: Log, exits: Sequence[str], until: int) -> nw.LazyFrame[Any]:
    left = nw.when(nw.col(WHAT).is_in(list(exits))).then(nw.col(AT))
    ends = (
        log.until(until)
        .frame.with_columns(left_at=left)
        .group_by(CLIENT)
        .agg(nw.col(AT).min().alias("began_at"), nw.col("left_at").min())
    )
    stopped = nw.col("left_at").fill_null(until)
    return ends.select(CLIENT, "began_at", days=(stopped - nw.col("began_at")) / DAY, left=~nw.col("left_at").is_null())
