"""How many clients an experiment needs, before it starts; all figures are clients per arm of equal arms."""

import math

from fondly.core.metrics.distributions import normal_quantile, two_sided_z
from fondly.core.metrics.estimates import LEVEL

POWER = 0.8


def for_shares(base: float, target: float, level: float = LEVEL, power: float = POWER) -> int:
    """To see the share `target` where it is `base` today, with the pooled test of `fixed.two_shares`.

    (z_a sqrt(2 p(1-p)) + z_b sqrt(p1(1-p1) + p2(1-p2)))² / (p1-p2)², p the mean of both.
    """
    return math.ceil(exact_for_shares(base, target, "pooled", level, power))


def exact_for_shares(
    base: float, target: float, form: str = "pooled", level: float = LEVEL, power: float = POWER
) -> float:
    """The same before it is rounded up; form: pooled, base (variance of the base under the null) or arcsine.

    arcsine: 2 (z_a + z_b)² / h², h = 2 asin sqrt(p2) - 2 asin sqrt(p1). Source: Fleiss, Levin & Paik 2003; Cohen 1988.
    """
    if not (0 < base < 1 and 0 < target < 1) or base == target:
        raise ValueError(f"base {base} and target {target} must be different shares between 0 and 1.")
    z_a, z_b = _quantiles(level, power)
    if form == "arcsine":
        apart = 2 * math.asin(math.sqrt(target)) - 2 * math.asin(math.sqrt(base))
        return 2 * (z_a + z_b) ** 2 / apart**2
    if form not in ("pooled", "base"):
        raise ValueError(f"form is {form!r}; it must be pooled, base or arcsine.")
    null = (base + target) / 2 if form == "pooled" else base
    under_null = math.sqrt(2 * null * (1 - null))
    under_target = math.sqrt(base * (1 - base) + target * (1 - target))
    return (z_a * under_null + z_b * under_target) ** 2 / (base - target) ** 2


def for_means(difference: float, deviation: float, level: float = LEVEL, power: float = POWER) -> int:
    """To see a difference of means where one client's standard deviation is `deviation`: 2 (z_a+z_b)² sd² / d²."""
    if difference == 0 or deviation <= 0:
        raise ValueError("difference must not be 0 and deviation above 0.")
    z_a, z_b = _quantiles(level, power)
    return math.ceil(2 * ((z_a + z_b) * deviation / difference) ** 2)


def smallest_difference(per_arm: int, deviation: float, level: float = LEVEL, power: float = POWER) -> float:
    """The smallest difference of means that so many clients per arm will show with `power`."""
    if per_arm < 1 or deviation <= 0:
        raise ValueError("per_arm must be 1 or more and deviation above 0.")
    return sum(_quantiles(level, power)) * deviation * math.sqrt(2 / per_arm)


def _quantiles(level: float, power: float) -> tuple[float, float]:
    if not 0 < power < 1:
        raise ValueError(f"power is {power}; it must lie between 0 and 1, such as 0.8.")
    return two_sided_z(level), normal_quantile(power)
