"""Lived journeys against what the playbook expects: skipped, late, out of order, extra."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from fondly.core.metrics.estimates import LEVEL, Estimate
from fondly.core.metrics.frames import AT, CLIENT, SECOND, WHAT, Log, Native, read_events, rows
from fondly.core.metrics.intervals import wilson

# Later than any event, and a power of two, so that engines which widen to floats keep it exact.
_NEVER = 2**62

Flags = nw.LazyFrame[Any]


@dataclass(frozen=True, slots=True)
class Expected:
    """A touchpoint the playbook expects, `within_s` seconds of the client's first event (None: any time)."""

    what: str
    within_s: float | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """How an expected touchpoint fared, in clients; `in_time` is a share of those for whom it is decided.

    in_time: it came and was not late. late: it came after its time. skipped: it did not come, and its time is up or a
    touchpoint after it has come. pending: it may still come. out_of_order: it came, but after one that follows it
    (counted beside in time or late).
    """

    what: str
    in_time: Estimate
    late: int
    skipped: int
    pending: int
    out_of_order: int


@dataclass(frozen=True, slots=True)
class Extra:
    """An event the playbook does not expect, or not so often: how many times too often, for how many clients."""

    what: str
    times: int
    clients: int


@dataclass(frozen=True, slots=True)
class Conformance:
    """as_expected: the share of clients with nothing late, skipped or out of order; extra events do not count."""

    as_expected: Estimate
    touchpoints: tuple[Kept, ...]
    extra: tuple[Extra, ...]


def conformance(events: Native, expected: Sequence[Expected], until: int, level: float = LEVEL) -> Conformance:
    """How lived journeys kept to the playbook, as of `until` (microseconds); later events do not count.

    `expected` is in the playbook's order. Of a touchpoint that came several times the first counts, the rest is extra.
    Raises ValueError on no expectation, one named twice, or a negative time.
    """
    _check(expected)
    log = read_events(events).until(until)
    counted = rows(_sums(_flags(log, expected, until), len(expected)).to_native())[0]
    told = {name: int(n or 0) for name, n in counted.items()}
    return Conformance(
        wilson(told["fine"], told["clients"], level),
        tuple(_kept(one, k, told, level) for k, one in enumerate(expected)),
        _extras(log, expected),
    )


def deviations(events: Native, expected: Sequence[Expected], until: int) -> Native:
    """One row per client: client, late, skipped, out_of_order, pending (touchpoints each)."""
    _check(expected)
    log = read_events(events)
    flags = _flags(log.until(until), expected, until)
    kinds = ("late", "skipped", "out_of_order", "pending")
    totals = {kind: nw.sum_horizontal(f"{kind}_{k}" for k in range(len(expected))) for kind in kinds}
    return log.back(flags.select(CLIENT, **totals))


def _check(expected: Sequence[Expected]) -> None:
    names = [one.what for one in expected]
    if not names:
        raise ValueError("Nothing is expected; give the playbook's touchpoints in their order.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"{twice} is expected twice; give each touchpoint once, where it should come first.")
    early = next((one for one in expected if one.within_s is not None and one.within_s < 0), None)
    if early:
        raise ValueError(f"{early.what} is expected within {early.within_s} seconds; give 0 or more.")


def _flags(log: Log, expected: Sequence[Expected], until: int) -> Flags:
    """One row per client with 0 or 1 for each kind of deviation and each touchpoint."""
    named = log.frame.with_columns(
        nw.when(nw.col(WHAT) == one.what).then(nw.col(AT)).otherwise(nw.lit(_NEVER)).alias(f"came_{k}")
        for k, one in enumerate(expected)
    )
    came = (nw.col(f"came_{k}").min() for k in range(len(expected)))
    flags = named.group_by(CLIENT).agg(nw.col(AT).min().alias("began"), *came).with_columns(after=nw.lit(_NEVER))
    for k in reversed(range(len(expected))):
        flags = _judged(flags, expected[k], k, until)
    return flags


def _judged(flags: Flags, one: Expected, k: int, until: int) -> Flags:
    """`after` holds when the earliest of the touchpoints behind this one came."""
    came, after, due = nw.col(f"came_{k}"), nw.col("after"), _due(one)
    happened, missed = came < _NEVER, (after < _NEVER) | (due < until)
    required = nw.lit(not one.optional)
    verdicts = {
        "late": happened & (came > due),
        "out_of_order": happened & (came > after),
        "skipped": ~happened & missed & required,
        "pending": ~happened & ~missed & required,
        "in_time": happened & (came <= due),
    }
    named = {f"{kind}_{k}": verdict.cast(nw.Int64) for kind, verdict in verdicts.items()}
    return flags.with_columns(after=nw.min_horizontal(after, came), **named)


def _due(one: Expected) -> nw.Expr:
    return nw.lit(_NEVER) if one.within_s is None else nw.col("began") + round(one.within_s * SECOND)


def _sums(flags: Flags, size: int) -> Flags:
    kinds = ("late", "skipped", "out_of_order", "pending", "in_time")
    wrong = nw.sum_horizontal(f"{kind}_{k}" for kind in kinds[:3] for k in range(size))
    judged = flags.with_columns(fine=(wrong == 0).cast(nw.Int64))
    each = [nw.col(f"{kind}_{k}").sum() for kind in kinds for k in range(size)]
    return judged.select(nw.col("fine").sum(), nw.len().alias("clients"), *each)


def _kept(one: Expected, k: int, told: dict[str, int], level: float) -> Kept:
    late, skipped, in_time = (told[f"{kind}_{k}"] for kind in ("late", "skipped", "in_time"))
    share = wilson(in_time, in_time + late + skipped, level)
    return Kept(one.what, share, late, skipped, told[f"pending_{k}"], told[f"out_of_order_{k}"])


def _extras(log: Log, expected: Sequence[Expected]) -> tuple[Extra, ...]:
    allowed = nw.col(WHAT).is_in([one.what for one in expected]).cast(nw.Int64)
    each = log.frame.group_by(CLIENT, WHAT).agg(nw.len().alias("times"))
    over = each.with_columns(times=nw.col("times").cast(nw.Int64) - allowed).filter(nw.col("times") > 0)
    counted = over.group_by(WHAT).agg(nw.col("times").sum(), nw.len().alias("clients"))
    ordered = rows(counted.sort("times", WHAT, descending=[True, False]).to_native())
    return tuple(Extra(row[WHAT], int(row["times"]), row["clients"]) for row in ordered)
