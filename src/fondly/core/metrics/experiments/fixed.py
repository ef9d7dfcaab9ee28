"""One answer, at the end that was planned. Looked at earlier and again, these are wrong too often."""

import math
from dataclasses import dataclass

from fondly.core.metrics.distributions import normal_two_sided_p, student_two_sided_p, two_sided_t
from fondly.core.metrics.estimates import LEVEL, Estimate, around, unknown
from fondly.core.metrics.experiments.samples import Sample, share


@dataclass(frozen=True, slots=True)
class Significance:
    """A test statistic (z or t), and how probable one as far out is without any difference."""

    statistic: float
    p: float


@dataclass(frozen=True, slots=True)
class Effect:
    """How far the second arm lies from the first, before anything is said about chance.

    error: standard error; freedom: Welch's degrees of freedom; n: clients of both arms.
    """

    value: float
    error: float
    freedom: float
    n: int


def one_share(successes: int, n: int, against: float) -> Significance:
    """Is the share another than `against`? z with the variance of the share seen, so neither none nor all of n."""
    seen = share(successes, n)
    if seen.variance == 0:
        raise ValueError(f"{successes} of {n} do not differ, so there is no z; see intervals.exact_share.")
    return _normal((seen.mean - against) / math.sqrt(seen.mean_variance))


def two_shares(first: tuple[int, int], second: tuple[int, int]) -> Significance:
    """Is the first share another than the second? Each as (successes, n); z with the pooled variance."""
    pooled = (first[0] + second[0]) / (first[1] + second[1])
    error = math.sqrt(pooled * (1 - pooled) * (1 / first[1] + 1 / second[1]))
    return _normal((first[0] / first[1] - second[0] / second[1]) / error if error else 0.0)


def _normal(z: float) -> Significance:
    return Significance(z, normal_two_sided_p(z))


def difference(control: Sample, treatment: Sample) -> Effect:
    """Treatment minus control in the unit of the metric; freedom after Welch 1947."""
    one, other = control.mean_variance, treatment.mean_variance
    both = one + other
    return Effect(treatment.mean - control.mean, math.sqrt(both), _freedom(control, treatment), control.n + treatment.n)


def lift(control: Sample, treatment: Sample) -> Effect:
    """(Treatment - control) / control as a fraction, error by the delta method.

    se² = var(t)/(n_t c²) + var(c) t² / (n_c c⁴); not to be trusted while the control's mean is within 2 errors of 0.
    Raises ValueError where the control's mean is 0.
    """
    base = control.mean
    if base == 0:
        raise ValueError("The control's mean is 0, so there is no relative difference.")
    spread = treatment.mean_variance / base**2 + control.mean_variance * treatment.mean**2 / base**4
    value = (treatment.mean - base) / abs(base)
    return Effect(value, math.sqrt(spread), _freedom(control, treatment), control.n + treatment.n)


def _freedom(control: Sample, treatment: Sample) -> float:
    one, other = control.mean_variance, treatment.mean_variance
    bottom = one**2 / (control.n - 1) + other**2 / (treatment.n - 1) if min(control.n, treatment.n) > 1 else 0.0
    return (one + other) ** 2 / bottom if bottom > 0 else math.inf


def estimate(effect: Effect, level: float = LEVEL) -> Estimate:
    """The effect with its interval, right if looked at once: value ± t se."""
    if effect.error == 0 or math.isinf(effect.freedom):
        return unknown(effect.n, "nothing differs between the clients of an arm", level)
    return around(effect.value, two_sided_t(level, effect.freedom) * effect.error, effect.n, level)


def welch(effect: Effect) -> Significance:
    """Welch's t and its two-sided p."""
    if effect.error == 0 or math.isinf(effect.freedom):
        return Significance(0.0, 1.0)
    t = effect.value / effect.error
    return Significance(t, student_two_sided_p(t, effect.freedom))
