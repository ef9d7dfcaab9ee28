"""Money at risk, cost of leaving, time saved: sums by hand, ranges against what chance does."""

import numpy as np
import pytest

from fondly.core.metrics import costs


def test_money_at_risk_is_what_gets_lost():
    dice = np.random.default_rng(1)
    risk, worth = dice.beta(1, 6, 400), dice.gamma(1, 50_000, 400)
    told = costs.money_at_risk(risk, worth)
    lost = np.array([(worth * (dice.random(400) < risk)).sum() for _ in range(2000)])
    assert told.value == pytest.approx(lost.mean(), rel=0.01)
    assert ((lost >= told.low) & (lost <= told.high)).mean() == pytest.approx(0.95, abs=0.02)
    assert told.n == 400


def test_money_at_risk_at_the_ends():
    assert costs.money_at_risk([], []).value is None
    sure = costs.money_at_risk([1.0, 0.0], [500, 900])
    assert (sure.value, sure.low, sure.high) == (500, 500, 500)
    with pytest.raises(ValueError, match="risk must lie"):
        costs.money_at_risk([1.2], [5])


def test_cost_of_leaving():
    found = costs.cost_of_leaving([10_000, 20_000, 60_000, np.nan], replacing_minor=5_000)
    assert found.per_client.value == 35_000 and found.per_client.n == 3
    assert found.total_minor == 105_000
    assert found.per_client.low < 35_000 < found.per_client.high
    assert costs.cost_of_leaving([]).per_client.value is None


def test_time_saved():
    found = costs.time_saved(
        {"welcome": 100, "invoice": 10, "gift": 3, "none": 0}, {"welcome": [4, 5, 6], "invoice": [12, 12]}
    )
    assert found.minutes.value == 620 and found.minutes.n == 110
    assert found.by_kind["welcome"].value == 500
    assert found.untold == ("gift",)
    assert found.minutes.low < 620 < found.minutes.high
    assert found.worth_minor(6_000).value == 62_000
    assert costs.time_saved({"gift": 3}, {}).minutes.value is None
    assert costs.time_saved({"gift": 3}, {"gift": [7]}).minutes.low is None


def test_the_range_of_time_saved_covers():
    def once(dice):
        found = costs.time_saved({"a": 200, "b": 50}, {"a": dice.normal(5, 1, 12), "b": dice.normal(20, 6, 12)})
        return found.minutes.low <= 2000 <= found.minutes.high

    assert np.mean([once(np.random.default_rng(seed)) for seed in range(500)]) == pytest.approx(0.95, abs=0.03)
