"""Looking a few times, at moments agreed beforehand: how far out z must be at each look (two-sided).

Looks are told by how much of the information they see (0.2, 0.4, ... 1). The paths not yet stopped are followed from
look to look: their density at one look, spread by what is added, is their density at the next, integrated by
Gauss-Legendre. Source: Armitage, McPherson & Rowe 1969; Jennison & Turnbull 2000, chapters 2, 7 and 19.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.distributions import STANDARD_NORMAL, normal_quantile
from fondly.core.metrics.estimates import LEVEL, Estimate, around, unknown
from fondly.core.metrics.experiments.fixed import Effect

Spending = Callable[[float, float], float]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(240)
_NEVER = 12.0
_CLOSE = 1e-10
_ROOT_2 = math.sqrt(2)


class _Paths:
    """Where the sums are that have not been stopped: sum = z · sqrt(information)."""

    def __init__(self) -> None:
        self.at, self.mass, self.seen = np.zeros(1), np.ones(1), 0.0

    def crossing(self, information: float, critical: float) -> float:
        """The probability to be stopped at this look and not before."""
        spread = math.sqrt(information - self.seen)
        edge = critical * math.sqrt(information)
        far = _upper((edge - self.at) / spread) + _upper((edge + self.at) / spread)
        return float(self.mass @ far)

    def go_on(self, information: float, critical: float) -> None:
        """To the paths that were not stopped at this look."""
        spread = math.sqrt(information - self.seen)
        edge = min(critical, _NEVER) * math.sqrt(information)
        there = edge * _NODES
        apart = (there[:, None] - self.at) / spread
        density = np.exp(-(apart**2) / 2) @ self.mass / (spread * math.sqrt(2 * math.pi))
        self.at, self.mass, self.seen = there, density * edge * _WEIGHTS, information


def _upper(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([math.erfc(one / _ROOT_2) / 2 for one in z])


def false_alarms(information: Sequence[float], critical: Sequence[float]) -> float:
    """The probability that |z| exceeds its critical value at any look although nothing differs."""
    paths, total = _Paths(), 0.0
    for seen, limit in zip(_checked(information), critical, strict=True):
        total += paths.crossing(seen, limit)
        paths.go_on(seen, limit)
    return total


def pocock(looks: int, level: float = LEVEL) -> list[float]:
    """The same critical z at each of `looks` equal looks."""
    return _shaped([1.0] * looks, level)


def obrien_fleming(looks: int, level: float = LEVEL) -> list[float]:
    """C sqrt(K/k) at look k of K equal looks: hard to stop early, close to a single test at the end."""
    return _shaped([math.sqrt(looks / look) for look in range(1, looks + 1)], level)


def _shaped(shape: list[float], level: float) -> list[float]:
    """The shape times the one constant that leaves 1 - level."""
    information = [(look + 1) / len(shape) for look in range(len(shape))]
    constant = _falling(lambda c: false_alarms(information, [c * one for one in shape]), 1 - level)
    return [constant * one for one in shape]


def spent(information: Sequence[float], spending: Spending, level: float = LEVEL) -> list[float]:
    """Critical z where looks need not be equal nor known beforehand: at t, spending(t, alpha) is used up.

    Give the looks so far; further ones do not change earlier ones. Source: Lan & DeMets 1983, Biometrika 70(3).
    """
    paths, used, critical = _Paths(), 0.0, []
    for seen in _checked(information):
        budget = spending(min(seen, 1.0), 1 - level) - used
        limit = _falling(partial(paths.crossing, seen), budget) if budget > 0 else _NEVER
        paths.go_on(seen, limit)
        critical.append(limit)
        used += budget
    return critical


def as_obrien_fleming(information: float, alpha: float) -> float:
    """4 (1 - Φ(z(alpha/4) / sqrt(t)))."""
    return 4 * (1 - STANDARD_NORMAL.cdf(normal_quantile(1 - alpha / 4) / math.sqrt(information)))


def as_pocock(information: float, alpha: float) -> float:
    """alpha ln(1 + (e - 1) t)."""
    return alpha * math.log1p((math.e - 1) * information)


def as_power(rho: float) -> Spending:
    """alpha t^rho."""
    return lambda information, alpha: float(alpha * information**rho)


def estimate(effect: Effect, critical: float, level: float = LEVEL) -> Estimate:
    """The effect at a look whose critical z is `critical`, with its repeated confidence interval: value ± critical se.

    Over all looks together the interval misses at most 1 - level of the time. Source: Jennison & Turnbull 2000, 9.
    """
    if effect.error == 0:
        return unknown(effect.n, "nothing differs between the clients of an arm", level)
    return around(effect.value, critical * effect.error, effect.n, level)


def _falling(of: Callable[[float], float], wanted: float) -> float:
    """Where a falling function comes down to `wanted`."""
    low, high = 0.0, _NEVER
    while high - low > _CLOSE:
        middle = (low + high) / 2
        low, high = (middle, high) if of(middle) > wanted else (low, middle)
    return (low + high) / 2


def _checked(information: Sequence[float]) -> Sequence[float]:
    if not information or information[0] <= 0 or any(a >= b for a, b in pairwise(information)):
        raise ValueError(f"Looks see more and more, from above 0; these do not: {list(information)}.")
    return information
