"""Which event follows which, how long it takes, and which whole paths clients take."""

from typing import Any

import narwhals as nw

from fondly.core.metrics.answers import Variant, check_top
from fondly.core.metrics.frames import AT, CLIENT, SECOND, WHAT, Log, Native, read_events, rows
from fondly.core.metrics.intervals import wilson

# Values stay under 2^31, so that their squares fit a 64-bit number on every engine.
_PRIME = 2**31 - 1


def directly_follows(events: Native) -> Native:
    """The directly-follows graph: one row per pair of events of one client with nothing between.

    Columns: what, next, n (times it happened), mean_gap_s, median_gap_s (seconds between the two).
    Order: by time, then position, then name. Source: van der Aalst 2016, Process Mining, 5.2.
    """
    log = read_events(events)
    following = log.frame.with_columns(log.next(WHAT).alias("next"), log.next(AT).alias("next_at")).filter(
        ~nw.col("next_at").is_null()
    )
    gaps = following.with_columns(gap_s=(nw.col("next_at") - nw.col(AT)) / SECOND)
    return log.back(
        gaps.group_by(WHAT, "next").agg(
            nw.len().alias("n"),
            nw.col("gap_s").mean().alias("mean_gap_s"),
            nw.col("gap_s").median().alias("median_gap_s"),
        )
    )


def client_paths(events: Native) -> Native:
    """One row per client: path (a number that is equal for equal paths), events (how many).

    Two different paths get the same number with a probability of about 1 in 4·10^18 for any two.
    """
    log = read_events(events)
    return log.back(_fingerprints(log))


def variants(events: Native, top: int | None = None) -> tuple[Variant, ...]:
    """The complete paths from each client's first event to the last, most frequent first (all, or the `top` ones).

    Of equally frequent paths the one with the smaller example client comes first. A share is of all clients.
    Raises ValueError if `top` is less than 1.
    """
    check_top(top)
    log = read_events(events)
    grouped = (
        _fingerprints(log)
        .group_by("path")
        .agg(nw.len().alias("clients"), nw.col(CLIENT).min().alias("example"))
        .sort("clients", "example", descending=[True, False])
    )
    chosen = grouped if top is None else grouped.head(top)
    total = rows(log.frame.select(nw.col(CLIENT).n_unique().alias("clients")).to_native())[0]["clients"]
    steps = _steps_of(log, chosen)
    return tuple(
        Variant(steps[row["example"]], row["clients"], wilson(row["clients"], total), row["example"])
        for row in rows(chosen.to_native())
    )


def _fingerprints(log: Log) -> nw.LazyFrame[Any]:
    names = log.frame.select(WHAT).unique().with_row_index("code", order_by=WHAT)
    numbered = log.frame.with_columns(
        nw.col(AT).cum_count().over(CLIENT, order_by=log.order).cast(nw.Int64).alias("nth")
    ).join(names, on=WHAT, how="inner")
    return (
        _scattered(numbered)
        .group_by(CLIENT)
        .agg(nw.col("one").sum(), nw.col("other").sum(), nw.len().alias("events"))
        .select(CLIENT, "events", path=(nw.col("one") % _PRIME * _PRIME + nw.col("other") % _PRIME).cast(nw.Int64))
    )


def _scattered(numbered: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Adds two numbers per event and place, squared modulo a prime over and over, so that their sums tell paths apart.

    Each round is a column of its own: as one expression, engines would write out its parts over and over.
    """
    code, nth, one, other = nw.col("code").cast(nw.Int64), nw.col("nth"), nw.col("one"), nw.col("other")
    scattered = numbered.with_columns(
        one=code * 1_000_003 + nth * 7_919_711 + 17, other=code * 15_485_863 + nth * 32_452_843 + 1_234_567
    )
    for offset in (101, 5_003, 70_001, 900_001):
        scattered = scattered.with_columns(one=one % _PRIME, other=other % _PRIME)
        scattered = scattered.with_columns(one=one * one + offset, other=other * other + offset)
    return scattered.with_columns(one=one % _PRIME, other=other % _PRIME)


def _steps_of(log: Log, chosen: nw.LazyFrame[Any]) -> dict[Any, tuple[str, ...]]:
    examples = chosen.select(nw.col("example").alias(CLIENT))
    taken = log.frame.join(examples, on=CLIENT, how="inner").sort(CLIENT, *log.order).select(CLIENT, WHAT)
    steps: dict[Any, list[str]] = {}
    for row in rows(taken.to_native()):
        steps.setdefault(row[CLIENT], []).append(row[WHAT])
    return {client: tuple(path) for client, path in steps.items()}
