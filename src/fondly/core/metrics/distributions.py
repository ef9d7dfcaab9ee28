"""The few distributions that intervals and tests need, without SciPy, so that a laptop without it has them too.

Accurate to about 1e-10, which the tests hold against SciPy.
"""

import math
from collections.abc import Callable
from statistics import NormalDist

_NEARLY_NORMAL = 10_000  # degrees of freedom
STANDARD_NORMAL = NormalDist()
_TINY = 1e-300
_CLOSE_ENOUGH = 1e-15
_MOST_TERMS = 10_000


def normal_quantile(probability: float) -> float:
    """z with P(Z <= z) = probability, 0 < probability < 1."""
    return STANDARD_NORMAL.inv_cdf(probability)


def two_sided_z(level: float) -> float:
    """z that leaves (1 - level)/2 on each side: 1.96 at 0.95."""
    return normal_quantile(0.5 + checked_level(level) / 2)


def two_sided_t(level: float, freedom: float) -> float:
    """Student's t that leaves (1 - level)/2 on each side."""
    return student_quantile(0.5 + checked_level(level) / 2, freedom)


def checked_level(level: float) -> float:
    """Raises ValueError where it is no level of confidence."""
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it must lie between 0 and 1, such as 0.95.")
    return level


def normal_two_sided_p(z: float) -> float:
    """P(|Z| >= |z|)."""
    return math.erfc(abs(z) / math.sqrt(2))


def chi_squared_p(statistic: float, freedom: int) -> float:
    """P(X >= statistic) for whole degrees of freedom, by the recursion Q(a+1, x) = Q(a, x) + x^a e^-x / Gamma(a+1).

    Source: Abramowitz & Stegun 6.5.21 and 26.4.4-5.
    """
    if freedom < 1:
        raise ValueError(f"freedom is {freedom}; it must be 1 or more.")
    if statistic <= 0:
        return 1.0
    x = statistic / 2
    order, tail = (0.5, math.erfc(math.sqrt(x))) if freedom % 2 else (1.0, math.exp(-x))
    while order < freedom / 2:
        tail += math.exp(order * math.log(x) - x - math.lgamma(order + 1))
        order += 1
    return min(tail, 1.0)


def beta_probability(x: float, a: float, b: float) -> float:
    """P(X <= x) for X ~ Beta(a, b): the regularised incomplete beta function.

    Source: continued fraction of DLMF 8.17.22, evaluated by Lentz's method.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_probability(1 - x, b, a)
    log_front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(log_front) * _beta_fraction(x, a, b) / a


def _beta_fraction(x: float, a: float, b: float) -> float:
    result, c, d = 1.0, 1.0, 0.0
    for term in range(_MOST_TERMS):
        coefficient = _beta_coefficient(term, x, a, b)
        d = 1 / (_away_from_zero(1 + coefficient * d))
        c = _away_from_zero(1 + coefficient / c)
        result *= c * d
        if abs(c * d - 1) < _CLOSE_ENOUGH:
            break
    return 1 / result


def _beta_coefficient(term: int, x: float, a: float, b: float) -> float:
    """d_term of DLMF 8.17.22, with the sign its fraction 1 + d1/(1 + d2/(1 + ...)) needs."""
    m = (term + 1) // 2
    if term % 2:
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))


def _away_from_zero(number: float) -> float:
    return number if abs(number) > _TINY else _TINY


def beta_quantile(probability: float, a: float, b: float) -> float:
    """x with P(X <= x) = probability for X ~ Beta(a, b)."""
    return _bisect(lambda x: beta_probability(x, a, b) < probability, 0.0, 1.0)


def student_quantile(probability: float, freedom: float) -> float:
    """t with P(T <= t) = probability for Student's t, from the beta distribution of freedom / (freedom + t^2)."""
    if probability == 0.5:
        return 0.0
    if freedom > _NEARLY_NORMAL:
        return _expanded(normal_quantile(probability), freedom)
    x = beta_quantile(2 * min(probability, 1 - probability), freedom / 2, 0.5)
    return math.copysign(math.sqrt(freedom * (1 - x) / x), probability - 0.5)


def _expanded(z: float, freedom: float) -> float:
    """Student's quantile from the normal one; the next term is below 1e-13 where this is used. A&S 26.7.5."""
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def student_two_sided_p(t: float, freedom: float) -> float:
    """P(|T| >= |t|) for Student's t."""
    return beta_probability(freedom / (freedom + t * t), freedom / 2, 0.5)


def _bisect(is_below: Callable[[float], bool], low: float, high: float) -> float:
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        low, high = (middle, high) if is_below(middle) else (low, middle)
