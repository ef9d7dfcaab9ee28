"""The map's figures, made by core.metrics. Below ten answers nothing is said.

Metrics are imported where they are used: numpy would make every start of the web server slower.
"""

from collections.abc import Iterable
from dataclasses import dataclass

TOO_FEW = 10


@dataclass(frozen=True, slots=True)
class Share:
    """k of n, with the 95 % range. All shares are 0 to 1."""

    k: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.k / self.n if self.n else 0.0

    @property
    def is_told(self) -> bool:
        return self.n >= TOO_FEW

    @property
    def percent(self) -> int:
        """Rounded, but never 100 or 0 unless it is all or none."""
        shown = round(100 * self.value)
        return min(shown, 99) if self.k < self.n else max(shown, 1) if self.k else 0


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of n values with its 95 % range."""

    value: float
    low: float
    high: float
    n: int

    @property
    def is_told(self) -> bool:
        return self.n >= TOO_FEW


def share(k: int, n: int) -> Share:
    if n <= 0:
        return Share(0, 0, 0.0, 1.0)
    from fondly.core.metrics.intervals import wilson

    found = wilson(min(k, n), n)
    return Share(min(k, n), n, found.low or 0.0, found.high or 0.0)


def mean(n: float, total: float, squares: float) -> Mean | None:
    """Of feelings, from how many there are, their sum and the sum of their squares; None when there are none."""
    if n < 1:
        return None
    from fondly.core.metrics.intervals import mean_of_sums, within

    found = within(mean_of_sums(int(n), total, squares), -2.0, 2.0)
    value = total / n
    return Mean(value, value if found.low is None else found.low, value if found.high is None else found.high, int(n))


def median_stay(left: Iterable[tuple[float, int]], still: Iterable[tuple[float, int]]) -> tuple[float | None, int]:
    """The time half of all stays last at most, and how many there are; each as (days, how many).

    By Kaplan-Meier: who is still there counts as at least that long. None while it cannot be said.
    """
    rows = [(*row, True) for row in left] + [(*row, False) for row in still]
    if not any(over for _, _, over in rows):
        return None, sum(many for _, many, _ in rows)
    from fondly.core.metrics.survival import kaplan_meier

    days, many, over = zip(*rows, strict=True)
    found = kaplan_meier(days, over, many=many)
    return found.median.value, found.n
