"""Gamma-Gamma: what a client pays per purchase, when clients differ and a single purchase tells little.

Amounts of a client are Gamma(p, nu), nu ~ Gamma(q, v); how much and how often must not go together (check with
`correlation`). Source: Fader & Hardie 2013, "The Gamma-Gamma Model of Monetary Value"; equations 1a and 5.
"""

from typing import NamedTuple

import numpy as np

from fondly.core.metrics.extras import special_functions
from fondly.core.metrics.lifetimes import fits
from fondly.core.metrics.lifetimes.purchases import Floats, Purchases
from fondly.core.metrics.newton import Slope
from fondly.core.metrics.slices import in_cache


class GammaGamma(NamedTuple):
    """p: how alike a client's amounts are; q: how alike clients are; v: scale, in money."""

    p: float
    q: float
    v: float


def fit(given: Purchases) -> fits.Fit[GammaGamma]:
    """Maximum likelihood over clients with a repeat purchase and a positive mean spend; n counts those.

    Raises ValueError without at least two of them; MissingExtra without SciPy.
    """
    x, spend = _repeaters(given)
    if len(x) < 2:
        raise ValueError("Spend needs two clients or more with a repeat purchase that cost something.")
    likelihood = _Likelihood(x, spend)
    start = GammaGamma(4.0, 4.0, 3.0 * float(spend.mean()) / 4.0)
    return fits.fit(likelihood.slope, start, len(x))


def _repeaters(given: Purchases) -> tuple[Floats, Floats]:
    if given.spend is None:
        raise ValueError("spend is missing: the mean amount of each client's repeat purchases.")
    paid = (given.frequency > 0) & (given.spend > 0)
    return given.frequency[paid].astype(np.float64), given.spend[paid]


class _Likelihood:
    """Sum of ln Γ(px+q) - ln Γ(px) - ln Γ(q) + q ln v + px ln(x m) - ln m - (px+q) ln(x m + v)."""

    def __init__(self, x: Floats, spend: Floats) -> None:
        self.special = special_functions("Gamma-Gamma")
        self.n, self.paid, self.both = len(x), x * spend, np.c_[np.ones(len(x)), x]
        self.frequencies, self.clients = np.unique(x, return_counts=True)
        self.log_paid = float(x @ np.log(self.paid))
        self.log_spend = float(np.log(spend).sum())

    def slope(self, parameters: Floats) -> Slope:
        p, q, v = parameters
        value, gradient, curvature = self._gamma_part(p, q)
        logs, bought_logs, near, bought_near, near_squares, bought_squares = self._spend_sums(v)
        value += self.n * q * np.log(v) + p * (self.log_paid - bought_logs) - q * logs - self.log_spend
        gradient += [self.log_paid - bought_logs, self.n * np.log(v) - logs, 0.0]
        gradient[2] = self.n * q / v - p * bought_near - q * near
        bent = p * bought_squares + q * near_squares - self.n * q / v**2
        curvature[2] = [-bought_near, self.n / v - near, bent]
        curvature[:2, 2] = curvature[2, :2]
        return Slope(float(value), gradient, curvature)

    def _spend_sums(self, v: float) -> list[float]:
        """Over clients, each once plain and once times x: ln(x m + v), 1/(x m + v), 1/(x m + v)²."""
        sums = np.zeros((3, 2))
        for rows in in_cache(self.n):
            shifted = self.paid[rows] + v
            near = 1 / shifted
            sums += np.stack([np.log(shifted), near, near * near]) @ self.both[rows]
        return [float(one) for one in sums.ravel()]

    def _gamma_part(self, p: float, q: float) -> tuple[float, Floats, Floats]:
        """ln Γ(px+q) - ln Γ(px) - ln Γ(q), once per distinct frequency."""
        gammaln, psi, zeta = self.special.gammaln, self.special.psi, self.special.zeta
        x, n = self.frequencies, self.clients
        both, own = p * x + q, p * x
        # zeta(2, z) is the second derivative of ln Γ(z).
        bent_both, bent_own, psi_both = zeta(2, both), zeta(2, own), psi(both)
        value = float(n @ (gammaln(both) - gammaln(own))) - self.n * float(gammaln(q))
        gradient = np.array([(n * x) @ (psi_both - psi(own)), n @ psi_both - self.n * psi(q), 0.0])
        curvature = np.zeros((3, 3))
        curvature[0, 0] = (n * x**2) @ (bent_both - bent_own)
        curvature[0, 1] = curvature[1, 0] = (n * x) @ bent_both
        curvature[1, 1] = n @ bent_both - self.n * zeta(2, q)
        return value, gradient, curvature


def log_likelihood(parameters: GammaGamma, given: Purchases) -> float:
    """Sum over repeaters of the natural logarithm of the likelihood. Needs SciPy."""
    return _Likelihood(*_repeaters(given)).slope(np.asarray(parameters)).value


def expected_spend(parameters: GammaGamma, given: Purchases) -> Floats:
    """What each client will pay per purchase, (clients,), in the money of `spend`: p (v + x m) / (p x + q - 1).

    A mean of the client's own and everybody's; where q <= 1 nobody's mean is finite without purchases: NaN.
    """
    p, q, v = parameters
    spend = np.zeros(len(given)) if given.spend is None else given.spend
    bottom = p * given.frequency + q - 1
    return np.where(bottom > 0, p * (v + given.frequency * spend) / np.where(bottom > 0, bottom, 1), np.nan)


def correlation(given: Purchases) -> float:
    """Pearson's, between frequency and spend of the repeaters; beyond about ±0.3 do not use this model."""
    x, spend = _repeaters(given)
    return float(np.corrcoef(x, spend)[0, 1])
