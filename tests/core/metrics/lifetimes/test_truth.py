"""Parameters we put in come out, the intervals cover them, and the algebra holds against other ways to compute it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import hyp2f1

from fondly.core.metrics import newton
from fondly.core.metrics.lifetimes import bgnbd, fits, gammagamma, paretonbd, retention
from fondly.core.metrics.lifetimes.purchases import distinct, purchases
from fondly.core.metrics.lifetimes.worth import of_clients
from tests.core.metrics.lifetimes.cases import bgnbd_clients, cdnow, paretonbd_clients, with_spend

RETENTION = retention.Retention(0.8, 3.0)
REPEATS = 120


def _curves():
    alike = distinct(cdnow())
    spend = gammagamma._Likelihood(*gammagamma._repeaters(cdnow()))
    return {
        "bgnbd": (bgnbd._Likelihood(alike).slope, [0.3, 4.0, 1.2, 2.5]),
        "paretonbd, alpha smaller": (lambda at: paretonbd._slope(at, alike), [0.7, 8.0, 0.8, 20.0]),
        "paretonbd, beta smaller": (lambda at: paretonbd._slope(at, alike), [0.7, 12.0, 0.8, 3.0]),
        "gammagamma": (spend.slope, [5.0, 3.0, 12.0]),
        "retention": (lambda at: retention._slope(at, np.array([9.0, 4, 2]), np.array([20.0, 16, 14])), [0.7, 2.0]),
    }


@pytest.mark.parametrize("name", list(_curves()))
def test_gradients_and_second_derivatives_are_those_of_the_value(name):
    curve, at = _curves()[name]
    at = np.array(at)
    here, nudges = curve(at), 1e-5 * np.eye(len(at))
    sides = [(curve(at + nudge), curve(at - nudge)) for nudge in nudges]
    assert here.gradient == pytest.approx([(up.value - down.value) / 2e-5 for up, down in sides], rel=1e-5, abs=1e-3)
    bent = np.array([(up.gradient - down.gradient) / 2e-5 for up, down in sides])
    assert np.abs(here.curvature - bent).max() < 1e-6 * np.abs(bent).max()


@pytest.mark.parametrize(("alpha", "beta"), [(10.6, 11.7), (2.0, 60.0), (300.0, 1.0)])
def test_the_integral_of_paretonbd_is_the_hypergeometric_form(alpha, beta):
    r, s, x, recency, age = 0.6, 0.7, 5.0, 12.0, 39.0
    larger, second = max(alpha, beta), s + 1 if alpha >= beta else r + x

    def left(time):
        z = abs(alpha - beta) / (larger + time)
        return hyp2f1(r + s + x, second, r + s + x + 1, z) / (larger + time) ** (r + s + x)

    textbook = (alpha + age) ** -(r + x) * (beta + age) ** -s + s / (r + s + x) * (left(recency) - left(age))
    at = np.array([r, alpha, s, beta])
    ways = paretonbd._ways(at, np.array([recency]), np.array([age]), np.array([x]))
    assert paretonbd._shares(at, np.array([x]), ways)[0][0] == pytest.approx(np.log(textbook), abs=1e-9)


def test_expected_purchases_of_bgnbd_equal_the_textbook_form():
    given, ahead = cdnow(), 39.0
    r, alpha, a, b = at = bgnbd.BgNbd(0.243, 4.414, 0.793, 2.426)
    x, age = given.frequency, given.age
    z = ahead / (alpha + age + ahead)
    bracket = 1 - ((alpha + age) / (alpha + age + ahead)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, z)
    textbook = (a + b + x - 1) / (a - 1) * bracket * bgnbd.probability_alive(at, given)
    assert bgnbd.expected_purchases(at, given, ahead) == pytest.approx(textbook, rel=1e-8)


def _bgnbd_once(dice):
    return bgnbd.fit(bgnbd_clients(800, *_BGNBD, dice)[0])


def _paretonbd_once(dice):
    return paretonbd.fit(paretonbd_clients(800, *_PARETO, dice))


def _gammagamma_once(dice):
    clients, _later = bgnbd_clients(800, *_BGNBD, dice)
    return gammagamma.fit(with_spend(clients, *_SPEND, dice))


def _retention_once(dice):
    leaves = dice.geometric(np.maximum(dice.beta(*RETENTION, 1500), 1e-9))
    return retention.fit(np.bincount(leaves[leaves <= 8], minlength=9)[1:], int((leaves > 8).sum()))


_BGNBD = bgnbd.BgNbd(0.8, 5.0, 0.9, 2.5)
_PARETO = paretonbd.ParetoNbd(1.0, 6.0, 0.8, 12.0)
_SPEND = gammagamma.GammaGamma(6.0, 4.0, 15.0)


@pytest.mark.parametrize(
    ("truth", "once"),
    [(_BGNBD, _bgnbd_once), (_SPEND, _gammagamma_once), (RETENTION, _retention_once), (_PARETO, _paretonbd_once)],
)
def test_intervals_cover_the_truth(truth, once):
    """95 % ± what 120 repeats leave to chance; the middle of the estimates is the truth."""
    repeats = REPEATS if once is not _paretonbd_once else 40
    fits = [once(np.random.default_rng(seed)) for seed in range(repeats)]
    assert all(fit.converged for fit in fits)
    for place, (name, value) in enumerate(zip(truth._fields, truth, strict=True)):
        intervals = [fit.estimates()[name] for fit in fits]
        covered = np.mean([one.low <= value <= one.high for one in intervals])
        assert covered >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / repeats), name
        assert covered < 1 or repeats < REPEATS, name
        assert np.median([fit.parameters[place] for fit in fits]) == pytest.approx(value, rel=0.25), name


def test_the_forecast_is_what_comes():
    given, later = bgnbd_clients(40_000, *_BGNBD, np.random.default_rng(5))
    expected = bgnbd.expected_purchases(bgnbd.fit(given).parameters, given, 20)
    assert expected.sum() == pytest.approx(later.sum(), rel=0.03)
    order = np.argsort(expected)
    for tenth in np.array_split(order, 10)[5:]:
        assert expected[tenth].mean() == pytest.approx(later[tenth].mean(), rel=0.15)


def test_paretonbd_expects_more_of_those_who_bought_lately():
    at, given = _PARETO, cdnow()
    alive = paretonbd.probability_alive(at, given)
    assert ((alive > 0) & (alive <= 1)).all()
    same = given.frequency == 3
    assert np.corrcoef(alive[same], given.recency[same])[0, 1] > 0.9
    assert paretonbd.expected_purchases(at, given, 1e-6) / 1e-6 == pytest.approx(
        alive * (at.r + given.frequency) / (at.alpha + given.age), rel=1e-4
    )


def test_renewals_of_a_contract_add_up():
    """One client of a cohort surviving S(t): the sum written out; waiting longer makes one more loyal."""
    stays = retention.survival(RETENTION, 400)
    written_out = sum(stays[k + 1] / 1.1**k for k in range(400))
    assert retention.expected_renewals(RETENTION, 0, 0.1) == pytest.approx(written_out, rel=1e-6)
    assert retention.expected_renewals(RETENTION, 5, 0.1) > retention.expected_renewals(RETENTION, 0, 0.1)


def test_newton_says_when_there_is_no_peak():
    def ramp(at):
        return newton.Slope(float(at[0]), np.array([1.0]), np.array([[0.0]]))

    assert not newton.climb(ramp, np.array([0.0]), bound=5.0).converged


def test_few_clients_whose_likelihood_has_two_peaks():
    """The higher peak is found, wherever the climb starts."""
    dice = np.random.default_rng(25)
    given = paretonbd_clients(200, 0.83, 37.9, 0.73, 1.32, dice)
    found = paretonbd.fit(given)
    for shape in (0.3, 1.0, 4.0):
        start = paretonbd.ParetoNbd(shape, shape * 40, shape, shape * 10)
        other = fits.fit(lambda at: paretonbd._slope(at, distinct(given)), start, 200)
        assert found.log_likelihood > other.log_likelihood - 1e-6


def test_a_flat_likelihood_gives_no_interval():
    """Thirty clients who do not differ in leaving: a and b may grow without end."""
    dice = np.random.default_rng(1)
    ages = np.full(30, 40.0)
    frequency = dice.poisson(8, 30) + 1
    found = bgnbd.fit(purchases(frequency, ages - dice.integers(0, 2, 30), ages))
    assert found.estimates()["a"].low is None
    assert found.estimates()["a"].note == fits.UNTOLD


def test_a_figure_of_a_climb_that_did_not_end_has_no_interval():
    found = replace(bgnbd.fit(cdnow()), converged=False)
    assert found.figure(lambda at: at.r).low is None and found.figure(lambda at: at.r).note == fits.UNTOLD


def test_the_range_of_the_total_worth_covers_what_the_truth_says():
    """Over 60 simulated client bases: the total by the true parameters lies in the range."""

    def once(seed):
        dice = np.random.default_rng(seed)
        given = with_spend(bgnbd_clients(600, *_BGNBD, dice)[0], *_SPEND, dice)
        truth = bgnbd.expected_purchases(_BGNBD, given, 20) * gammagamma.expected_spend(_SPEND, given)
        total = of_clients(given, 20).total
        return total.low <= truth.sum() <= total.high

    assert np.mean([once(seed) for seed in range(60)]) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 60)
