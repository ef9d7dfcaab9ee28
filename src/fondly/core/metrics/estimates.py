"""A figure with what is known about it: value, low, high, n."""

from dataclasses import dataclass

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """value lies between low and high at `level`; n observations stand behind it.

    None means that it cannot be said, and `note` says why.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    level: float = LEVEL
    note: str = ""

    @property
    def is_known(self) -> bool:
        return self.value is not None

    @property
    def is_beyond_zero(self) -> bool:
        """Whether all of the interval lies on one side of 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def around(value: float, half: float, n: int, level: float = LEVEL) -> Estimate:
    """A value that may lie by `half` too high or too low."""
    return Estimate(value, value - half, value + half, n, level)


def unknown(n: int, why: str, level: float = LEVEL) -> Estimate:
    """What cannot be said of n observations."""
    return Estimate(None, None, None, n, level, why)
