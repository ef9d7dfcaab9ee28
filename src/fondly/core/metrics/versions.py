"""Did the new playbook version help, or would it have got better (or worse) anyway?

Clients who started before and after differ by more than the version: things drift, weeks have good and bad luck. So
outcomes are averaged per period of starting, and the means follow a straight line with one step at the change:
mean = level + drift · time + step · [after]. The step is the version's; its error comes from how the means scatter
around the line (weighted least squares, t with periods - 3 degrees of freedom), which holds shocks common to a period.
Source: interrupted time series, Wagner, Soumerai, Zhang & Ross-Degnan 2002.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fondly.core.metrics import features
from fondly.core.metrics.columns import columns_of, microseconds
from fondly.core.metrics.distributions import two_sided_t
from fondly.core.metrics.estimates import LEVEL, Estimate, around, unknown
from fondly.core.metrics.experiments import fixed, samples
from fondly.core.metrics.frames import DAY

FEWEST_PERIODS = 4

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class Verdict(StrEnum):
    TOO_FEW = "too_few"
    BETTER = "better"
    WORSE = "worse"
    COULD_BE_DRIFT = "could_be_drift"  # before and after differ, but not beyond what was under way
    NO_DIFFERENCE = "no_difference"


@dataclass(frozen=True, slots=True)
class VersionEffect:
    """plain: after minus before. step: the same with drift taken out, which is what to believe. drift: change per
    period that was there without the version. All in the unit of the outcome; n of step and drift are periods."""

    verdict: Verdict
    plain: Estimate
    step: Estimate
    drift: Estimate


@dataclass(frozen=True, slots=True)
class _Periods:
    time: Floats
    after: Floats
    mean: Floats
    weight: Floats


def effect(
    started: ArrayLike,
    outcome: ArrayLike,
    changed_at: int,
    period_days: int = 7,
    mix: Any = None,
    beside: tuple[ArrayLike, ArrayLike] | None = None,
    higher_is_better: bool = True,
    level: float = LEVEL,
) -> VersionEffect:
    """The effect of a version that clients starting from `changed_at` on (microseconds, UTC) live through.

    started, outcome: one per client; a number, or 0 and 1; NaN is left out. Outcomes must have had the same time to
    come about. mix: columns of each client to hold equal, such as persona and channel. beside: started and outcome of
    clients whom the change did not touch; their means are taken off period by period, and with them all shocks and
    drift in common. Assumes that the drift would have gone on as it was; fewer than 4 periods a side are too few.
    """
    at, y = microseconds(started), np.asarray(outcome, dtype=np.float64)
    known = ~np.isnan(y)
    at, y = at[known], y[known]
    period = (at - changed_at) // (period_days * DAY)
    plain = _plain(y[period < 0], y[period >= 0], level)
    if mix is not None:
        y = _mix_taken_out(y, period, {name: column[known] for name, column in columns_of(mix).items()})
    rows = _periods(period, y)
    if beside is not None:
        rows = _beside_taken_off(rows, beside, changed_at, period_days)
    step, drift = _line(rows, level)
    return VersionEffect(_verdict(plain, step, higher_is_better), plain, step, drift)


def _plain(before: Floats, after: Floats, level: float) -> Estimate:
    if min(len(before), len(after)) < 2:
        return unknown(len(before) + len(after), "fewer than two clients before or after", level)
    return fixed.estimate(fixed.difference(samples.values(before), samples.values(after)), level)


def _mix_taken_out(y: Floats, period: Whole, columns: dict[str, NDArray[Any]]) -> Floats:
    """Outcomes as if all clients were alike in the mix, by what the mix does within periods (Frisch & Waugh)."""
    learned = features.learn(columns)
    if not learned:
        return y
    x = features.matrix(learned, columns)[:, 1:]
    _periods_seen, places = np.unique(period, return_inverse=True)
    within, rest = (_from_their_mean(one, places) for one in (x, y[:, None]))
    weights = np.linalg.pinv(within.T @ within, hermitian=True) @ (within.T @ rest[:, 0])
    return np.asarray(y - (x - x.mean(axis=0)) @ weights)


def _from_their_mean(values: Floats, places: Whole) -> Floats:
    counts = np.bincount(places)
    means = np.stack([np.bincount(places, column) / counts for column in values.T], axis=1)
    return np.asarray(values - means[places])


def _periods(period: Whole, y: Floats) -> _Periods:
    """The mean of each period; the middle of a period is its time."""
    seen, places, counts = np.unique(period, return_inverse=True, return_counts=True)
    weight = counts.astype(np.float64)
    after = (seen >= 0).astype(np.float64)
    return _Periods(seen.astype(np.float64) + 0.5, after, np.bincount(places, y, len(seen)) / weight, weight)


def _beside_taken_off(
    rows: _Periods, beside: tuple[ArrayLike, ArrayLike], changed_at: int, period_days: int
) -> _Periods:
    """Differences to the others in the periods that both have; weight n m / (n + m)."""
    at, y = microseconds(beside[0]), np.asarray(beside[1], dtype=np.float64)
    known = ~np.isnan(y)
    others = _periods((at[known] - changed_at) // (period_days * DAY), y[known])
    _both, ours, theirs = np.intersect1d(rows.time, others.time, return_indices=True)
    weight = 1 / (1 / rows.weight[ours] + 1 / others.weight[theirs])
    return _Periods(rows.time[ours], rows.after[ours], rows.mean[ours] - others.mean[theirs], weight)


def _line(rows: _Periods, level: float) -> tuple[Estimate, Estimate]:
    """Step and drift."""
    count = len(rows.time)
    if min(rows.after.sum(), count - rows.after.sum()) < FEWEST_PERIODS:
        none = unknown(count, f"fewer than {FEWEST_PERIODS} periods before or after", level)
        return none, none
    x = np.stack([np.ones(count), rows.time, rows.after], axis=1)
    inner = np.linalg.inv(x.T @ (x * rows.weight[:, None]))
    found = inner @ (x.T @ (rows.weight * rows.mean))
    rest = rows.mean - x @ found
    errors = np.sqrt(np.diag(inner) * float(rows.weight @ rest**2) / (count - 3))
    half = two_sided_t(level, count - 3) * errors
    step, drift = (around(float(found[i]), float(half[i]), count, level) for i in (2, 1))
    return step, drift


def _verdict(plain: Estimate, step: Estimate, higher_is_better: bool) -> Verdict:
    if step.value is None:
        return Verdict.TOO_FEW
    if step.is_beyond_zero:
        return Verdict.BETTER if (step.value > 0) == higher_is_better else Verdict.WORSE
    return Verdict.COULD_BE_DRIFT if plain.is_beyond_zero else Verdict.NO_DIFFERENCE
