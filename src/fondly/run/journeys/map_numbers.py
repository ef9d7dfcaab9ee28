"""Ranges: how sure a share or a mean is. Below ten answers nothing is said."""

import math
from dataclasses import dataclass

TOO_FEW = 10
_Z = 1.96  # 95 %


@dataclass(frozen=True, slots=True)
class Share:
    """k of n, with the 95 % Wilson range. All shares are 0 to 1."""

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
    k = min(k, n)
    p, z2 = k / n, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Share(k, n, max(0.0, middle - half), min(1.0, middle + half))


def mean(n: float, total: float, squares: float) -> Mean | None:
    """From the number of values, their sum and the sum of their squares; None when there are none."""
    if n < 1:
        return None
    middle = total / n
    spread = max(0.0, (squares - n * middle * middle) / (n - 1)) if n > 1 else 0.0
    half = _Z * math.sqrt(spread / n)
    return Mean(middle, max(-2.0, middle - half), min(2.0, middle + half), int(n))
