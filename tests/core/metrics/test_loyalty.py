"""NPS, CSAT and CES: figures, how often intervals hold, groups and change."""

from itertools import product
from math import comb
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from fondly.core.metrics import loyalty
from fondly.core.metrics.estimates import Estimate
from fondly.core.metrics.loyalty import CES, CSAT, NPS, by_group, ces, change, csat, nps
from fondly.core.metrics.pooling import Group, pooled


def test_the_net_promoter_score_counts_nines_and_tens_against_zero_to_six() -> None:
    assert nps([10, 9, 8, 7, 6, 0]).value == 0.0
    assert nps([9] * 7 + [7] * 2 + [3]).value == 60.0
    assert nps([6] * 4).value == -100.0
    assert nps([9]).n == 1


@pytest.mark.parametrize("n", [10, 30])
@pytest.mark.parametrize("chances", [(0.5, 0.3, 0.2), (0.8, 0.15, 0.05), (0.2, 0.2, 0.6), (0.34, 0.33, 0.33)])
def test_the_interval_of_the_net_promoter_score_covers(n: int, chances: tuple[float, float, float]) -> None:
    """Exactly, by all ways n clients can answer."""
    for_us, between, against = chances
    covered = 0.0
    for up, down in product(range(n + 1), repeat=2):
        if up + down > n:
            continue
        score = nps([9] * up + [7] * (n - up - down) + [3] * down)
        if score.low <= 100 * (for_us - against) <= score.high:  # type: ignore[operator]
            ways = comb(n, up) * comb(n - up, down)
            covered += ways * for_us**up * against**down * between ** (n - up - down)
    assert covered >= 0.93


def test_everybody_promotes_and_still_it_is_not_certain() -> None:
    score = nps([10] * 12)
    assert score.value == score.high == 100.0
    assert 50 < score.low < 90  # type: ignore[operator]


def test_satisfaction_is_a_share_with_the_exact_interval() -> None:
    score = csat([5, 4, 4, 3, 2, 1, 5, 5, 4, 4])
    assert score.value == 0.7
    # R: binom.test(7, 10)$conf.int is 0.3475471 0.9332605.
    assert (score.low, score.high) == (pytest.approx(0.3475471, abs=1e-7), pytest.approx(0.9332605, abs=1e-7))


def test_effort_is_a_mean() -> None:
    dice = np.random.default_rng(2)
    answers = dice.integers(1, 8, 300).tolist()
    score = ces(answers)
    assert score.value == pytest.approx(np.mean(answers))
    assert (score.high - score.low) / 2 == pytest.approx(1.96 * np.std(answers) / 300**0.5, rel=0.08)  # type: ignore[operator]
    many = ces(answers * 100)
    assert many.n == 30_000
    assert many.low < score.value < many.high  # type: ignore[operator]
    assert ces([4]).low is None


@pytest.mark.parametrize(("ask", "wrong"), [(nps, 11), (nps, -1), (csat, 0), (ces, 8), (nps, 7.5)])
def test_an_answer_outside_the_scale_is_refused(ask: object, wrong: int) -> None:
    with pytest.raises(ValueError, match=f"{wrong} is no answer to"):
        ask([1, wrong])  # type: ignore[operator]


def test_nobody_answered() -> None:
    assert not nps([]).is_known
    assert not csat([]).is_known
    assert not ces([]).is_known
    assert not change(NPS, [], [9]).is_known


ANSWERS = pl.DataFrame(
    {
        "score": [9, 10, 9, 8] * 30 + [9, 6, 3, 8] * 30 + [2, 3] + [9, None],
        "stage": ["welcome"] * 120 + ["delivery"] * 120 + ["goodbye"] * 2 + [None, "welcome"],
    }
)


@pytest.mark.parametrize(
    "answers",
    [ANSWERS, ANSWERS.lazy(), ANSWERS.to_pandas(), ANSWERS.to_arrow(), duckdb.from_arrow(ANSWERS.to_arrow())],
    ids=["polars", "polars lazy", "pandas", "arrow", "duckdb"],
)
def test_a_small_group_is_drawn_towards_the_others(answers: Any) -> None:
    delivery, goodbye, welcome = by_group(answers, NPS, "stage")
    assert (delivery.group, delivery.own.value, goodbye.own.value, welcome.own.value) == ("delivery", -25, -100, 75)
    assert goodbye.pooled.n == 2
    assert -100 < goodbye.pooled.value < 25  # type: ignore[operator]
    assert abs(delivery.pooled.value - -25) < 8  # type: ignore[operator]
    assert goodbye.pooled.low > -200 and goodbye.pooled.high > goodbye.pooled.value  # type: ignore[operator]


def test_groups_without_a_difference_become_one() -> None:
    alike = pooled([Group(10, 0.4, 2.4), Group(50, 0.4, 12.0), Group(20, 0.4, 4.8)])
    assert {round(one.value or 0, 9) for one in alike} == {0.4}
    assert alike[0].high == pytest.approx(alike[1].high)
    assert pooled([]) == ()
    assert pooled([Group(3, 5.0, 0.0)])[0].value == 5.0


def test_pooling_comes_closer_to_the_truth_and_its_intervals_hold() -> None:
    dice = np.random.default_rng(8)
    own_error, pooled_error, holds, told = 0.0, 0.0, 0, 0
    for _ in range(60):
        truth = dice.normal(5, 0.6, 20)
        samples = [dice.normal(t, 1.5, dice.integers(2, 40)) for t in truth]
        drawn = pooled([Group(len(s), s.mean(), ((s - s.mean()) ** 2).sum()) for s in samples])
        for t, s, one in zip(truth, samples, drawn, strict=True):
            own_error += (s.mean() - t) ** 2
            pooled_error += (one.value - t) ** 2  # type: ignore[operator]
            holds += one.low <= t <= one.high  # type: ignore[operator]
            told += 1
    assert pooled_error < 0.75 * own_error
    assert 0.91 <= holds / told <= 0.98


def test_a_change_between_two_periods() -> None:
    before, after = [9] * 40 + [7] * 30 + [2] * 30, [9] * 60 + [7] * 25 + [2] * 15
    better = change(NPS, before, after)
    assert (better.value, better.n) == (35.0, 200)
    assert 10 < better.low < 20  # type: ignore[operator]
    same = change(CSAT, [5, 1] * 40, [5, 1] * 40)
    assert same.value == 0 and same.low < 0 < same.high  # type: ignore[operator]
    assert change(CES, [3, 4, 5] * 10, [6, 7, 5] * 10).low > 1  # type: ignore[operator]


def test_no_change_is_seldom_called_one() -> None:
    dice = np.random.default_rng(3)
    calls = 0
    for _ in range(300):
        before, after = (dice.choice([9, 7, 3], 60, p=[0.5, 0.3, 0.2]).tolist() for _ in range(2))
        made: Estimate = change(loyalty.NPS, before, after)
        calls += not made.low <= 0 <= made.high  # type: ignore[operator]
    assert calls <= 24
