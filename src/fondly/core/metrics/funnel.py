"""How many clients get from step to step in order, within a window."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw

from fondly.core.metrics.answers import FunnelStep, funnel_steps, window_in_microseconds
from fondly.core.metrics.estimates import LEVEL
from fondly.core.metrics.frames import AT, CLIENT, WHAT, Native, read_events, rows

# Earlier than any event, and a power of two, so that engines which widen to floats keep it exact.
_NEVER = -(2**62)

Chains = nw.LazyFrame[Any]


def funnel(
    events: Native, steps: Sequence[str], window_s: float | None = None, level: float = LEVEL
) -> tuple[FunnelStep, ...]:
    """Clients per step of a strictly ordered funnel, with Wilson intervals.

    A client reaches step k by the best chain of events: step 1, then strictly later step 2, and so on, the last not
    more than `window_s` seconds after that chain's first (None: any time). Other events between do not matter;
    events at the same instant are not ordered. The same meaning as ClickHouse's windowFunnel with strict_increase.
    Raises ValueError on no steps or a negative window.
    """
    per_client = read_reached(reached(events, steps, window_s))
    return funnel_steps(steps, [sum(n for got, n in per_client if got > k) for k in range(len(steps))], level)


def reached(events: Native, steps: Sequence[str], window_s: float | None = None) -> Native:
    """One row per client at the first step or beyond: client, reached (number of steps, 1 to all)."""
    window = window_in_microseconds(steps, window_s)
    log = read_events(events)
    chains = _instants(log.frame, steps)
    for k in range(1, len(steps)):
        chains = _extended(chains, k, window)
    starts = [f"start_{k}" for k in range(len(steps))]
    best = chains.group_by(CLIENT).agg(nw.col(start).max() for start in starts)
    got = best.select(CLIENT, reached=nw.sum_horizontal((nw.col(s) > _NEVER).cast(nw.Int64) for s in starts))
    return log.back(got.filter(nw.col("reached") > 0))


def read_reached(per_client: Native) -> list[tuple[int, int]]:
    """(steps reached, clients who did) from the answer of `reached`."""
    counted = nw.from_native(per_client).lazy().group_by("reached").agg(nw.len().alias("clients"))
    return [(row["reached"], row["clients"]) for row in rows(counted.to_native())]


def _instants(frame: nw.LazyFrame[Any], steps: Sequence[str]) -> Chains:
    """One row per client and instant with at_k (did step k happen?), so that the row before is strictly earlier."""
    happened = frame.filter(nw.col(WHAT).is_in(list(set(steps)))).with_columns(
        (nw.col(WHAT) == step).cast(nw.Int64).alias(f"at_{k}") for k, step in enumerate(steps)
    )
    instants = happened.group_by(CLIENT, AT).agg(nw.col(f"at_{k}").max() for k in range(len(steps)))
    return instants.with_columns(start_0=nw.when(nw.col("at_0") == 1).then(nw.col(AT)).otherwise(nw.lit(_NEVER)))


def _extended(chains: Chains, k: int, window: int | None) -> Chains:
    """Adds start_k: where step k happens, the latest start of a chain that reached step k-1 before."""
    best = nw.col(f"start_{k - 1}").cum_max().over(CLIENT, order_by=AT)
    before = nw.col("best").shift(1).over(CLIENT, order_by=AT)
    known = chains.with_columns(best=best).with_columns(before=before)
    known = known.with_columns(nw.col("before").fill_null(_NEVER).cast(nw.Int64))
    extends = (nw.col(f"at_{k}") == 1) & (nw.col("before") > _NEVER)
    if window is not None:
        extends = extends & (nw.col("before") >= nw.col(AT) - window)
    start = nw.when(extends).then(nw.col("before")).otherwise(nw.lit(_NEVER))
    return known.with_columns(start.alias(f"start_{k}")).drop("best", "before")
