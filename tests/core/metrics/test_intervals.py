"""Intervals against published figures and against how often they hold."""

import numpy as np
import pytest
from scipy import stats

from fondly.core.metrics import intervals
from fondly.core.metrics.estimates import Estimate


def rounded(estimate: Estimate, digits: int = 4) -> tuple[float, float]:
    assert estimate.low is not None and estimate.high is not None
    return round(estimate.low, digits), round(estimate.high, digits)


# Newcombe 1998, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, table I:
# 81/263, 15/148, 0/20 and 1/29; method 3 is Wilson's score, method 5 is Clopper and Pearson's.
@pytest.mark.parametrize(
    ("k", "n", "score", "exact"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_a_share_as_newcombe_printed_it(k: int, n: int, score: tuple[float, float], exact: tuple[float, float]) -> None:
    assert rounded(intervals.wilson(k, n)) == score
    assert rounded(intervals.exact_share(k, n)) == exact
    assert intervals.wilson(k, n).value == k / n
    assert intervals.wilson(k, n).n == n


# Newcombe 1998, "Interval estimation for the difference between independent proportions",
# Statistics in Medicine 17, table II, method 10.
@pytest.mark.parametrize(
    ("first", "second", "printed"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
    ],
)
def test_a_difference_as_newcombe_printed_it(
    first: tuple[int, int], second: tuple[int, int], printed: tuple[float, float]
) -> None:
    assert rounded(intervals.share_difference(first, second)) == printed


def test_the_exact_interval_covers_for_every_true_share() -> None:
    n, level = 25, 0.9
    made = [intervals.exact_share(k, n, level) for k in range(n + 1)]
    for truth in np.linspace(0.01, 0.99, 99):
        holds = [one.low <= truth <= one.high for one in made]  # type: ignore[operator]
        assert stats.binom.pmf(np.arange(n + 1), n, truth)[holds].sum() >= level


def test_nothing_counted_says_so() -> None:
    for nothing in (intervals.wilson(0, 0), intervals.exact_share(0, 0), intervals.share_difference((0, 0), (1, 2))):
        assert not nothing.is_known
        assert nothing.note
    with pytest.raises(ValueError, match="5 of 3 is no share"):
        intervals.wilson(5, 3)


def test_a_mean_as_student_has_it() -> None:
    # Student 1908, "The probable error of a mean": extra sleep under drug 2, mean 2.33 hours.
    sleep = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    estimate = intervals.mean([*sleep, np.nan])
    assert estimate.value == pytest.approx(2.33)
    assert rounded(estimate, 3) == (0.898, 3.762)
    assert estimate.n == 10
    assert intervals.mean([2.0]).low is None
    assert not intervals.mean([]).is_known


def test_the_bootstrap_agrees_with_scipys() -> None:
    values = np.random.default_rng(4).lognormal(1, 0.8, 120)
    ours = intervals.bootstrap(values, lambda rows: np.median(rows, axis=1), resamples=20_000)
    theirs = stats.bootstrap((values,), np.median, n_resamples=20_000, rng=np.random.default_rng(1))
    assert ours.low == pytest.approx(theirs.confidence_interval.low, rel=0.02)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, rel=0.02)


def test_the_bootstrap_repeats_itself_by_its_seed() -> None:
    values = np.random.default_rng(4).lognormal(1, 0.8, 120)
    once, again, otherwise = (intervals.bootstrap(values, lambda rows: rows.mean(axis=1), seed=s) for s in (1, 1, 2))
    assert once == again
    assert once != otherwise


def test_the_bootstrap_covers_the_mean_of_skewed_values() -> None:
    dice = np.random.default_rng(11)
    holds = 0
    for _ in range(200):
        made = intervals.bootstrap(dice.exponential(1.0, 60), lambda rows: rows.mean(axis=1), resamples=400)
        holds += made.low <= 1.0 <= made.high  # type: ignore[operator]
    assert 180 <= holds <= 198


def test_a_constant_sample_has_no_width() -> None:
    flat = intervals.bootstrap([3.0] * 9, lambda rows: rows.mean(axis=1))
    assert (flat.value, flat.low, flat.high) == (3.0, 3.0, 3.0)
    assert not intervals.bootstrap([1.0], lambda rows: rows.mean(axis=1)).is_known
    with pytest.raises(ValueError, match="2 dimensions"):
        intervals.mean([[1.0, 2.0]])
