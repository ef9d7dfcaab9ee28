"""Transactions become what the models need, without losing anybody."""

import numpy as np
import pytest

from fondly.core.metrics.extras import MissingExtra
from fondly.core.metrics.lifetimes import bgnbd, gammagamma, retention
from fondly.core.metrics.lifetimes.purchases import distinct, from_transactions, purchases


def test_from_transactions():
    clients, found = from_transactions(
        ["b", "a", "a", "b", "a", "a"], [3.0, 0.0, 2.0, 5.0, 2.0, 9.0], [7.0, 1.0, 2.0, 4.0, 3.0, 50.0], until=8.0
    )
    assert clients.tolist() == ["a", "b"]
    assert found.frequency.tolist() == [1, 1]  # twice on one day is once; after the end is not seen
    assert found.recency.tolist() == [2.0, 2.0]
    assert found.age.tolist() == [8.0, 5.0]
    assert found.spend.tolist() == [5.0, 4.0]


@pytest.mark.parametrize("unit", [1.0, 1 / 7, 0.01, np.pi / 50])
def test_distinct_keeps_everybody(unit):
    dice = np.random.default_rng(3)
    ages = dice.integers(5, 40, 3000) * unit
    frequency = dice.integers(0, 4, 3000)
    recency = np.where(frequency > 0, np.floor(ages / unit * dice.random(3000)) * unit, 0.0)
    alike = distinct(purchases(frequency, recency, ages))
    rows = np.c_[alike.frequency, alike.times[alike.recency], alike.times[alike.age]]
    expected, counts = np.unique(np.c_[frequency, recency, ages].round(9), axis=0, return_counts=True)
    assert len(rows) == len(expected) < 3000
    order = np.lexsort(rows.T[::-1])
    assert rows[order] == pytest.approx(expected)
    assert alike.clients[order].tolist() == counts.tolist()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((1.5, 1, 2), "frequency, row 1: it must be a whole number"),
        ((1, 3, 2), "recency, row 1: it must lie between 0 and age"),
        ((0, 1, 2), "recency, row 1: it must be 0 where"),
        ((1, 1, float("nan")), "age, row 1"),
    ],
)
def test_what_cannot_be_is_named(row, message):
    with pytest.raises(ValueError, match=message):
        purchases([2, row[0]], [1, row[1]], [2, row[2]])


def test_nothing_to_say():
    with pytest.raises(ValueError, match="second time"):
        bgnbd.fit(purchases([0, 0], [0, 0], [3, 4]))
    with pytest.raises(ValueError, match="two clients"):
        gammagamma.fit(purchases([1, 0], [2, 0], [3, 4], [9, 0]))
    with pytest.raises(ValueError, match="spend is missing"):
        gammagamma.fit(purchases([1, 1], [2, 2], [3, 4]))
    with pytest.raises(ValueError, match="Nobody left"):
        retention.fit([0, 0], 5)


def test_clients_all_alike_have_no_interval():
    """Nobody can tell how clients differ when they do not."""
    same = purchases([3] * 50, [30.0] * 50, [39.0] * 50)
    assert any(one.low is None or one.high / one.low > 100 for one in bgnbd.fit(same).estimates().values())


def test_without_scipy_the_error_names_the_extra(monkeypatch):
    import importlib

    def missing(name, *rest):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingExtra, match=r'pip install "fondly\[metrics\]"'):
        gammagamma.fit(purchases([2, 1], [2, 2], [3, 4], [9, 8]))
