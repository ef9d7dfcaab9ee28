"""How long until something happens, when for some it has not happened yet."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fondly.core.metrics.distributions import chi_squared_p, two_sided_z
from fondly.core.metrics.estimates import LEVEL, Estimate, unknown

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Survival:
    """S(t), the share for whom it has not happened by t, with its band; a step function, one entry per time.

    times, at_risk, happened, share, variance (Greenwood), low, high: shape (distinct times with an event,).
    """

    times: Floats
    at_risk: Floats
    happened: Floats
    share: Floats
    variance: Floats
    low: Floats
    high: Floats
    n: int
    longest: float
    level: float

    def at(self, time: float) -> Estimate:
        """S(time). Unknown beyond the longest time anybody was watched, unless nobody is left."""
        if self.n == 0:
            return unknown(0, "nobody to watch", self.level)
        if time > self.longest and (not len(self.share) or self.share[-1] > 0):
            return unknown(self.n, f"nobody was watched longer than {self.longest:g}", self.level)
        step = int(np.searchsorted(self.times, time, side="right")) - 1
        if step < 0:
            return Estimate(1.0, 1.0, 1.0, self.n, self.level)
        return Estimate(float(self.share[step]), float(self.low[step]), float(self.high[step]), self.n, self.level)

    def quantile(self, share_gone: float) -> Estimate:
        """The time by which it has happened for `share_gone` of all (0.5: the median), with the band's crossings.

        The first time with S(t) <= 1 - share_gone, as R's survfit and lifelines have it; a bound that the band never
        reaches is None. Source: Brookmeyer & Crowley 1982.
        """
        value = _first_at_or_below(self.times, self.share, 1 - share_gone)
        if value is None:
            return unknown(self.n, f"it has happened for fewer than {share_gone:.0%}", self.level)
        low = _first_at_or_below(self.times, self.low, 1 - share_gone)
        high = _first_at_or_below(self.times, self.high, 1 - share_gone)
        return Estimate(value, low, high, self.n, self.level)

    @property
    def median(self) -> Estimate:
        return self.quantile(0.5)


@dataclass(frozen=True, slots=True)
class Difference:
    """Whether groups differ: the chi-squared statistic, its degrees of freedom and p."""

    statistic: float
    freedom: int
    p: float


def kaplan_meier(
    durations: ArrayLike, happened: ArrayLike, level: float = LEVEL, many: ArrayLike | None = None
) -> Survival:
    """Kaplan-Meier's S(t) = prod (1 - d_i/n_i) with a log-log band from Greenwood's variance.

    durations: shape (n,), any unit, >= 0: time until it happened or until we stopped watching; happened: shape (n,),
    false where it had not (yet); many: shape (n,), how many each row stands for, None: one. Assumes that who is no
    longer watched is like who is.
    Band: exp(-exp(log(-log S) ± z sqrt(sum d/(n(n-d))) / log S)), Kalbfleisch & Prentice 1980, as lifelines and R's
    conf.type = "log-log". Raises ValueError on unequal lengths, negative or missing durations.
    """
    watched, event = _checked(durations, happened)
    weight = np.ones(len(watched)) if many is None else np.asarray(many, dtype=np.float64)
    times, at_risk, deaths = _table(watched, event, weight)
    share = np.cumprod(1 - deaths / at_risk, dtype=np.float64)
    with np.errstate(divide="ignore"):
        greenwood = np.cumsum(deaths / (at_risk * (at_risk - deaths)), dtype=np.float64)
    low, high = _log_log_band(share, greenwood, two_sided_z(level))
    variance = share**2 * np.where(share > 0, greenwood, 0.0)
    longest = float(watched.max()) if len(watched) else 0.0
    return Survival(times, at_risk, deaths, share, variance, low, high, int(weight.sum()), longest, level)


def log_rank(durations: ArrayLike, happened: ArrayLike, groups: ArrayLike) -> Difference:
    """Do two groups or more differ in how soon it happens? Mantel's log-rank test (1966), ties hypergeometric.

    groups: shape (n,). Most able to see hazards that differ by a constant factor. Raises ValueError on one group.
    """
    watched, event = _checked(durations, happened)
    labels, group = np.unique(np.asarray(groups), return_inverse=True)
    if len(labels) < 2:
        raise ValueError("A comparison needs two groups or more.")
    times, at_risk, deaths = _table(watched, event, np.ones(len(watched)))
    risk = np.array([_risk_at(times, watched[group == g]) for g in range(len(labels))])
    seen = np.bincount(group, weights=event, minlength=len(labels))
    expected = (risk * deaths / at_risk).sum(axis=1)
    return _chi_squared((seen - expected)[:-1], _log_rank_variance(risk, at_risk, deaths)[:-1, :-1])


def _log_rank_variance(risk: Floats, at_risk: Floats, deaths: Floats) -> Floats:
    several = at_risk > 1
    share = risk[:, several] / at_risk[several]
    spread = deaths[several] * (at_risk[several] - deaths[several]) / (at_risk[several] - 1)
    variance: Floats = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    return variance


def _chi_squared(away: Floats, variance: Floats) -> Difference:
    statistic = float(away @ np.linalg.pinv(variance) @ away)
    return Difference(statistic, len(away), chi_squared_p(statistic, len(away)))


def hazard(durations: ArrayLike, happened: ArrayLike, level: float = LEVEL) -> Estimate:
    """Events per unit of time watched, constant over time: d / sum of durations.

    Interval on the log scale: rate * exp(± z / sqrt(d)). Assumes a constant rate within what is handed in.
    """
    watched, event = _checked(durations, happened)
    return rate(int(event.sum()), float(watched.sum()), len(watched), level)


def rate(times: int, watched: float, n: int, level: float = LEVEL) -> Estimate:
    """`times` it happened in `watched` units of time of n together, with the interval of `hazard`."""
    if not times or not watched:
        return unknown(n, "it has happened to nobody", level)
    factor = math.exp(two_sided_z(level) / math.sqrt(times))
    return Estimate(times / watched, times / watched / factor, times / watched * factor, n, level)


def _checked(durations: ArrayLike, happened: ArrayLike) -> tuple[Floats, Floats]:
    watched = np.asarray(durations, dtype=np.float64)
    event = np.asarray(happened, dtype=np.float64)
    if watched.shape != event.shape or watched.ndim != 1:
        raise ValueError(f"durations {watched.shape} and happened {event.shape} must be two rows of the same length.")
    if np.isnan(watched).any() or (watched < 0).any():
        raise ValueError("A duration is missing or negative; leave such rows out or mend them.")
    return watched, event


def _table(watched: Floats, event: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Times at which it happened, how many were at risk just before, and to how many it happened."""
    times, place = np.unique(watched, return_inverse=True)
    deaths = np.bincount(place, event * weight, len(times)).astype(np.float64)
    at_risk = np.cumsum(np.bincount(place, weight, len(times))[::-1])[::-1].astype(np.float64)
    some = deaths > 0
    return times[some], at_risk[some], deaths[some]


def _risk_at(times: Floats, watched: Floats) -> Floats:
    return (len(watched) - np.searchsorted(np.sort(watched), times, side="left")).astype(np.float64)


def _log_log_band(share: Floats, greenwood: Floats, z: float) -> tuple[Floats, Floats]:
    low, high = np.zeros_like(share), np.zeros_like(share)
    inside = (share > 0) & (share < 1)
    log_share = np.log(share[inside])
    half = z * np.sqrt(greenwood[inside]) / log_share
    low[inside] = np.exp(-np.exp(np.log(-log_share) - half))
    high[inside] = np.exp(-np.exp(np.log(-log_share) + half))
    return low, high


def _first_at_or_below(times: Floats, falling: Floats, level: float) -> float | None:
    # S is a product of fractions; a hair of rounding must not move a quantile by a whole step.
    below = np.flatnonzero(falling <= level + 1e-12)
    return float(times[below[0]]) if len(below) else None
