"""A version's effect is found where there is one, and drift is not taken for one."""

import numpy as np
import pytest

from fondly.core.metrics import versions
from fondly.core.metrics.frames import DAY
from fondly.core.metrics.versions import Verdict

WEEKS, CHANGED = 40, 20 * 7 * DAY


def clients(dice, step=0.0, drift=0.0, shock=0.0, per_week=40):
    week = np.repeat(np.arange(WEEKS), per_week)
    started = (week * 7 + dice.uniform(0, 7, len(week))) * DAY
    level = 6 + drift * week + step * (week >= 20) + dice.normal(0, shock, WEEKS)[week] if shock else None
    level = 6 + drift * week + step * (week >= 20) if level is None else level
    return started.astype(np.int64), level + dice.normal(0, 1.5, len(week))


def test_an_effect_is_found():
    found = versions.effect(*clients(np.random.default_rng(1), step=1.0), CHANGED)
    assert found.verdict is Verdict.BETTER
    assert found.step.low <= 1.0 <= found.step.high
    worse = versions.effect(*clients(np.random.default_rng(1), step=1.0), CHANGED, higher_is_better=False)
    assert worse.verdict is Verdict.WORSE


def test_drift_is_not_an_effect():
    found = versions.effect(*clients(np.random.default_rng(2), drift=0.04), CHANGED)
    assert found.plain.low > 0.5  # looks like a great success
    assert found.verdict is Verdict.COULD_BE_DRIFT
    assert found.drift.low <= 0.04 <= found.drift.high


@pytest.mark.parametrize(("step", "drift", "shock"), [(0.0, 0.04, 0.0), (0.7, -0.03, 0.0), (0.0, 0.02, 0.3)])
def test_intervals_cover_under_drift_and_weekly_shocks(step, drift, shock):
    def once(seed):
        found = versions.effect(*clients(np.random.default_rng(seed), step, drift, shock), CHANGED)
        return found.step.low <= step <= found.step.high, found.verdict in (Verdict.BETTER, Verdict.WORSE)

    covered, told = np.mean([once(seed) for seed in range(150)], axis=0)
    assert covered == pytest.approx(0.95, abs=0.05)
    assert told > 0.6 if step else told <= 0.09


def test_clients_of_another_kind_are_not_an_effect():
    """From the change on more clients come by phone, who are always happier."""
    dice = np.random.default_rng(3)
    started, outcome = clients(dice, per_week=60)
    phone = dice.random(len(started)) < np.where(started >= CHANGED, 0.8, 0.2)
    outcome = outcome + 2.0 * phone
    assert versions.effect(started, outcome, CHANGED).verdict is Verdict.BETTER
    held = versions.effect(started, outcome, CHANGED, mix={"channel": np.where(phone, "phone", "mail")})
    assert held.step.low <= 0 <= held.step.high
    assert held.verdict is Verdict.COULD_BE_DRIFT


def test_what_hits_everybody_is_taken_off_by_those_beside():
    """A strike from the change on: everybody is unhappier, those with the version less so."""
    dice = np.random.default_rng(4)
    started, outcome = clients(dice, step=-1.0)
    other_started, other_outcome = clients(dice, step=-1.6)
    assert versions.effect(started, outcome, CHANGED).verdict is Verdict.WORSE
    found = versions.effect(started, outcome, CHANGED, beside=(other_started, other_outcome))
    assert found.verdict is Verdict.BETTER
    assert found.step.low <= 0.6 <= found.step.high


def test_too_few_to_say_and_gaps():
    started, outcome = clients(np.random.default_rng(5), step=5.0)
    early = started < CHANGED + 14 * DAY
    found = versions.effect(started[early], outcome[early], CHANGED)
    assert found.verdict is Verdict.TOO_FEW and found.step.value is None and found.plain.value > 4
    outcome[::7] = np.nan
    assert versions.effect(started, outcome, CHANGED).plain.n == np.isfinite(outcome).sum()
    with pytest.raises(ValueError, match="no instants"):
        versions.effect([0.5, 1.5], [1, 2], CHANGED)
