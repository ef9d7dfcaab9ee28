"""Simulated experiments: without a difference at most 5 % are called one, with one the intervals hold it."""

import numpy as np
import pytest

from fondly.core.metrics.experiments import always_valid, boundaries, fixed, samples, sizes, verdicts
from fondly.core.metrics.experiments.verdicts import Guard, Plan, Verdict, judge

EXPERIMENTS = 10_000


def binomial_arms(share, look_every, looks, dice):
    """Difference of two shares and its error at each look, (experiments, looks), and the clients of both arms."""
    arms = [dice.binomial(look_every, share, (EXPERIMENTS, looks)).cumsum(axis=1) for _ in range(2)]
    per_arm = look_every * np.arange(1, looks + 1)
    first, second = (arm / per_arm for arm in arms)
    error = np.sqrt((first * (1 - first) + second * (1 - second)) / per_arm)
    return second - first, error, 2 * per_arm


def reach(clients):
    """Errors from the middle to the end of the always-valid interval at so many clients."""
    return np.array([always_valid.estimate(fixed.Effect(0, 1, 10, int(n)), tuned_for=2000).high for n in clients])


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_at_most_one_in_twenty_is_wrong_however_often_one_looks(share):
    """A look after every 20 clients, from 100 per arm up to 2,000: 96 looks."""
    difference, error, clients = binomial_arms(share, 20, 100, np.random.default_rng(7))
    looked = clients >= 2 * verdicts.FEWEST
    out = np.abs(difference) / error
    alarms = (out > reach(clients))[:, looked].any(axis=1).mean()
    assert 0.002 < alarms <= 0.05
    assert (out[:, looked] > 1.96).any(axis=1).mean() > 0.25


EQUAL, UNEQUAL = [0.2, 0.4, 0.6, 0.8, 1.0], [0.1, 0.2, 0.5, 0.9, 1.0]


@pytest.mark.parametrize(
    ("information", "critical"),
    [
        (EQUAL, boundaries.pocock(5)),
        (EQUAL, boundaries.obrien_fleming(5)),
        (UNEQUAL, boundaries.spent(UNEQUAL, boundaries.as_pocock)),
    ],
)
def test_a_few_looks_agreed_beforehand(information, critical):
    dice = np.random.default_rng(11)
    steps = np.diff([0, *information]) ** 0.5
    sums = (dice.normal(size=(40_000, 5)) * steps).cumsum(axis=1)
    alarms = (np.abs(sums) / np.sqrt(information) > critical).any(axis=1).mean()
    assert alarms == pytest.approx(0.05, abs=0.004)
    assert boundaries.false_alarms(information, critical) == pytest.approx(0.05, abs=1e-6)


def test_an_interval_at_an_early_look_is_wider():
    effect = fixed.difference(samples.share(100, 500), samples.share(130, 500))
    early, end = (boundaries.estimate(effect, critical) for critical in boundaries.obrien_fleming(5)[::4])
    assert early.low < 0 < end.low < end.value == early.value


def test_planned_numbers_have_the_planned_power():
    needed = sizes.for_shares(0.2, 0.25)
    dice = np.random.default_rng(2)
    first, second = (dice.binomial(needed, share, 20_000) / needed for share in (0.2, 0.25))
    pooled = (first + second) / 2
    found = (second - first) / np.sqrt(2 * pooled * (1 - pooled) / needed) > 1.96
    assert found.mean() == pytest.approx(0.8, abs=0.01)
    assert sizes.smallest_difference(sizes.for_means(0.4, 2.0), 2.0) == pytest.approx(0.4, rel=0.01)


def _covered(once, truth, repeats=400):
    found = [once(np.random.default_rng(seed)) for seed in range(repeats)]
    return np.mean([one.low <= truth <= one.high for one in found])


def test_intervals_of_lift_cover():
    def once(dice):
        arms = (samples.values(dice.gamma(2, scale, 300)) for scale in (3.0, 3.6))
        return fixed.estimate(fixed.lift(*arms))

    assert _covered(once, 0.2) == pytest.approx(0.95, abs=0.033)


def test_intervals_of_ratios_cover_where_clients_and_not_messages_are_drawn():
    """Complaints per message: clients write 1 to 30 messages, and some complain of all."""

    def arm(dice, share):
        messages = dice.integers(1, 31, 400)
        return samples.ratio(dice.binomial(messages, dice.beta(2 * share, 2 * (1 - share), 400)), messages)

    def once(dice):
        return fixed.estimate(fixed.difference(arm(dice, 0.1), arm(dice, 0.15)))

    assert _covered(once, 0.05) == pytest.approx(0.95, abs=0.033)


def _cuped_arms(dice):
    before = dice.normal(10, 3, (2, 300))
    after = before + dice.normal(0, 1, (2, 300)) + np.array([[0.0], [0.5]])
    return after[0], before[0], after[1], before[1]


def test_what_was_known_before_narrows_the_interval_and_moves_nothing():
    def once(dice):
        return fixed.estimate(fixed.difference(*samples.cuped(*_cuped_arms(dice))))

    assert _covered(once, 0.5) == pytest.approx(0.95, abs=0.033)
    after, before, other, other_before = _cuped_arms(np.random.default_rng(0))
    plain = fixed.difference(samples.values(after), samples.values(other))
    narrow = fixed.difference(*samples.cuped(after, before, other, other_before))
    assert narrow.error < 0.4 * plain.error


def test_too_few_to_say_by_default():
    plan = Plan(needed=1_000)
    assert judge(samples.share(0, 50), samples.share(40, 50), plan).verdict is Verdict.TOO_FEW
    assert judge(samples.share(100, 500), samples.share(105, 500), plan).verdict is Verdict.TOO_FEW
    assert judge(samples.share(200, 1000), samples.share(205, 1000), plan).verdict is Verdict.NO_DIFFERENCE
    nobody_looks = Plan(needed=1_000, peeking=False)
    assert judge(samples.share(100, 500), samples.share(200, 500), nobody_looks).verdict is Verdict.TOO_FEW
    assert judge(samples.share(200, 1000), samples.share(240, 1000), nobody_looks).verdict is Verdict.BETTER


def test_better_worse_and_what_is_better():
    arms = samples.share(100, 500), samples.share(200, 500)
    assert judge(*arms, Plan(needed=1_000)).verdict is Verdict.BETTER
    assert judge(*arms[::-1], Plan(needed=1_000)).verdict is Verdict.WORSE
    complaints = judge(*arms, Plan(needed=1_000, higher_is_better=False))
    assert complaints.verdict is Verdict.WORSE
    assert complaints.difference.value == pytest.approx(0.2)
    assert complaints.lift.value == pytest.approx(1.0)


def test_a_guard_stops_it():
    arms = samples.share(100, 500), samples.share(200, 500)
    complaints = Guard("complaints", samples.share(10, 500), samples.share(60, 500))
    calm = Guard("messages per client", samples.share(100, 500), samples.share(104, 500))
    stopped = judge(*arms, Plan(needed=1_000), (complaints, calm))
    assert (stopped.verdict, stopped.harmed) == (Verdict.HARM, ("complaints",))
    assert judge(*arms, Plan(needed=1_000), (calm,)).verdict is Verdict.BETTER
    bearable = Guard("complaints", samples.share(10, 500), samples.share(60, 500), margin=0.2)
    assert judge(*arms, Plan(needed=1_000), (bearable,)).verdict is Verdict.BETTER
    praise = Guard("praise", samples.share(60, 500), samples.share(10, 500), higher_is_better=True)
    assert judge(*arms, Plan(needed=1_000), (praise,)).harmed == ("praise",)


def test_arms_of_the_wrong_size_say_nothing():
    assert judge(samples.share(100, 500), samples.share(200, 700), Plan(needed=300)).verdict is Verdict.BROKEN
    assert not verdicts.are_misassigned(500, 540)
    assert not verdicts.are_misassigned(900, 100, drawn=0.1)


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda: samples.share(3, 2), "is no share"),
        (lambda: samples.values([1.0]), "two or more"),
        (lambda: fixed.one_share(0, 20, 0.5), "do not differ"),
        (lambda: samples.ratio([1, 2], [0, 0]), "add up to nothing"),
        (lambda: fixed.lift(samples.share(0, 10), samples.share(1, 10)), "mean is 0"),
        (lambda: sizes.for_shares(0.2, 0.2), "must be different shares"),
        (lambda: boundaries.spent([0.5, 0.4], boundaries.as_pocock), "more and more"),
    ],
)
def test_what_cannot_be_is_told(work, message):
    with pytest.raises(ValueError, match=message):
        work()


def test_arms_that_never_differ_have_no_interval():
    found = judge(samples.share(0, 500), samples.share(0, 500), Plan(needed=400))
    assert found.verdict is Verdict.NO_DIFFERENCE
    assert found.difference.low is None and found.difference.note and found.lift is None


def test_none_here_and_all_there_are_not_called_equal():
    assert judge(samples.share(0, 500), samples.share(500, 500), Plan(needed=400)).verdict is Verdict.TOO_FEW


def test_at_most_one_in_twenty_is_wrong_for_skewed_money_too():
    """What clients spend: a few spend very much. A look after every 10 clients per arm, from 100 up to 1,500."""
    dice = np.random.default_rng(13)
    looks = np.arange(10, 1501, 10)
    sums = []
    for _ in range(2):
        spent = dice.lognormal(0, 1, (3000, 1500))
        pairs = (one.cumsum(axis=1)[:, looks - 1] for one in (spent, spent**2))
        sums.append(tuple(pairs))
    means = [total / looks for total, _squares in sums]
    variances = [squares / looks - mean**2 for (_total, squares), mean in zip(sums, means, strict=True)]
    out = np.abs(means[1] - means[0]) / np.sqrt((variances[0] + variances[1]) / (looks - 1))
    looked = looks >= verdicts.FEWEST
    assert (out > reach(2 * looks))[:, looked].any(axis=1).mean() <= 0.05
