"""How much of what is explained is due to whom, so that it adds up."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

_ALL_ORDERS_UP_TO = 8
_SAMPLED_ORDERS = 12
_SEED = 20_260_101


def shapley(explained: Callable[[NDArray[np.int64]], float], groups: Sequence[NDArray[np.int64]]) -> list[float]:
    """What each group of columns adds to what is explained, averaged over the orders of adding them.

    All orders up to 8 groups; beyond, 12 drawn ones (the same each time), half of them the others backwards.
    Adds up in both cases.
    """

    @cache
    def worth(members: frozenset[int]) -> float:
        chosen = [groups[member] for member in sorted(members)]
        return explained(np.concatenate(chosen)) if chosen else 0.0

    if len(groups) <= _ALL_ORDERS_UP_TO:
        return [_over_all_orders(worth, member, len(groups)) for member in range(len(groups))]
    return _over_some_orders(worth, len(groups))


def _over_all_orders(worth: Callable[[frozenset[int]], float], member: int, count: int) -> float:
    others = [other for other in range(count) if other != member]
    total = 0.0
    for size in range(count):
        weight = factorial(size) * factorial(count - size - 1) / factorial(count)
        for chosen in combinations(others, size):
            total += weight * (worth(frozenset((*chosen, member))) - worth(frozenset(chosen)))
    return total


def _over_some_orders(worth: Callable[[frozenset[int]], float], count: int) -> list[float]:
    dice = np.random.default_rng(_SEED)
    drawn = [dice.permutation(count).tolist() for _ in range(_SAMPLED_ORDERS // 2)]
    orders = [*drawn, *(order[::-1] for order in drawn)]
    added = np.zeros(count)
    for order in orders:
        for place, member in enumerate(order):
            added[member] += worth(frozenset(order[: place + 1])) - worth(frozenset(order[:place]))
    return [float(one) for one in added / len(orders)]
