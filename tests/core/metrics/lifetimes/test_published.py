"""Figures others have published, to the digits they published.

Fader, Hardie & Lee 2005 (BG/NBD, Pareto/NBD), Fader & Hardie 2013 (Gamma-Gamma), and the spreadsheets beside them, as
the test suite of lifetimes cites them; Fader & Hardie 2007 (retention).
"""

import numpy as np
import pytest

from fondly.core.metrics.lifetimes import bgnbd, gammagamma, paretonbd, retention
from fondly.core.metrics.lifetimes.purchases import from_transactions
from fondly.core.metrics.lifetimes.worth import lifetime_value, of_clients
from tests.core.metrics.lifetimes.cases import cdnow, cdnow_transactions


def test_bgnbd():
    fit = bgnbd.fit(cdnow())
    assert np.round(fit.parameters, 3).tolist() == [0.243, 4.414, 0.793, 2.426]
    assert fit.log_likelihood == pytest.approx(-9582.43, abs=0.01)
    assert fit.converged and fit.n == 2357


def test_paretonbd():
    fit = paretonbd.fit(cdnow())
    assert np.round(fit.parameters, 3) == pytest.approx([0.553, 10.578, 0.606, 11.669], abs=0.0015)
    assert fit.log_likelihood == pytest.approx(-9594.97, abs=0.01)
    assert paretonbd.log_likelihood(paretonbd.ParetoNbd(0.553, 10.578, 0.606, 11.669), cdnow()) == pytest.approx(
        -9594.976, abs=0.01
    )


def test_gammagamma():
    fit = gammagamma.fit(cdnow())
    assert np.round(fit.parameters, 2).tolist() == [6.25, 3.74, 15.45]
    assert fit.log_likelihood == pytest.approx(-4055.92, abs=0.01)
    assert fit.n == 946
    expected = gammagamma.expected_spend(fit.parameters, cdnow())[:10]
    assert expected == pytest.approx([24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17], abs=0.01)


def test_forecast_of_the_next_39_weeks():
    """1,653 purchases against 1,882 that came, from the published parameters."""
    given = cdnow()
    fit = bgnbd.fit(given)
    total = fit.figure(lambda at: float(bgnbd.expected_purchases(at, given, 39).sum()))
    assert total.value == pytest.approx(1653, abs=1)
    assert total.low < total.value < total.high


def test_one_client_of_the_bgnbd_paper():
    """Client 1, x 2, t_x 30.43, T 38.86: 1.2260 purchases in the next 39 weeks."""
    first = bgnbd.expected_purchases(bgnbd.BgNbd(0.243, 4.414, 0.793, 2.426), cdnow(), 39)[0]
    assert first == pytest.approx(1.226, abs=0.001)


@pytest.mark.parametrize(
    ("survivors", "a", "b"),
    [
        ([1000, 869, 743, 653, 593, 551, 517, 491], 0.668, 3.806),
        ([1000, 631, 468, 382, 326, 289, 262, 241], 0.704, 1.182),
    ],
)
def test_retention(survivors, a, b):
    fit = retention.fit(-np.diff(survivors), survivors[-1])
    assert np.round(fit.parameters, 3).tolist() == [a, b]


def test_retention_projected_to_the_twelfth_year():
    """The high-end clients of the same paper, 7 years seen: 38 % projected at 12, where 38 % were."""
    assert retention.survival(retention.Retention(0.668, 3.806), 12)[12] == pytest.approx(0.38, abs=0.01)


def test_value_of_all_clients_is_the_sum_of_purchases_times_what_they_bring():
    given = cdnow()
    at, spend = bgnbd.fit(given).parameters, np.full(len(given), 2.0)

    def expected(ahead):
        return bgnbd.expected_purchases(at, given, ahead)

    assert lifetime_value(expected, spend, 39) == pytest.approx(2 * expected(39))
    later = lifetime_value(expected, spend, 39, discount=0.01)
    assert (later < 2 * expected(39)).all() and (later > 2 * expected(39) * 1.01**-39).all()


def test_the_published_summary_comes_from_the_transactions():
    """To the two digits to which it was rounded."""
    _clients, seen = from_transactions(*cdnow_transactions(), until=272 / 7)
    published = cdnow()
    assert (seen.frequency == published.frequency).all()
    for name in ("recency", "age", "spend"):
        assert getattr(seen, name) == pytest.approx(getattr(published, name), abs=0.0051)


def test_worth_of_clients():
    given = cdnow()
    found = of_clients(given, 39, margin=0.5)
    assert found.value == pytest.approx(0.5 * found.expected * found.spend)
    assert found.total.value == pytest.approx(found.value.sum())
    assert 0.8 < found.total.low / found.total.value < 1 < found.total.high / found.total.value < 1.2
    assert of_clients(given, 39, discount=0.002).total.value < 2 * found.total.value
    assert ((found.alive > 0) & (found.alive <= 1)).all()
