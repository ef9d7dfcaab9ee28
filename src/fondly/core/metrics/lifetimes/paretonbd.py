"""Pareto/NBD: clients buy at random as long as they are with us, and may leave for good at any time.

Purchases come at a rate lambda ~ Gamma(r, alpha), leaving at a rate mu ~ Gamma(s, beta). Source: Schmittlein,
Morrison & Colombo 1987, Management Science 33(1).

The usual likelihood is a difference of hypergeometric functions, which loses its digits where alpha and beta are far
apart. Here it is the integral it came from, over the time y of leaving:
(alpha+T)^-(r+x) (beta+T)^-s + s ∫ (alpha+y)^-(r+x) (beta+y)^-(s+1) dy, y from recency to age,
by Gauss-Legendre in ln(m+y), m the smaller of alpha and beta, cut where the integrand has fallen by e^-45.
"""

from typing import NamedTuple

import numpy as np

from fondly.core.metrics.lifetimes import fits
from fondly.core.metrics.lifetimes.purchases import Distinct, Floats, Purchases, distinct, time_per_repeat
from fondly.core.metrics.newton import Slope
from fondly.core.metrics.slices import in_cache

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
_FALLEN = 45.0


class ParetoNbd(NamedTuple):
    """r, alpha: shape and rate of buying; s, beta: of leaving; alpha and beta in the unit of time."""

    r: float
    alpha: float
    s: float
    beta: float


class _Ways(NamedTuple):
    """How a client may have come about, (rows, 1 + nodes): still there (column 0), or left at `until`.

    weight: natural logarithm of the width of the node; leaving: s in column 0, s + 1 in the others.
    """

    until: Floats
    weight: Floats
    leaving: Floats


def fit(given: Purchases) -> fits.Fit[ParetoNbd]:
    """Maximum likelihood over all clients. Raises ValueError where nobody bought again."""
    alike, scale = distinct(given), time_per_repeat(given)
    lasting = max(float(given.age.mean()), 1e-6)
    # The likelihood of few clients may have two peaks: one where they differ in buying, one where in leaving.
    starts = ParetoNbd(0.7, 0.7 * scale, 0.7, lasting), ParetoNbd(3.0, 3.0 * scale, 0.3, 0.1 * lasting)
    found = [fits.fit(lambda at: _slope(at, alike), start, len(given)) for start in starts]
    return max(found, key=lambda one: one.log_likelihood)


def _slope(parameters: Floats, alike: Distinct) -> Slope:
    """Value, gradient and second derivatives of the log-likelihood."""
    r, alpha, s, beta = parameters
    value, gradient, curvature = _purchase_part(r, alpha, s, beta, alike)
    for rows in in_cache(len(alike.clients), len(_NODES)):
        x, clients = alike.frequency[rows].astype(np.float64), alike.clients[rows]
        ways = _ways(parameters, alike.times[alike.recency[rows]], alike.times[alike.age[rows]], x)
        more, steeper, bent = _leaving_part(parameters, x, clients, ways)
        value, gradient, curvature = value + more, gradient + steeper, curvature + bent
    return Slope(value, gradient, curvature)


def _purchase_part(r: float, alpha: float, s: float, beta: float, alike: Distinct) -> tuple[float, Floats, Floats]:
    """ln Γ(r+x) - ln Γ(r) + r ln alpha + s ln beta; the gamma functions are sums because x is whole."""
    n, beyond = float(alike.clients.sum()), alike.beyond
    shifted = r + np.arange(len(beyond))
    value = float(beyond @ np.log(shifted)) + n * (r * np.log(alpha) + s * np.log(beta))
    gradient = np.array(
        [float(beyond @ (1 / shifted)) + n * np.log(alpha), n * r / alpha, n * np.log(beta), n * s / beta]
    )
    bent = np.diag([-float(beyond @ shifted**-2.0), -n * r / alpha**2, 0.0, -n * s / beta**2])
    bent[0, 1] = bent[1, 0] = n / alpha
    bent[2, 3] = bent[3, 2] = n / beta
    return value, gradient, bent


def _ways(parameters: Floats, recency: Floats, age: Floats, x: Floats) -> _Ways:
    r, alpha, s, beta = parameters
    smaller = min(alpha, beta)
    low = smaller + recency
    fall = (r + x) * low / (alpha + recency) + s * low / (beta + recency)
    reach = np.minimum(np.log((smaller + age) / low), _FALLEN / fall)
    place = reach[:, None] * (_NODES + 1) / 2
    later = low[:, None] * np.exp(place)
    with np.errstate(divide="ignore"):
        width = np.log(reach / 2)[:, None] + np.log(_WEIGHTS) + np.log(later)
    until = np.c_[age, later - smaller]
    return _Ways(until, np.c_[np.zeros(len(age)), width + np.log(s)], np.r_[s, np.full(len(_NODES), s + 1)])


def _shares(parameters: Floats, x: Floats, ways: _Ways) -> tuple[Floats, Floats, Floats, Floats]:
    """Per client: ln of the sum over all ways; each way's share; ln(alpha+y); ln(beta+y)."""
    r, alpha, _s, beta = parameters
    log_alpha, log_beta = np.log(alpha + ways.until), np.log(beta + ways.until)
    logs = ways.weight - (r + x)[:, None] * log_alpha - ways.leaving * log_beta
    top = logs.max(axis=1)
    shares = np.exp(logs - top[:, None])
    total = shares.sum(axis=1)
    return top + np.log(total), shares / total[:, None], log_alpha, log_beta


def _leaving_part(parameters: Floats, x: Floats, clients: Floats, ways: _Ways) -> tuple[float, Floats, Floats]:
    """ln of the integral and its derivatives: of a log of a sum, E[g] and Cov[g] + E[second derivatives]."""
    r, alpha, s, beta = parameters
    logs, shares, log_alpha, log_beta = _shares(parameters, x, ways)
    near_alpha, near_beta = 1 / (alpha + ways.until), 1 / (beta + ways.until)
    has_left = np.r_[0.0, np.ones(len(_NODES))]
    bought = (r + x)[:, None]
    slopes = np.stack([-log_alpha, -bought * near_alpha, has_left / s - log_beta, -ways.leaving * near_beta])
    weighted = shares * clients[:, None]
    means = (slopes * shares).sum(axis=2)
    flat = slopes.reshape(4, -1)
    bent = (flat * weighted.ravel()) @ flat.T - (means * clients) @ means.T
    mixed_alpha, mixed_beta = -float((weighted * near_alpha).sum()), -float((weighted * near_beta).sum())
    bent[0, 1], bent[1, 0] = bent[0, 1] + mixed_alpha, bent[1, 0] + mixed_alpha
    bent[2, 3], bent[3, 2] = bent[2, 3] + mixed_beta, bent[3, 2] + mixed_beta
    bent[1, 1] += float((weighted * bought * near_alpha**2).sum())
    bent[2, 2] -= float((weighted * has_left).sum()) / s**2
    bent[3, 3] += float((weighted * ways.leaving * near_beta**2).sum())
    return float(clients @ logs), means @ clients, bent


def log_likelihood(parameters: ParetoNbd, given: Purchases) -> float:
    """Sum over clients of the natural logarithm of the likelihood."""
    return _slope(np.asarray(parameters), distinct(given)).value


def probability_alive(parameters: ParetoNbd, given: Purchases) -> Floats:
    """That a client is still with us at the end of what was observed, (clients,): the share of that way."""
    at, alive = np.asarray(parameters), np.empty(len(given))
    for rows in in_cache(len(given), len(_NODES)):
        x = given.frequency[rows].astype(np.float64)
        ways = _ways(at, given.recency[rows], given.age[rows], x)
        alive[rows] = _shares(at, x, ways)[1][:, 0]
    return alive


def expected_purchases(parameters: ParetoNbd, given: Purchases, ahead: float) -> Floats:
    """Purchases of each client in the next `ahead` units of time, given what was seen, (clients,).

    P(alive) (r+x)(beta+T) / ((alpha+T)(s-1)) [1 - ((beta+T)/(beta+T+ahead))^(s-1)].
    """
    r, alpha, s, beta = parameters
    longer = np.log1p(ahead / (beta + given.age))
    lasting = longer if s == 1 else -np.expm1(-(s - 1) * longer) / (s - 1)
    rate = (r + given.frequency) * (beta + given.age) / (alpha + given.age)
    return probability_alive(parameters, given) * rate * lasting
