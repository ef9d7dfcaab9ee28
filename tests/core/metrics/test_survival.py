"""Survival against published figures.

Remission of leukaemia patients, weeks, under 6-MP and placebo: Freireich et al. 1963, printed in Cox & Oakes 1984 and
Kleinbaum & Klein, Survival Analysis, chapters 1-2. R's survival package gives the same figures for `MASS::gehan`.
"""

import numpy as np
import pytest

from fondly.core.metrics.survival import hazard, kaplan_meier, log_rank

TREATED = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
RELAPSED = [1] * 9 + [0] * 12
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_the_curve_as_kleinbaum_and_klein_print_it() -> None:
    curve = kaplan_meier(TREATED, RELAPSED)
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.share.round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert np.sqrt(curve.variance).round(4).tolist() == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]


def test_the_log_log_band_as_stata_and_r_print_it() -> None:
    # R: survfit(Surv(time, cens) ~ treat, gehan, conf.type = "log-log"); Stata's sts list prints the same.
    curve = kaplan_meier(TREATED, RELAPSED)
    assert curve.low.round(4).tolist() == [0.6197, 0.5631, 0.5032, 0.4316, 0.3675, 0.2678, 0.1881]
    assert curve.high.round(4).tolist() == [0.9516, 0.9228, 0.8894, 0.8491, 0.8049, 0.7468, 0.6801]


def test_the_median_and_its_interval() -> None:
    # R prints median 23 with 13 to NA for 6-MP, and 8 with 4 to 11 for placebo, under conf.type = "log-log".
    treated, placebo = kaplan_meier(TREATED, RELAPSED).median, kaplan_meier(PLACEBO, [1] * 21).median
    assert (treated.value, treated.low, treated.high) == (23, 13, None)
    assert (placebo.value, placebo.low, placebo.high) == (8, 4, 11)


def test_a_row_that_stands_for_many_counts_as_so_many_rows() -> None:
    days, happened, many = [3.0, 1.0, 3.0, 8.0], [True, True, False, True], [5, 2, 4, 3]
    short, long = (
        kaplan_meier(days, happened, many=many),
        kaplan_meier(np.repeat(days, many), np.repeat(happened, many)),
    )
    assert (short.n, short.median, short.share.tolist()) == (14, long.median, long.share.tolist())


def test_the_log_rank_test_as_r_prints_it() -> None:
    # R: survdiff(Surv(time, cens) ~ treat, gehan): chisq 16.8 on 1 degree of freedom, p 4.17e-05.
    both = log_rank(TREATED + PLACEBO, RELAPSED + [1] * 21, ["6-MP"] * 21 + ["placebo"] * 21)
    assert both.statistic == pytest.approx(16.793, abs=5e-4)
    assert both.freedom == 1
    assert both.p == pytest.approx(4.17e-5, rel=1e-3)


def test_what_cannot_be_said_is_unknown() -> None:
    curve = kaplan_meier(TREATED, RELAPSED)
    assert curve.at(0).value == 1.0
    assert curve.at(35).value == curve.share[-1]
    assert "longer than 35" in curve.at(36).note
    assert kaplan_meier(PLACEBO, [1] * 21).at(500).value == 0.0
    assert "fewer than 90%" in curve.quantile(0.9).note
    assert not kaplan_meier([], []).at(1).is_known
    assert not kaplan_meier([], []).median.is_known
    assert kaplan_meier([3, 4], [0, 0]).at(2).value == 1.0


def test_bad_durations_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        kaplan_meier([1, 2], [1])
    with pytest.raises(ValueError, match="missing or negative"):
        kaplan_meier([1, -2], [1, 1])
    with pytest.raises(ValueError, match="missing or negative"):
        hazard([1, np.nan], [1, 1])
    with pytest.raises(ValueError, match="two groups"):
        log_rank([1, 2], [1, 1], ["a", "a"])


def test_a_hazard_is_events_per_time_watched() -> None:
    # Kleinbaum & Klein, chapter 1: average hazard 9/359 = .025 under 6-MP, 21/182 = .115 under placebo.
    treated, placebo = hazard(TREATED, RELAPSED), hazard(PLACEBO, [1] * 21)
    assert treated.value == pytest.approx(9 / 359)
    assert placebo.value == pytest.approx(21 / 182)
    assert placebo.low == pytest.approx(21 / 182 / np.exp(1.959964 / np.sqrt(21)), rel=1e-6)
    assert not hazard([4, 5], [0, 0]).is_known


def test_band_and_test_hold_as_often_as_they_say() -> None:
    dice = np.random.default_rng(5)
    covers, alarms = 0, 0
    for _ in range(300):
        gone, stopped = dice.exponential(10, 80), dice.uniform(0, 25, 80)
        watched, seen = np.minimum(gone, stopped), gone <= stopped
        at_seven = kaplan_meier(watched, seen).at(7)
        covers += at_seven.low <= np.exp(-0.7) <= at_seven.high  # type: ignore[operator]
        alarms += log_rank(watched, seen, np.arange(80) % 3).p < 0.05
    assert covers >= 276
    assert alarms <= 27
