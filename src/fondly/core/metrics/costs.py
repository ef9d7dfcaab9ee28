"""What it costs that clients leave, what stands to be lost, and what is saved where Fondly does the work.

Money is in minor units (cents) of one currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fondly.core.metrics.distributions import two_sided_z
from fondly.core.metrics.estimates import LEVEL, Estimate, unknown
from fondly.core.metrics.intervals import bootstrap, known_values, mean


def money_at_risk(risk: ArrayLike, worth_minor: ArrayLike, level: float = LEVEL) -> Estimate:
    """What will be lost to leaving: sum of risk · worth over clients, with the range that chance gives it.

    risk: probability to leave of each client, calibrated (`churn`); worth_minor: what each is still worth if he stays
    (`lifetimes`). Range: ± z sqrt(sum p(1-p) w²), never below 0; assumes that clients leave independently and that
    risks and worth are right, so a bad month for all is outside it.
    """
    p, worth = np.asarray(risk, dtype=np.float64), np.asarray(worth_minor, dtype=np.float64)
    if len(p) != len(worth) or not ((p >= 0) & (p <= 1)).all() or not (worth >= 0).all():
        raise ValueError("risk must lie between 0 and 1 and worth be 0 or more, one of each per client.")
    if len(p) == 0:
        return unknown(0, "no clients", level)
    value = float(p @ worth)
    half = two_sided_z(level) * float(np.sqrt((p * (1 - p)) @ worth**2))
    return Estimate(value, max(0.0, value - half), min(float(worth.sum()), value + half), len(p), level)


@dataclass(frozen=True, slots=True)
class CostOfLeaving:
    """per_client: what one client who leaves costs on average; total: all of those who left, which is no estimate."""

    per_client: Estimate
    total_minor: float


def cost_of_leaving(worth_minor: ArrayLike, replacing_minor: float = 0.0, level: float = LEVEL) -> CostOfLeaving:
    """What those who left were still worth, one figure each, plus what it takes to win another client.

    Interval of the mean by the BCa bootstrap, since few clients are worth much. NaN is left out.
    """
    lost = known_values(worth_minor) + replacing_minor
    return CostOfLeaving(bootstrap(lost, lambda rows: rows.mean(axis=1), level), float(lost.sum()))


@dataclass(frozen=True, slots=True)
class Saved:
    """minutes: by all that was done by itself; by_kind: each kind's; untold: kinds nobody has told the minutes of."""

    minutes: Estimate
    by_kind: dict[str, Estimate]
    untold: tuple[str, ...]

    def worth_minor(self, hour_minor: float) -> Estimate:
        """The same in money, at what an hour of work costs."""
        return _times(self.minutes, hour_minor / 60, self.minutes.n)


def time_saved(done: Mapping[str, int], by_hand: Mapping[str, ArrayLike], level: float = LEVEL) -> Saved:
    """Minutes that people did not spend because Fondly did it.

    done: how often each kind of touchpoint was done by itself. by_hand: minutes that it took by hand, a few
    measurements per kind; one alone gives a value without a range. Sum of count · mean; errors of kinds add as squares.
    Kinds without measurement save nothing here and are named.
    """
    known = {kind: known_values(by_hand[kind]) for kind in done if kind in by_hand}
    known = {kind: minutes for kind, minutes in known.items() if len(minutes)}
    by_kind = {kind: _times(mean(minutes, level), done[kind], done[kind]) for kind, minutes in known.items()}
    untold = tuple(kind for kind in done if kind not in known and done[kind])
    return Saved(_sum(by_kind, level), by_kind, untold)


def _times(one: Estimate, factor: float, n: int) -> Estimate:
    value, low, high = (None if part is None else part * factor for part in (one.value, one.low, one.high))
    return Estimate(value, low, high, n, one.level, one.note)


def _sum(by_kind: Mapping[str, Estimate], level: float) -> Estimate:
    n = sum(one.n for one in by_kind.values())
    if not by_kind:
        return unknown(0, "nobody has told how long anything takes by hand", level)
    value = float(sum(one.value or 0.0 for one in by_kind.values()))
    if any(one.low is None for one in by_kind.values()):
        return Estimate(value, None, None, n, level, "a kind was measured once only, which says nothing of its spread")
    half = float(np.sqrt(sum(((one.high or 0.0) - (one.low or 0.0)) ** 2 / 4 for one in by_kind.values())))
    return Estimate(value, max(0.0, value - half), value + half, n, level)
