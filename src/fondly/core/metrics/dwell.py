"""How long clients stay in a stage, who is still there, and who comes back."""

from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.estimates import LEVEL, Estimate
from fondly.core.metrics.frames import AT, CLIENT, SECOND, STAGE, Log, Native, columns_of, read_events, rows
from fondly.core.metrics.intervals import wilson
from fondly.core.metrics.survival import kaplan_meier


@dataclass(frozen=True, slots=True)
class Dwell:
    """Seconds spent in a stage: half of the stays last no longer than the median, nine in ten no longer than p90."""

    stage: str
    stays: int
    still_there: int
    median_s: Estimate
    p90_s: Estimate


@dataclass(frozen=True, slots=True)
class Return:
    """Clients who were in the stage, and the share of them who left and came back to it."""

    stage: str
    clients: int
    share: Estimate


def stays(events: Native) -> Native:
    """One row per stay, a run of one client's events in one stage: client, stage, entered_at, left_at.

    A stay lasts from its first event to the first event of the client's next stay; left_at is null while it lasts.
    """
    log = read_events(events, STAGE)
    return log.back(_stays(log))


def dwell(events: Native) -> Native:
    """Finished and unfinished stays per stage: stage, n (finished), still_there, median_s, p90_s of the finished.

    Quantiles are interpolated linearly (type 7). They leave out who is still there and so are too short where many
    are; `dwell_times` counts them too.
    """
    log = read_events(events, STAGE)
    stayed = nw.col("left_at") - nw.col("entered_at")
    lasted = _stays(log).with_columns(stayed_s=stayed / SECOND, open=nw.col("left_at").is_null().cast(nw.Int64))
    return log.back(
        lasted.group_by(STAGE).agg(
            nw.col("stayed_s").count().alias("n"),
            nw.col("open").sum().alias("still_there"),
            nw.col("stayed_s").median().alias("median_s"),
            nw.col("stayed_s").quantile(0.9, "linear").alias("p90_s"),
        )
    )


def dwell_times(events: Native, until: int, level: float = LEVEL) -> tuple[Dwell, ...]:
    """Median and p90 per stage by Kaplan-Meier: who is still there at `until` (microseconds) counts as at least that.

    Assumes that who is still there would leave at the same pace as those before. Events after `until` do not count.
    """
    log = read_events(events, STAGE)
    ends = nw.col("left_at").fill_null(until).cast(nw.Int64)
    lasted = columns_of(
        _stays(log.until(until))
        .select(STAGE, seconds=(ends - nw.col("entered_at")) / SECOND, over=~nw.col("left_at").is_null())
        .to_native()
    )
    stages, stage = np.unique(lasted[STAGE], return_inverse=True)
    return tuple(
        _dwell(name, lasted["seconds"][stage == code], lasted["over"][stage == code], level)
        for code, name in enumerate(stages.tolist())
    )


def _dwell(stage: str, seconds: NDArray[np.float64], over: NDArray[np.bool_], level: float) -> Dwell:
    curve = kaplan_meier(seconds, over, level)
    return Dwell(stage, len(over), int((~over).sum()), curve.quantile(0.5), curve.quantile(0.9))


def returns(events: Native, level: float = LEVEL) -> tuple[Return, ...]:
    """Re-entry per stage: the share of clients with two stays or more in it, with Wilson's interval."""
    log = read_events(events, STAGE)
    each = _stays(log).group_by(CLIENT, STAGE).agg(nw.len().alias("times"))
    again = each.with_columns(again=(nw.col("times") > 1).cast(nw.Int64))
    counted = again.group_by(STAGE).agg(nw.len().alias("clients"), nw.col("again").sum())
    return tuple(
        Return(row[STAGE], row["clients"], wilson(row["again"], row["clients"], level))
        for row in rows(counted.sort(STAGE).to_native())
    )


def _stays(log: Log) -> nw.LazyFrame[Any]:
    before = nw.col(STAGE).shift(1).over(CLIENT, order_by=log.order)
    entered = log.frame.with_columns(before=before).filter(
        nw.col("before").is_null() | (nw.col("before") != nw.col(STAGE))
    )
    return entered.with_columns(left_at=log.next(AT)).select(CLIENT, STAGE, nw.col(AT).alias("entered_at"), "left_at")
