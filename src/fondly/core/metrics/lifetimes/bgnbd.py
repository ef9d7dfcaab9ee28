"""BG/NBD: clients buy at random as long as they are with us, and may leave for good after any purchase.

Purchases of a client come at a rate lambda ~ Gamma(r, alpha); after each of them the client leaves with probability
p ~ Beta(a, b). Who never bought again has not left. Source: Fader, Hardie & Lee 2005, Marketing Science 24(2).
"""

from typing import NamedTuple

import numpy as np

from fondly.core.metrics.extras import special_functions
from fondly.core.metrics.lifetimes import fits
from fondly.core.metrics.lifetimes.purchases import Distinct, Floats, Purchases, distinct, time_per_repeat
from fondly.core.metrics.newton import Slope
from fondly.core.metrics.slices import in_cache

_NEAR_ONE = 1e-6


class BgNbd(NamedTuple):
    """r, alpha: shape and rate of buying (alpha in the unit of time); a, b: leaving after a purchase."""

    r: float
    alpha: float
    a: float
    b: float


def fit(given: Purchases) -> fits.Fit[BgNbd]:
    """Maximum likelihood over all clients. Raises ValueError where nobody bought again."""
    start = BgNbd(0.5, 0.5 * time_per_repeat(given), 0.7, 2.0)
    return fits.fit(_Likelihood(distinct(given)).slope, start, len(given))


class _Likelihood:
    """The log-likelihood of distinct clients, with all that does not hang on the parameters summed beforehand.

    Per client: sum_{i<x} [ln(r+i) + ln(b+i) - ln(a+b+i)] + r ln alpha - (r+x) ln(alpha+T) + ln(1 + e^D) where x > 0,
    D = (r+x) [ln(alpha+T) - ln(alpha+tx)] + ln a - ln(b+x-1). Gamma functions vanish because x is whole.
    """

    def __init__(self, alike: Distinct) -> None:
        x, clients = alike.frequency, alike.clients
        self.n = float(clients.sum())
        self.beyond = alike.beyond
        self.steps = np.arange(len(self.beyond), dtype=np.float64)
        self.times = alike.times
        self.with_age = np.bincount(alike.age, clients, len(self.times))
        self.bought_by_age = np.bincount(alike.age, clients * x, len(self.times))
        again = x > 0
        self.x = x[again]
        self.recency, self.age, self.clients = alike.recency[again], alike.age[again], clients[again]

    def slope(self, parameters: Floats) -> Slope:
        r, alpha, a, b = parameters
        value, gradient, curvature = self._smooth_part(r, alpha, a, b)
        more, steeper, bent = self._mixture_part(r, alpha, a, b)
        return Slope(value + more, gradient + steeper, curvature + bent)

    def _smooth_part(self, r: float, alpha: float, a: float, b: float) -> tuple[float, Floats, Floats]:
        """All but ln(1 + e^D): sums over distinct frequencies and distinct ages."""
        logs, inverse, squares = zip(*(self._rising(start) for start in (r, b, a + b)), strict=True)
        log_age, by_age = np.log(alpha + self.times), 1 / (alpha + self.times)
        exponent = r * self.with_age + self.bought_by_age
        value = logs[0] + logs[1] - logs[2] + self.n * r * np.log(alpha) - float(exponent @ log_age)
        gradient = np.array([
            inverse[0] + self.n * np.log(alpha) - self.with_age @ log_age,
            self.n * r / alpha - exponent @ by_age,
            -inverse[2],
            inverse[1] - inverse[2],
        ])  # fmt: skip
        bent = np.full((4, 4), 0.0)
        bent[0, 0] = -squares[0]
        bent[0, 1] = bent[1, 0] = self.n / alpha - self.with_age @ by_age
        bent[1, 1] = -self.n * r / alpha**2 + exponent @ by_age**2
        bent[2:, 2:] = squares[2]
        bent[3, 3] -= squares[1]
        return float(value), gradient, bent

    def _rising(self, start: float) -> tuple[float, float, float]:
        """Sums over clients and i < x of ln(start+i), 1/(start+i), 1/(start+i)²."""
        shifted = start + self.steps
        inverse = 1 / shifted
        return (
            float(self.beyond @ np.log(shifted)),
            float(self.beyond @ inverse),
            float(self.beyond @ inverse**2),
        )

    def _mixture_part(self, r: float, alpha: float, a: float, b: float) -> tuple[float, Floats, Floats]:
        """ln(1 + e^D) of those who bought again, its gradient and second derivatives."""
        below = b - 1 + np.arange(len(self.beyond) + 1, dtype=np.float64)
        below[0] = 1.0
        tables = _Tables(np.log(alpha + self.times), 1 / (alpha + self.times), np.log(a) - np.log(below), 1 / below)
        value, gradient, bent = 0.0, np.zeros(4), np.zeros((4, 4))
        for rows in in_cache(len(self.x)):
            more, steeper, curved = self._some_rows(rows, r, a, tables)
            value, gradient, bent = value + more, gradient + steeper, bent + curved
        return value, gradient, np.triu(bent) + np.triu(bent, 1).T

    def _some_rows(self, rows: slice, r: float, a: float, tables: "_Tables") -> tuple[float, Floats, Floats]:
        """With p = e^D / (1 + e^D), the probability of having left: gradient p dD, second p(1-p) dD dD' + p d²D."""
        x, clients, recency, age = self.x[rows], self.clients[rows], self.recency[rows], self.age[rows]
        near, far = tables.inverse[recency], tables.inverse[age]
        power, closer = r + x, far - near
        by_r = tables.log[age] - tables.log[recency]
        odds = power * by_r + tables.by_frequency[x]
        small = np.exp(-np.abs(odds))
        left = np.where(odds > 0, 1.0, small) / (1 + small)
        weight = clients * left
        unsure = weight * (1 - left)
        by_alpha, by_b = power * closer, tables.by_b[x]
        slopes = np.stack([by_r, by_alpha, np.full(len(x), 1 / a), -by_b])
        bent = (slopes * unsure) @ slopes.T
        bent[0, 1] += weight @ closer
        # closer·(near + far) = 1/(alpha+T)² - 1/(alpha+tx)²
        bent[1, 1] -= weight @ (by_alpha * (near + far))
        bent[2, 2] -= weight.sum() / a**2
        bent[3, 3] += weight @ by_b**2
        return float(clients @ (np.maximum(odds, 0) + np.log1p(small))), slopes @ weight, bent


class _Tables(NamedTuple):
    """Per distinct time: ln(alpha+t), 1/(alpha+t); per frequency: ln a - ln(b+x-1), 1/(b+x-1)."""

    log: Floats
    inverse: Floats
    by_frequency: Floats
    by_b: Floats


def log_likelihood(parameters: BgNbd, given: Purchases) -> float:
    """Sum over clients of the natural logarithm of the likelihood."""
    return _Likelihood(distinct(given)).slope(np.asarray(parameters)).value


def probability_alive(parameters: BgNbd, given: Purchases) -> Floats:
    """That a client has not left for good by the end of what was observed, (clients,).

    1 / (1 + [x>0] a/(b+x-1) ((alpha+T)/(alpha+tx))^(r+x)).
    """
    r, alpha, a, b = parameters
    x = given.frequency
    odds = (r + x) * np.log((alpha + given.age) / (alpha + given.recency)) + np.log(a / np.where(x > 0, b + x - 1, 1))
    return np.where(x > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)


def expected_purchases(parameters: BgNbd, given: Purchases, ahead: float) -> Floats:
    """Purchases of each client in the next `ahead` units of time, given what was seen, (clients,).

    (a+b+x-1)/(a-1) [1 - (1-z)^(a-1) 2F1(a+b-1-r, a-1; a+b+x-1; z)] P(alive), z = ahead/(alpha+T+ahead): equation 10
    of the source after Euler's transformation, which keeps large x from overflowing. Needs SciPy.
    """
    hypergeometric = special_functions("The expected purchases of BG/NBD").hyp2f1
    r, alpha, a, b = parameters
    a = a if abs(a - 1) > _NEAR_ONE else 1 + _NEAR_ONE
    total = a + b + given.frequency - 1
    z = ahead / (alpha + given.age + ahead)
    shrunk = (1 - z) ** (a - 1) * hypergeometric(a + b - 1 - r, a - 1, total, z)
    return np.asarray(total / (a - 1) * (1 - shrunk) * probability_alive(parameters, given))
