"""What clients without a contract are worth: purchases to come, times what one brings, discounted."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fondly.core.metrics.estimates import LEVEL, Estimate
from fondly.core.metrics.lifetimes import bgnbd, gammagamma
from fondly.core.metrics.lifetimes.fits import Fit
from fondly.core.metrics.lifetimes.purchases import Floats, Purchases

Expected = Callable[[float], Floats]

_ENOUGH_FOR_THE_RANGE = 5_000


@dataclass(frozen=True, slots=True)
class Worth:
    """Per client (clients,): alive, the probability to be still with us; expected purchases; spend per purchase;
    value, discounted. total: of all clients, its interval from what the parameters may be."""

    alive: Floats
    expected: Floats
    spend: Floats
    value: Floats
    total: Estimate


def of_clients(
    given: Purchases, ahead: float, margin: float = 1.0, discount: float = 0.0, level: float = LEVEL
) -> Worth:
    """BG/NBD and Gamma-Gamma fitted to the clients, and what each is worth over the next `ahead` units of time.

    margin: part of what is paid that stays. discount: per unit of time (0.0018 a week is a tenth a year). The range of
    the total is worked out on up to 5,000 clients, evenly picked. Needs SciPy; raises ValueError where too few bought
    again (`bgnbd.fit`, `gammagamma.fit`).
    """
    buying, paying = bgnbd.fit(given), gammagamma.fit(given)
    at, spend = buying.parameters, gammagamma.expected_spend(paying.parameters, given)
    value = _value(at, given, margin * spend, ahead, discount)
    total = _total(given, (buying, paying), (ahead, margin, discount), float(value.sum()), level)
    expected = bgnbd.expected_purchases(at, given, ahead)
    return Worth(bgnbd.probability_alive(at, given), expected, spend, value, total)


def _value(at: bgnbd.BgNbd, given: Purchases, margin: Floats, ahead: float, discount: float) -> Floats:
    return lifetime_value(lambda until: bgnbd.expected_purchases(at, given, until), margin, ahead, discount)


def _total(
    given: Purchases,
    fitted: tuple[Fit[bgnbd.BgNbd], Fit[gammagamma.GammaGamma]],
    terms: tuple[float, float, float],
    total: float,
    level: float,
) -> Estimate:
    """The total with its range: the two models know nothing of each other, so their errors add as squares."""
    ahead, margin, discount = terms
    few = given.picked(-(-len(given) // _ENOUGH_FOR_THE_RANGE))

    def value(at: bgnbd.BgNbd, pay: gammagamma.GammaGamma) -> float:
        return float(_value(at, few, margin * gammagamma.expected_spend(pay, few), ahead, discount).sum())

    buying, paying = fitted
    by_buying = buying.figure(lambda at: value(at, paying.parameters), level)
    by_paying = paying.figure(lambda pay: value(buying.parameters, pay), level)
    if by_buying.high is None or by_paying.high is None or not by_buying.value:
        return Estimate(total, None, None, len(given), level, by_buying.note or by_paying.note)
    centre = by_buying.value
    half = total / centre * float(np.hypot(by_buying.high - centre, by_paying.high - centre))
    return Estimate(total, max(0.0, total - half), total + half, len(given), level)


def lifetime_value(expected: Expected, margin: Floats, ahead: float, discount: float = 0.0, steps: int = 12) -> Floats:
    """Value of each client over the next `ahead` units of time, (clients,), in the money of `margin`.

    expected: purchases of each client up to a time from now, such as
    `lambda ahead: bgnbd.expected_purchases(parameters, purchases, ahead)`. margin: what one purchase of a client
    brings (clients,), such as a share of `gammagamma.expected_spend`. discount: per unit of time. Purchases count at
    the middle of their step. Assumes that how much does not hang on how often.
    """
    if ahead <= 0 or steps < 1 or discount <= -1:
        raise ValueError("ahead must be above 0, steps 1 or more, discount above -1.")
    if discount == 0:
        return expected(ahead) * margin
    total, before = np.zeros(len(margin)), np.zeros(len(margin))
    for start, end in pairwise(np.linspace(0, ahead, steps + 1)):
        until = expected(float(end))
        total += (until - before) * (1 + discount) ** -((start + end) / 2)
        before = until
    return total * margin
