"""Who may leave: a probability per client that means what it says, and a report of how well it does on others.

Logistic regression with numbers bent at quantiles, penalised; everything the report says and the calibration is fitted
on was predicted for clients whose outcome the model had not seen (cross-fitting).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fondly.core.metrics import features
from fondly.core.metrics.columns import columns_of
from fondly.core.metrics.distributions import two_sided_z
from fondly.core.metrics.estimates import LEVEL, Estimate, unknown
from fondly.core.metrics.features import Feature, Floats
from fondly.core.metrics.intervals import wilson
from fondly.core.metrics.regression import RIDGE, logistic, probability

FEWEST_LEFT = 30
_KNOTS = 4
_RIDGES = (0.3, 3.0, 30.0)
_SEED = 20_260_101
_LOGIT_BOUND = 15.0


@dataclass(frozen=True, slots=True)
class Bin:
    """Clients with about the same risk: what was said of them on average, and how many left."""

    said: float
    came: Estimate


@dataclass(frozen=True, slots=True)
class Report:
    """auc: the probability that one who left had the higher risk. calibration_error: how far the risks said and the
    shares that came lie apart, on average over tenths of the clients (ECE). brier: mean squared error. bins: tenths."""

    auc: Estimate
    calibration_error: float
    brier: float
    bins: tuple[Bin, ...]
    n: int


@dataclass(frozen=True, slots=True)
class Model:
    """What `learn` found; `risk` uses it. shift, stretch: the calibration, on the scale of logits."""

    features: tuple[Feature, ...]
    coefficients: Floats
    shift: float
    stretch: float
    report: Report


def learn(table: Any, left: ArrayLike, folds: int = 5) -> Model:
    """From one row per client (a dataframe or mapping of columns) and who left (0 or 1) in the time that followed.

    The columns must have been known before that time began. The penalty is the one of three with the smallest
    cross-fitted log-loss; calibration: logit' = shift + stretch · logit, fitted to cross-fitted logits (Platt 1999).
    Raises ValueError with fewer than 30 who left or who stayed, or other values than 0 and 1.
    """
    columns, y = columns_of(table), np.asarray(left, dtype=np.float64)
    _check(y)
    learned = features.learn(columns, _KNOTS)
    x = features.matrix(learned, columns)
    fold = _folds(y, folds)
    by_ridge = {ridge: _cross_fitted(x, y, fold, ridge) for ridge in _RIDGES}
    ridge, logits = min(by_ridge.items(), key=lambda one: log_loss(probability(one[1]), y))
    calibrated = _cross_fitted(_scored(logits), y, fold, RIDGE)
    shift, stretch = (float(one) for one in logistic(_scored(logits), y).coefficients)
    told = report(probability(calibrated), y)
    return Model(tuple(learned), logistic(x, y, ridge).coefficients, shift, stretch, told)


def risk(model: Model, table: Any) -> Floats:
    """The probability to leave of each row, (clients,), in the time that the model learned of."""
    columns = columns_of(table, [feature.name for feature in model.features])
    logits = features.matrix(model.features, columns) @ model.coefficients
    return probability(model.shift + model.stretch * np.clip(logits, -_LOGIT_BOUND, _LOGIT_BOUND))


def _check(y: Floats) -> None:
    if not np.isin(y, (0.0, 1.0)).all():
        raise ValueError("left must be 0 or 1 for each client.")
    rarer = int(min(y.sum(), len(y) - y.sum()))
    if rarer < FEWEST_LEFT:
        raise ValueError(f"Only {rarer} clients had the rarer outcome; {FEWEST_LEFT} are needed to tell risks apart.")


def _folds(y: Floats, folds: int) -> NDArray[np.int64]:
    """Each client's fold, those who left and those who stayed spread evenly, the same each time."""
    dealt = np.empty(len(y), dtype=np.int64)
    order = np.random.default_rng(_SEED).permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    dealt[order] = np.arange(len(y)) % folds
    return dealt


def _cross_fitted(x: Floats, y: Floats, fold: NDArray[np.int64], ridge: float) -> Floats:
    """Each client's logit by a model of the other folds."""
    logits = np.empty(len(y))
    for one in np.unique(fold):
        logits[fold == one] = x[fold == one] @ logistic(x[fold != one], y[fold != one], ridge).coefficients
    return np.clip(logits, -_LOGIT_BOUND, _LOGIT_BOUND)


def _scored(logits: Floats) -> Floats:
    return np.stack([np.ones(len(logits)), logits], axis=1)


def log_loss(said: Floats, left: Floats) -> float:
    """Mean of -ln of the probability given to what came."""
    return float(-np.log(np.where(left == 1, said, 1 - said)).mean())


def report(said: ArrayLike, left: ArrayLike, bins: int = 10, level: float = LEVEL) -> Report:
    """How well probabilities said before agree with what came; both (clients,), for clients the model had not seen."""
    p, y = np.asarray(said, dtype=np.float64), np.asarray(left, dtype=np.float64)
    if len(p) != len(y) or len(p) == 0:
        raise ValueError("said and left need one value per client each.")
    parts = [part for part in np.array_split(np.argsort(p, kind="stable"), bins) if len(part)]
    told = tuple(Bin(float(p[part].mean()), wilson(int(y[part].sum()), len(part), level)) for part in parts)
    apart = sum(abs(one.said - (one.came.value or 0.0)) * one.came.n for one in told) / len(p)
    return Report(auc(p, y, level), float(apart), float(((p - y) ** 2).mean()), told, len(p))


def auc(said: Floats, left: Floats, level: float = LEVEL) -> Estimate:
    """P(one who left has the higher risk), ties as half, with the interval of DeLong, DeLong & Clarke-Pearson 1988."""
    high, low = said[left == 1], said[left == 0]
    if min(len(high), len(low)) < 2:
        return unknown(len(said), "fewer than two left or stayed", level)
    beaten, beating = _below(low, high) / len(low), 1 - _below(high, low) / len(high)
    value = float(beaten.mean())
    error = np.sqrt(beaten.var(ddof=1) / len(high) + beating.var(ddof=1) / len(low))
    half = two_sided_z(level) * float(error)
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), len(said), level)


def _below(others: Floats, values: Floats) -> Floats:
    """How many of the others are below each value, equal ones as half."""
    ranked = np.sort(others)
    return (np.searchsorted(ranked, values, "left") + np.searchsorted(ranked, values, "right")) / 2
