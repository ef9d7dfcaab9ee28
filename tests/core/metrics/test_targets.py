"""Whom we aimed at and who came."""

import numpy as np
import pytest

from fondly.core.metrics.targets import Suggestion, compare


def test_fewer_of_those_we_aimed_at():
    """Script: over-50s 22 % aimed, 9 % came (7.6 to 10.5)."""
    found = compare(
        {"over 50": 0.22, "30 to 50": 0.5, "under 30": 0.28}, {"over 50": 135, "30 to 50": 760, "under 30": 605}
    )
    old = next(one for one in found.targets if one.group == "over 50")
    assert (old.aimed, old.came.value) == (0.22, 0.09)
    assert (round(old.came.low, 3), round(old.came.high, 3)) == (0.077, 0.106)
    assert old.gap.high == pytest.approx(old.came.high - 0.22)
    assert old.suggestion is Suggestion.REACH_MORE and not old.could_be_chance
    suggested = {one.group: one.suggestion for one in found.targets}
    assert suggested == {"over 50": "reach_more", "under 30": "welcome_more", "30 to 50": "as_aimed"}
    assert found.n == 1500 and found.p < 1e-6


def test_numbers_are_shares_too_and_a_group_nobody_aimed_at():
    found = compare({"a": 300, "b": 100}, {"a": 140, "b": 40, "c": 20})
    assert {one.group: one.aimed for one in found.targets} == {"a": 0.75, "b": 0.25, "c": 0.0}
    assert next(one for one in found.targets if one.group == "c").suggestion is Suggestion.WELCOME_MORE
    assert found.p == 0


def test_chance_is_called_chance():
    aimed = {"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.1}
    dice = np.random.default_rng(1)
    drawn = dice.multinomial(400, list(aimed.values()), 1000)
    found = [compare(aimed, dict(zip(aimed, row.tolist(), strict=True))) for row in drawn]
    assert np.mean([any(not one.could_be_chance for one in each.targets) for each in found]) <= 0.065
    assert np.mean([each.p < 0.05 for each in found]) == pytest.approx(0.05, abs=0.025)
    covered = [one.gap.low <= 0 <= one.gap.high for each in found for one in each.targets]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)


def test_too_few_to_say():
    found = compare({"a": 1, "b": 1}, {"a": 12, "b": 3})
    assert {one.suggestion for one in found.targets} == {Suggestion.TOO_FEW} and found.p is None
    assert compare({"a": 1}, {}).targets[0].came.value is None
    with pytest.raises(ValueError, match="aimed must hold"):
        compare({}, {"a": 3})
