"""What clients without a contract are worth: purchases to come, times what one brings, discounted."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from fondly.core.metrics.lifetimes.purchases import Floats

Expected = Callable[[float], Floats]


def lifetime_value(expected: Expected, margin: Floats, ahead: float, discount: float = 0.0, steps: int = 12) -> Floats:
    """Value of each client over the next `ahead` units of time, (clients,), in the money of `margin`.

    expected: purchases of each client up to a time from now, such as
    `lambda ahead: bgnbd.expected_purchases(parameters, purchases, ahead)`. margin: what one purchase of a client
    brings (clients,), such as a share of `gammagamma.expected_spend`. discount: per unit of time (0.0018 a week is a
    tenth a year). Purchases count at the middle of their step. Assumes that how much does not hang on how often.
    """
    if ahead <= 0 or steps < 1 or discount <= -1:
        raise ValueError("ahead must be above 0, steps 1 or more, discount above -1.")
    ends = np.linspace(0, ahead, steps + 1)
    total, before = np.zeros(len(margin)), np.zeros(len(margin))
    for start, end in pairwise(ends):
        until = expected(float(end))
        total += (until - before) * (1 + discount) ** -((start + end) / 2)
        before = until
    return total * margin
