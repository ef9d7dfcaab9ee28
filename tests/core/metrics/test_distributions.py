"""Our own distributions against SciPy's."""

import pytest
from scipy import stats

from fondly.core.metrics import distributions as ours

PROBABILITIES = [1e-6, 0.001, 0.025, 0.2, 0.5, 0.8, 0.975, 0.999999]


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1, 1), (1, 30), (3, 8), (200, 7), (5_000, 95_000), (40, 0.5)])
@pytest.mark.parametrize("probability", PROBABILITIES)
def test_the_beta_quantile(a: float, b: float, probability: float) -> None:
    x = ours.beta_quantile(probability, a, b)
    assert x == pytest.approx(stats.beta.ppf(probability, a, b), rel=1e-8, abs=1e-12)
    assert ours.beta_probability(x, a, b) == pytest.approx(probability, rel=1e-7)


@pytest.mark.parametrize("freedom", [2.5e6, 1, 2, 5, 30, 1_000, 0.7])
@pytest.mark.parametrize("probability", PROBABILITIES)
def test_students_quantile(freedom: float, probability: float) -> None:
    assert ours.student_quantile(probability, freedom) == pytest.approx(
        stats.t.ppf(probability, freedom), rel=1e-7, abs=1e-9
    )


@pytest.mark.parametrize("t", [0.0, -0.3, 1.96, 8.0])
def test_two_sides_of_student(t: float) -> None:
    assert ours.student_two_sided_p(t, 7.5) == pytest.approx(2 * stats.t.sf(abs(t), 7.5), rel=1e-9)


@pytest.mark.parametrize("freedom", [2.5e6, 1, 2, 3, 4, 7, 24])
@pytest.mark.parametrize("statistic", [0.0, 0.01, 1.0, 3.84, 20.0, 90.0])
def test_the_chi_squared_tail(freedom: int, statistic: float) -> None:
    assert ours.chi_squared_p(statistic, freedom) == pytest.approx(stats.chi2.sf(statistic, freedom), rel=1e-10)


def test_two_sides_of_the_normal() -> None:
    assert ours.two_sided_z(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert ours.normal_two_sided_p(-1.40783) == pytest.approx(0.15918, abs=1e-5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        ours.two_sided_z(95)
    with pytest.raises(ValueError, match="1 or more"):
        ours.chi_squared_p(1, 0)
