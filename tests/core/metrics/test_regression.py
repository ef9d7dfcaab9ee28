"""Regressions against the equations they solve."""

import numpy as np
import pytest

from fondly.core.metrics.regression import independent, linear, logistic, probability, products


def drawn(count=3000, columns=6):
    dice = np.random.default_rng(1)
    x = np.c_[np.ones(count), dice.normal(size=(count, columns - 1))]
    return x, x @ np.linspace(-1, 1, columns), dice


def test_products_are_those_of_all_rows_at_once():
    x, _line, dice = drawn()
    weights = dice.random(len(x))
    assert products(x, weights) == pytest.approx((x.T * weights) @ x)


def test_linear_is_least_squares():
    x, line, dice = drawn()
    y = line + dice.normal(size=len(x))
    found = linear(x, y)
    assert found.coefficients == pytest.approx(np.linalg.lstsq(x, y, rcond=None)[0])
    rest = y - x @ found.coefficients
    assert found.explained == pytest.approx(1 - rest.var() / y.var())
    # With an equal spread the robust covariance is the usual one.
    usual = np.linalg.inv(x.T @ x) * rest.var()
    assert np.diag(found.covariance) == pytest.approx(np.diag(usual), rel=0.15)
    with pytest.raises(ValueError, match="too few"):
        linear(x[:5], y[:5])


def test_logistic_is_where_what_was_said_and_what_came_agree():
    x, line, dice = drawn()
    y = (dice.random(len(x)) < probability(line)).astype(float)
    found = logistic(x, y, ridge=0.0)
    assert x.T @ (y - probability(x @ found.coefficients)) == pytest.approx(np.zeros(6), abs=1e-4)
    assert found.coefficients == pytest.approx(np.linspace(-1, 1, 6), abs=0.2)
    assert 0.05 < found.explained < 0.5


def test_classes_that_part_completely_have_finite_coefficients():
    x = np.c_[np.ones(40), np.arange(40.0)]
    found = logistic(x, (np.arange(40) > 19).astype(float))
    assert np.isfinite(found.coefficients).all() and found.explained > 0.95


def test_columns_that_follow_from_others():
    x, line, _dice = drawn()
    assert independent(np.c_[x, line, x[:, 1] + 3, np.zeros(len(x))]).tolist() == [True] * 6 + [False] * 3
