"""Risks mean what they say on clients nobody has seen, and the report says so beforehand."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from fondly.core.metrics import churn


def clients(count, dice):
    """Leaving is likely in the first year and falls with a contract; the truth is not a straight line."""
    months = dice.integers(0, 72, count)
    contract = dice.choice(["monthly", "yearly"], count, p=[0.6, 0.4])
    calls = dice.poisson(1.5, count)
    logit = -1.2 + 1.5 * (months < 12) - 0.02 * months - 1.0 * (contract == "yearly") + 0.4 * calls
    truth = 1 / (1 + np.exp(-logit))
    table = {"months": months, "contract": contract, "calls": calls, "noise": dice.normal(size=count)}
    return table, truth, (dice.random(count) < truth).astype(int)


@pytest.fixture(scope="module")
def learned():
    table, _truth, left = clients(4000, np.random.default_rng(1))
    return churn.learn(table, left)


def test_risks_of_others_are_the_truth(learned):
    table, truth, left = clients(6000, np.random.default_rng(2))
    said = churn.risk(learned, table)
    assert np.abs(said - truth).mean() < 0.04
    seen = churn.report(said, left)
    best = churn.auc(truth, left)
    assert seen.auc.value > best.value - 0.01
    assert seen.calibration_error < 0.03
    assert seen.auc.low < learned.report.auc.value < seen.auc.high
    assert sum(one.came.low <= one.said <= one.came.high for one in seen.bins) >= 8


def test_the_report_is_not_of_clients_the_model_has_seen():
    """With nothing to learn and many columns, a model looks good on its own clients; the report must not."""
    dice = np.random.default_rng(3)
    table = {f"column {one}": dice.normal(size=300) for one in range(20)}
    left = (dice.random(300) < 0.5).astype(int)
    model = churn.learn(table, left)
    assert model.report.auc.low < 0.5
    assert churn.auc(churn.risk(model, table), left.astype(float)).value > 0.65
    assert churn.risk(model, table).std() < 0.12  # calibration has shrunk what was not there


def test_auc():
    dice = np.random.default_rng(4)
    said, left = dice.integers(0, 20, 500).astype(float), (dice.random(500) < 0.3).astype(float)
    expected = mannwhitneyu(said[left == 1], said[left == 0]).statistic / (left.sum() * (1 - left).sum())
    assert churn.auc(said, left).value == pytest.approx(expected)
    perfect = churn.auc(np.arange(10.0), (np.arange(10) > 4).astype(float))
    assert (perfect.value, perfect.low, perfect.high) == (1, 1, 1)


def test_the_interval_of_auc_covers():
    """Two normal distributions one deviation apart: Φ(1/sqrt 2) = 0.760."""

    def once(dice):
        said = np.concatenate([dice.normal(1, 1, 60), dice.normal(0, 1, 140)])
        seen = churn.auc(said, np.repeat([1.0, 0.0], [60, 140]))
        return seen.low <= 0.76025 <= seen.high

    assert np.mean([once(np.random.default_rng(seed)) for seed in range(500)]) == pytest.approx(0.95, abs=0.03)


def test_the_same_again(learned):
    table, _truth, left = clients(4000, np.random.default_rng(1))
    assert (churn.learn(table, left).coefficients == learned.coefficients).all()


def test_new_words_and_gaps_do_not_stop_it(learned):
    table = {"months": [5.0, np.nan], "contract": ["weekly", "yearly"], "calls": [0, 30], "noise": [0.0, 0.0]}
    said = churn.risk(learned, table)
    assert ((said > 0) & (said < 1)).all()
    with pytest.raises(ValueError, match="no column noise"):
        churn.risk(learned, {name: table[name] for name in ("months", "contract", "calls")})


def test_too_few_to_say():
    with pytest.raises(ValueError, match="Only 3 clients"):
        churn.learn({"x": np.arange(100.0)}, np.arange(100) < 3)
    with pytest.raises(ValueError, match="0 or 1"):
        churn.learn({"x": np.arange(3.0)}, [0, 1, 2])
