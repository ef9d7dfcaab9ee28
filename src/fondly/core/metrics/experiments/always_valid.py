"""Answers that stay right however often one looks: over all looks together at most 1 - level are wrong.

A mixture over possible differences, d ~ Normal(0, rho² per unit of information), gives for n clients
half width = s sqrt(2 (n rho² + 1) / (n² rho²) · ln(sqrt(n rho² + 1) / alpha)), s² = n se².
Asymptotic in n: `verdicts` waits for enough clients first. Source: Johari, Pekelis & Walsh 2015 (mSPRT);
Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2021 (asymptotic confidence sequences); Robbins 1970.
"""

import math

from fondly.core.metrics.estimates import LEVEL, Estimate, around, unknown
from fondly.core.metrics.experiments.fixed import Effect

TUNED_FOR = 5_000
_BEYOND_DOUBT = 700.0  # e^700 is as large as a float can tell


def estimate(effect: Effect, level: float = LEVEL, tuned_for: int = TUNED_FOR) -> Estimate:
    """The effect with an interval that may be looked at any time; narrowest at `tuned_for` clients of both arms."""
    if effect.error == 0:
        return unknown(effect.n, "nothing differs between the clients of an arm", level)
    alpha, n = 1 - level, effect.n
    weight = n * _rho_squared(alpha, tuned_for)
    half = effect.error * math.sqrt(2 * (weight + 1) / weight * math.log(math.sqrt(weight + 1) / alpha))
    return around(effect.value, half, n, level)


def p(effect: Effect, level: float = LEVEL, tuned_for: int = TUNED_FOR) -> float:
    """How probable as much evidence at any look is without a difference, at most 1; level tunes as in `estimate`."""
    if effect.error == 0:
        return 1.0
    weight = effect.n * _rho_squared(1 - level, tuned_for)
    z = effect.value / effect.error
    return min(1.0, math.sqrt(weight + 1) * math.exp(-(z * z) * weight / (2 * (weight + 1))))


def _rho_squared(alpha: float, tuned_for: int) -> float:
    """Near the rho that makes the interval narrowest at `tuned_for`; equation 21 of Waudby-Smith et al."""
    if not 0 < alpha < 1 or tuned_for < 1:
        raise ValueError("level must lie between 0 and 1, tuned_for be 1 or more.")
    return (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / tuned_for


def evidence(pairs: int, mean_difference: float, variance: float, mixing: float) -> float:
    """mSPRT's likelihood ratio after so many pairs; 1/ratio is an always-valid p, stop when it is below alpha.

    sqrt(V / (V + n tau²)) exp(n² tau² d² / (2 V (V + n tau²))); variance V of the difference of one pair; mixing tau².
    """
    if pairs < 1 or variance <= 0 or mixing <= 0:
        raise ValueError("pairs must be 1 or more, variance and mixing above 0.")
    wider = variance + pairs * mixing
    exponent = pairs**2 * mixing * mean_difference**2 / (2 * variance * wider)
    return math.sqrt(variance / wider) * math.exp(min(exponent, _BEYOND_DOUBT))
