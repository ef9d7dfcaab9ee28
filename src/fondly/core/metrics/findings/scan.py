"""Where in time a series of shares departs from itself: the scan statistic over windows of every length."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fondly.core.metrics.distributions import normal_two_sided_p
from fondly.core.metrics.findings.steps import Floats

Statistic = Callable[[Sequence[Floats], Sequence[Floats]], Floats]

_GROWS = 1.25
_FEWEST = 8


@dataclass(frozen=True, slots=True)
class Window:
    """Bins from `first` up to, but without, `beyond`; z: signed root of the likelihood ratio."""

    first: int
    beyond: int
    z: float


def lengths(bins: int) -> list[int]:
    """Window lengths to try, each about a quarter longer than the last, up to half of the time."""
    found: list[int] = []
    length = 1.0
    while length <= bins / 2:
        if not found or round(length) > found[-1]:
            found.append(round(length))
        length = max(length * _GROWS, length + 1 if length < 4 else 0)
    return found


def windows_tried(bins: int) -> int:
    return sum(bins - length + 1 for length in lengths(bins))


def best_windows(parts: Sequence[Floats], statistic: Statistic) -> list[Window]:
    """The most unusual window of each series, by what is summed per series and bin (s, bins).

    statistic: z of the sums inside windows (s, windows) and of the whole time (s, 1). Kulldorff 1997 with shares.
    """
    count, bins = parts[0].shape
    sums = [np.concatenate((np.zeros((count, 1)), np.cumsum(part, axis=1)), axis=1) for part in parts]
    wholes = [part[:, -1:] for part in sums]
    best, height = [Window(0, bins, 0.0)] * count, np.zeros(count)
    for length in lengths(bins):
        z = statistic([part[:, length:] - part[:, :-length] for part in sums], wholes)
        place = np.argmax(np.abs(z), axis=1)
        found = z[np.arange(count), place]
        for row in np.flatnonzero(np.abs(found) > height):
            best[row] = Window(int(place[row]), int(place[row]) + length, float(found[row]))
        height = np.maximum(height, np.abs(found))
    return best


def departure_of_share(inside: Sequence[Floats], whole: Sequence[Floats]) -> Floats:
    """For parts tries, hits and hits expected if all the time were alike: the signed root of the likelihood ratio."""
    return signed_root(*inside, *whole)


def departure_of_mean(inside: Sequence[Floats], whole: Sequence[Floats]) -> Floats:
    """For parts count and sum of scores with variance 1: the difference of two means over its standard error."""
    (n, total), (all_n, all_total) = inside, whole
    out = np.maximum(all_n - n, 1)
    apart = total / np.maximum(n, 1) - (all_total - total) / out
    return np.asarray(np.where(n >= _FEWEST, apart / np.sqrt(1 / np.maximum(n, 1) + 1 / out), 0.0))


def signed_root(tries: Any, hits: Any, expected: Any, all_tries: Any, all_hits: Any, all_expected: Any) -> Floats:
    """+-sqrt(2 LLR) of hits inside against outside, each against what was expected; positive: more inside."""
    out_tries, out_hits, out_expected = all_tries - tries, all_hits - hits, all_expected - expected
    ratio = surplus(hits, expected) + surplus(tries - hits, tries - expected)
    ratio = ratio + surplus(out_hits, out_expected) + surplus(out_tries - out_hits, out_tries - out_expected)
    more = hits * out_expected >= out_hits * expected
    return np.asarray(np.where(more, 1.0, -1.0) * np.sqrt(2 * np.maximum(ratio, 0)))


def surplus(seen: Any, expected: Any) -> Floats:
    """seen ln(seen / expected) - (seen - expected), 0 for nothing seen of nothing expected."""
    bottom = np.maximum(expected, 1e-9)
    return np.asarray(seen * np.log(np.maximum(seen, 1e-9) / bottom) - (seen - bottom))


def log_odds(hits: float, tries: float) -> float:
    """Of a hit; half a hit and half a miss more keep it finite."""
    return math.log((hits + 0.5) / (tries - hits + 0.5))


def is_drift(residual: Floats, variance: Floats, z: float) -> bool:
    """Whether a steady rise or fall over the whole time tells the same at least as well as the window does."""
    time = np.arange(len(residual), dtype=np.float64)
    total = float(variance.sum())
    if total <= 0:
        return False
    time -= float(time @ variance) / total
    spread = float(variance @ time**2)
    return spread > 0 and abs(float(residual @ time)) / math.sqrt(spread) > abs(z)


def certainty(z: float, tests: int) -> float:
    """1 minus the chance that any of so many tests shows as much without cause (Bonferroni)."""
    return max(0.0, 1 - tests * normal_two_sided_p(z))


def threshold(tests: int, alpha: float) -> float:
    """The |z| beyond which certainty is above 1 - alpha."""
    low, high = 0.0, 40.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if tests * normal_two_sided_p(middle) > alpha else (low, middle)
    return high
