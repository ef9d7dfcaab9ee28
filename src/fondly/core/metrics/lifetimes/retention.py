"""Retention under a contract: who will renew how often, when leaving is seen.

Shifted beta-geometric: each client leaves at the end of a period with a probability of his own, theta ~ Beta(a, b).
Source: Fader & Hardie 2007, "How to Project Customer Retention", Journal of Interactive Marketing 21(1); the value
of those who stay: Fader & Hardie 2010, Marketing Science 29(1).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fondly.core.metrics.lifetimes import fits
from fondly.core.metrics.lifetimes.purchases import Floats
from fondly.core.metrics.newton import Slope

_NOTHING_LEFT = 1e-12
_MOST_PERIODS = 100_000


class Retention(NamedTuple):
    """a, b of the Beta distribution of leaving per period; the mean is a / (a + b)."""

    a: float
    b: float


def fit(left: ArrayLike, still: int) -> fits.Fit[Retention]:
    """Maximum likelihood from one cohort: left[t] clients left at the end of period t + 1, `still` are there.

    Raises ValueError where nobody left or a count is negative.
    """
    gone = np.asarray(left, dtype=np.float64)
    if (gone < 0).any() or still < 0:
        raise ValueError("left and still are counts of clients; none may be below 0.")
    if gone.sum() == 0:
        raise ValueError("Nobody left, so nothing can be said of leaving.")
    n = int(gone.sum() + still)
    stayed = n - np.cumsum(gone)
    return fits.fit(lambda at: _slope(at, gone, stayed), Retention(1.0, 2.0), n)


def _slope(parameters: Floats, left: Floats, stayed: Floats) -> Slope:
    """sum_t left_t ln a + stayed_t ln(b+t) - (left_t + stayed_t) ln(a+b+t), t = 0, 1, ..."""
    a, b = parameters
    own, both = b + np.arange(len(left)), a + b + np.arange(len(left))
    asked = left + stayed
    gone = float(left.sum())
    value = gone * np.log(a) + stayed @ np.log(own) - asked @ np.log(both)
    by_both, bent_both = -float(asked @ (1 / both)), float(asked @ both**-2.0)
    gradient = np.array([gone / a + by_both, stayed @ (1 / own) + by_both])
    bent = np.full((2, 2), bent_both)
    bent[0, 0] -= gone / a**2
    bent[1, 1] -= stayed @ own**-2.0
    return Slope(float(value), gradient, bent)


def survival(parameters: Retention, periods: int) -> Floats:
    """Share of a new cohort still there after 0, 1, ... periods, (periods + 1,): product of (b+i)/(a+b+i)."""
    a, b = parameters
    i = np.arange(periods)
    return np.concatenate([[1.0], np.cumprod((b + i) / (a + b + i))])


def expected_renewals(parameters: Retention, renewed: int, discount: float) -> float:
    """Discounted renewals still to come of a client who renewed `renewed` times, the next one falling due now.

    sum_{k>=0} P(renews k+1 more times) / (1+discount)^k; discount per period, above 0 (0.1: a tenth).
    """
    if discount <= 0:
        raise ValueError(f"discount is {discount}; without one above 0 the sum may have no end.")
    periods = min(int(np.ceil(-np.log(_NOTHING_LEFT) / np.log1p(discount))), _MOST_PERIODS)
    a, b = parameters
    stays = survival(Retention(a, b + renewed), periods)[1:]
    return float(stays @ (1 + discount) ** -np.arange(periods, dtype=np.float64))
