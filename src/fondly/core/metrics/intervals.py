"""Intervals: how far a share, a mean or any statistic of a sample may lie from what it stands for.

Shares are fractions between 0 and 1 (not per cent). Differences are first minus second.
All assume independent observations; one client answering ten times is one observation, not ten.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fondly.core.metrics.distributions import (
    STANDARD_NORMAL,
    beta_quantile,
    checked_level,
    normal_quantile,
    two_sided_t,
    two_sided_z,
)
from fondly.core.metrics.estimates import LEVEL, Estimate, around, unknown

RESAMPLES = 2_000
SEED = 20_260_101
_AT_ONCE = 4_000_000

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def wilson(successes: int, n: int, level: float = LEVEL) -> Estimate:
    """A share with Wilson's score interval, good from about n = 10 on and never outside 0 to 1.

    centre = (p + z²/2n) / (1 + z²/n); half width = z sqrt(p(1-p)/n + z²/4n²) / (1 + z²/n).
    Source: Wilson 1927; recommended by Brown, Cai & DasGupta 2001.
    """
    _check_count(successes, n)
    if n == 0:
        return unknown(0, "nobody to count", level)
    low, high = _wilson_bounds(successes, n, two_sided_z(level))
    return Estimate(successes / n, low, high, int(n), level)


def _wilson_bounds(successes: int, n: int, z: float) -> tuple[float, float]:
    share, weight = successes / n, z * z / n
    centre = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    # At the ends the bound is the share itself; rounding must not leave it a hair inside.
    return (0.0 if successes == 0 else centre - half), (1.0 if successes == n else centre + half)


def exact_share(successes: int, n: int, level: float = LEVEL) -> Estimate:
    """A share with the exact interval of Clopper & Pearson 1934, which covers at least at `level` for every n.

    low = Beta quantile of alpha/2 at (k, n-k+1); high = Beta quantile of 1 - alpha/2 at (k+1, n-k).
    """
    _check_count(successes, n)
    tail = (1 - checked_level(level)) / 2
    if n == 0:
        return unknown(0, "nobody to count", level)
    low = beta_quantile(tail, successes, n - successes + 1) if successes else 0.0
    high = beta_quantile(1 - tail, successes + 1, n - successes) if successes < n else 1.0
    return Estimate(successes / n, low, high, int(n), level)


def share_difference(first: tuple[int, int], second: tuple[int, int], level: float = LEVEL) -> Estimate:
    """Share of `first` minus share of `second`, each as (successes, n), unpaired.

    Newcombe's hybrid score interval (1998, method 10): the `difference` of two Wilson intervals.
    """
    return difference(wilson(*first, level), wilson(*second, level))


def difference(first: Estimate, second: Estimate) -> Estimate:
    """Value of `first` minus value of `second`, two independent estimates of the same level.

    Each interval's reach from its value is added as squares, so that skewed intervals stay skewed: the method of
    variance estimates recovery, Zou & Donner 2008. n of the answer is both together.
    """
    n = first.n + second.n
    if not _has_bounds(first) or not _has_bounds(second):
        return unknown(n, f"one of the two is not known ({first.note or second.note})", first.level)
    (value, low, high), (other, other_low, other_high) = _figures(first), _figures(second)
    apart = value - other
    return Estimate(
        apart,
        apart - math.hypot(value - low, other_high - other),
        apart + math.hypot(high - value, other - other_low),
        n,
        first.level,
    )


def _has_bounds(estimate: Estimate) -> bool:
    return None not in (estimate.value, estimate.low, estimate.high)


def _figures(known: Estimate) -> tuple[float, float, float]:
    assert known.value is not None and known.low is not None and known.high is not None
    return known.value, known.low, known.high


def mean(values: ArrayLike, level: float = LEVEL) -> Estimate:
    """The mean with Student's t interval: mean ± t(n-1) s / sqrt(n), in the unit of the values; NaN is left out.

    Assumes that means of n such values are close to normal; for skewed values and small n use `bootstrap`.
    """
    sample = known_values(values)
    return _mean(len(sample), float(sample.mean()), float(sample.var()), level) if len(sample) else _no_values(level)


def mean_of_sums(n: int, total: float, squares: float, level: float = LEVEL) -> Estimate:
    """The same of n values known by their sum and the sum of their squares."""
    return _mean(n, total / n, max(0.0, squares / n - (total / n) ** 2), level) if n else _no_values(level)


def within(one: Estimate, lowest: float, highest: float) -> Estimate:
    """The same with bounds no further out than the scale goes."""
    low, high = (None if bound is None else min(max(bound, lowest), highest) for bound in (one.low, one.high))
    return replace(one, low=low, high=high)


def _no_values(level: float) -> Estimate:
    return unknown(0, "no values", level)


def _mean(n: int, centre: float, spread: float, level: float) -> Estimate:
    """spread: variance with the divisor n."""
    if n == 1:
        return Estimate(centre, None, None, 1, level, "one value says nothing of its spread")
    half = two_sided_t(level, n - 1) * math.sqrt(spread / (n - 1))
    return around(centre, half, n, level)


def bootstrap(
    values: ArrayLike,
    statistic: Statistic,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Estimate:
    """Any statistic of a sample with the bias-corrected and accelerated bootstrap interval (Efron 1987).

    `statistic` takes an array of shape (resamples, n) and gives one figure per row, such as
    `lambda rows: np.median(rows, axis=1)`. The same seed gives the same interval; NaN values are left out.
    Assumes independent values; with fewer than about 15 the interval is too narrow, as every bootstrap is.
    """
    sample = known_values(values)
    n = len(sample)
    if n < 2:
        return unknown(n, "an interval needs two values or more", level)
    value = float(statistic(sample[None, :])[0])
    drawn = np.sort(_resampled(sample, statistic, resamples, seed))
    low, high = _bca_bounds(value, drawn, _acceleration(sample, statistic), two_sided_z(level))
    return Estimate(value, low, high, n, level)


def known_values(values: ArrayLike) -> NDArray[np.float64]:
    """The values as one row of floats without NaN. Raises ValueError on more than one dimension."""
    row = np.asarray(values, dtype=np.float64)
    if row.ndim != 1:
        raise ValueError(f"values has {row.ndim} dimensions; give one row of numbers.")
    return row[~np.isnan(row)]


def _resampled(sample: NDArray[np.float64], statistic: Statistic, resamples: int, seed: int) -> NDArray[np.float64]:
    dice = np.random.default_rng(seed)
    rows_at_once = max(1, _AT_ONCE // len(sample))
    parts = []
    for start in range(0, resamples, rows_at_once):
        shape = (min(rows_at_once, resamples - start), len(sample))
        parts.append(statistic(sample[dice.integers(0, len(sample), shape)]))
    return np.concatenate(parts)


def _acceleration(sample: NDArray[np.float64], statistic: Statistic) -> float:
    """Skewness of the statistic when each value in turn is left out, over at most 1,000 of them."""
    left_out = np.unique(np.linspace(0, len(sample) - 1, min(len(sample), 1_000)).astype(int))
    without = np.array([float(statistic(np.delete(sample, one)[None, :])[0]) for one in left_out])
    away = without.mean() - without
    spread = float((away**2).sum()) ** 1.5
    return float((away**3).sum()) / (6 * spread) if spread > 0 else 0.0


def _bca_bounds(value: float, drawn: NDArray[np.float64], acceleration: float, z: float) -> tuple[float, float]:
    below = ((drawn < value).sum() + (drawn == value).sum() / 2) / len(drawn)
    bias = normal_quantile(min(max(float(below), 1 / len(drawn)), 1 - 1 / len(drawn)))

    def at(side: float) -> float:
        shifted = bias + (bias + side) / (1 - acceleration * (bias + side))
        return float(np.quantile(drawn, STANDARD_NORMAL.cdf(shifted)))

    return at(-z), at(z)


def _check_count(successes: int, n: int) -> None:
    if n < 0 or not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no share; successes must lie between 0 and n.")
