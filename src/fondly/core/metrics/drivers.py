"""What goes with loyalty, or with leaving, when all else known is held equal; not what causes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fondly.core.metrics import features
from fondly.core.metrics.chance import holm
from fondly.core.metrics.columns import columns_of
from fondly.core.metrics.distributions import normal_two_sided_p, two_sided_z
from fondly.core.metrics.estimates import LEVEL, Estimate
from fondly.core.metrics.features import Feature, Floats
from fondly.core.metrics.importance import shapley
from fondly.core.metrics.regression import Regression, linear, logistic, probability

FEWEST_PER_COLUMN = 10


@dataclass(frozen=True, slots=True)
class Driver:
    """effect: change of the outcome, in its unit (leaving: in probability), against the `against` of this driver:
    another word, or one standard deviation (`step`, in its own unit) less. could_be_chance: after allowing for how many
    effects were looked at. importance: part of all that is explained, the same for all levels of one driver."""

    name: str
    level: str
    against: str
    step: float
    effect: Estimate
    p: float
    could_be_chance: bool
    importance: float


@dataclass(frozen=True, slots=True)
class Drivers:
    """explained: of the variance (or log-loss), between 0 and 1; the importances of the drivers add up to it."""

    drivers: tuple[Driver, ...]
    explained: float
    n: int
    note: str = ""

    @property
    def importances(self) -> dict[str, float]:
        return {driver.name: driver.importance for driver in self.drivers}


def of_loyalty(table: Any, score: ArrayLike, level: float = LEVEL) -> Drivers:
    """Drivers of a number per client, such as an NPS answer 0-10, by linear regression; NaN scores are left out.

    table: one row per client, a dataframe or mapping of columns. Importance: Shapley value over R² (Lindeman, Merenda
    & Gold 1980): what a driver adds, averaged over all orders of adding them. Holm 1979 for chance.
    """
    outcome = np.asarray(score, dtype=np.float64)
    return _drivers(table, outcome, level, linear, _linear_effect, _linear_explained)


def of_leaving(table: Any, left: ArrayLike, level: float = LEVEL) -> Drivers:
    """Drivers of yes or no per client, such as having left, by logistic regression; NaN is left out.

    Effects are average differences of probability, other columns as they are, errors by the delta method.
    Importance: Shapley value over the part of log-loss explained. Raises ValueError on other values than 0 and 1.
    """
    outcome = np.asarray(left, dtype=np.float64)
    if not np.isin(outcome[~np.isnan(outcome)], (0.0, 1.0)).all():
        raise ValueError("left must be 0 or 1 (or missing) for each client.")
    return _drivers(table, outcome, level, logistic, _logistic_effect, _logistic_explained)


Fitter = Callable[[Floats, Floats], Regression]
EffectOf = Callable[[Regression, Floats, Floats], tuple[float, float]]
Explains = Callable[[Floats, Floats], Callable[[NDArray[np.int64]], float]]


def _drivers(
    table: Any, outcome: Floats, level: float, fitter: Fitter, effect_of: EffectOf, explains: Explains
) -> Drivers:
    columns = columns_of(table)
    known = ~np.isnan(outcome)
    columns, y = {name: values[known] for name, values in columns.items()}, outcome[known]
    learned = features.learn(columns)
    x = features.matrix(learned, columns)
    why_not = _why_not(x, y)
    if why_not:
        return Drivers((), 0.0, len(y), why_not)
    model, groups = fitter(x, y), features.places(learned)
    importance = shapley(explains(x, y), groups)
    found = [
        (feature, place, *effect_of(model, *_sides(x, feature, group, place)), share)
        for feature, group, share in zip(learned, groups, importance, strict=True)
        for place in range(len(group))
    ]
    return Drivers(_judged(found, len(y), level), float(sum(importance)), len(y))


def _why_not(x: Floats, y: Floats) -> str:
    if x.shape[1] < 2:
        return "no column differs between clients"
    if len(y) == 0 or y.min() == y.max():
        return "the outcome is the same for everybody"
    if min(len(y), _rarer(y)) < FEWEST_PER_COLUMN * (x.shape[1] - 1):
        return f"too few clients: {FEWEST_PER_COLUMN} are needed per column, of the rarer outcome where it is yes or no"
    return ""


def _rarer(y: Floats) -> int:
    return int(min(y.sum(), len(y) - y.sum())) if np.isin(y, (0.0, 1.0)).all() else len(y)


def _sides(x: Floats, feature: Feature, group: NDArray[np.int64], place: int) -> tuple[Floats, Floats]:
    """Everybody with, and everybody without: a word against the base, a number one step up against as it is."""
    without, with_it = x.copy(), x.copy()
    if isinstance(feature, features.Word):
        without[:, group] = with_it[:, group] = 0.0
        with_it[:, group[place]] = 1.0
    elif feature.levels[place] == features.UNKNOWN:
        without[:, group[place]], with_it[:, group[place]] = 0.0, 1.0
    else:
        with_it[:, group[place]] += 1.0
    return with_it, without


def _linear_effect(model: Regression, with_it: Floats, without: Floats) -> tuple[float, float]:
    slope = (with_it - without).mean(axis=0)
    return float(slope @ model.coefficients), float(np.sqrt(slope @ model.covariance @ slope))


def _logistic_effect(model: Regression, with_it: Floats, without: Floats) -> tuple[float, float]:
    p, q = probability(with_it @ model.coefficients), probability(without @ model.coefficients)
    slope = (with_it.T @ (p * (1 - p)) - without.T @ (q * (1 - q))) / len(p)
    return float((p - q).mean()), float(np.sqrt(slope @ model.covariance @ slope))


def _judged(found: Sequence[tuple[Feature, int, float, float, float]], n: int, level: float) -> tuple[Driver, ...]:
    z = two_sided_z(level)
    chances = [normal_two_sided_p(value / error) if error > 0 else 1.0 for _f, _p, value, error, _i in found]
    by_chance = holm(chances, 1 - level)
    drivers = [
        Driver(
            feature.name,
            feature.levels[place],
            feature.base if isinstance(feature, features.Word) else "",
            feature.spread if isinstance(feature, features.Number) else 0.0,
            Estimate(value, value - z * error, value + z * error, n, level),
            p,
            could_be,
            share,
        )
        for (feature, place, value, error, share), p, could_be in zip(found, chances, by_chance, strict=True)
    ]
    return tuple(sorted(drivers, key=lambda one: (-one.importance, one.name, one.p)))


def _linear_explained(x: Floats, y: Floats) -> Callable[[NDArray[np.int64]], float]:
    """R² of some columns, from the products of all columns, which are computed once."""
    inner, outer = x - x.mean(axis=0), y - y.mean()
    products, with_outcome, spread = inner.T @ inner, inner.T @ outer, float(outer @ outer)

    def explained(columns: NDArray[np.int64]) -> float:
        part = with_outcome[columns]
        return float(part @ np.linalg.pinv(products[np.ix_(columns, columns)], hermitian=True) @ part) / spread

    return explained


def _logistic_explained(x: Floats, y: Floats) -> Callable[[NDArray[np.int64]], float]:
    def explained(columns: NDArray[np.int64]) -> float:
        return logistic(x[:, np.concatenate([[0], columns])], y).explained

    return explained
