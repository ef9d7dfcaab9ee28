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


def unknown(n: int, why: str, level: float = LEVEL) -> Estimate:
    """What cannot be said of n observations."""
    return Estimate(None, None, None, n, level, why)
