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
from fondly.core.metrics.regression import Regression, independent, linear, logistic, probability

FEWEST_PER_COLUMN = 10
_ENOUGH_FOR_IMPORTANCE = 5_000


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

    Effects are average differences of probability, other columns as they are; intervals from that of the coefficient.
    Importance: Shapley value over the part of log-loss explained (of up to 5,000 clients, evenly
    picked). Raises ValueError on other values than 0 and 1.
    """
    outcome = np.asarray(left, dtype=np.float64)
    if not np.isin(outcome[~np.isnan(outcome)], (0.0, 1.0)).all():
        raise ValueError("left must be 0 or 1 (or missing) for each client.")
    return _drivers(table, outcome, level, logistic, _logistic_effect, _logistic_explained)


Fitter = Callable[[Floats, Floats], Regression]
Explains = Callable[[Floats, Floats], Callable[[NDArray[np.int64]], float]]


@dataclass(frozen=True, slots=True)
class _Looked:
    """One column of the regression: which feature's, which of its columns, and the feature's importance."""

    feature: Feature
    group: NDArray[np.int64]
    place: int
    importance: float

    @property
    def column(self) -> int:
        return int(self.group[self.place])


EffectOf = Callable[[Regression, Floats, _Looked, float], tuple[float, float, float]]


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
    told = independent(x)
    kept = [
        (feature, group) for feature, group in zip(learned, features.places(learned), strict=True) if told[group].any()
    ]
    x[:, ~told] = 0.0
    importance = shapley(explains(x, y), [group[told[group]] for _feature, group in kept])
    model = fitter(x, y)
    looked = [
        _Looked(feature, group, place, share)
        for (feature, group), share in zip(kept, importance, strict=True)
        for place in range(len(group))
        if told[group[place]]
    ]
    z = two_sided_z(level)
    effects = [Estimate(*effect_of(model, x, one, z), len(y), level) for one in looked]
    return Drivers(_judged(model, looked, effects), float(sum(importance)), len(y), _untold(learned, told))


def _untold(learned: Sequence[Feature], told: NDArray[np.bool_]) -> str:
    """Which levels follow from the others."""
    names = [
        f"{feature.name} {feature.levels[place]}".strip()
        for feature, group in zip(learned, features.places(learned), strict=True)
        for place in range(len(group))
        if not told[group[place]]
    ]
    return f"left out, because they follow from the others: {', '.join(names)}" if names else ""


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


def _linear_effect(model: Regression, x: Floats, one: _Looked, z: float) -> tuple[float, float, float]:
    value, error = float(model.coefficients[one.column]), _error(model, one)
    return value, value - z * error, value + z * error


def _logistic_effect(model: Regression, x: Floats, one: _Looked, z: float) -> tuple[float, float, float]:
    """Mean probability if everybody were so, minus if nobody were; for a number, one step up minus as it is."""
    without, with_it = x.copy(), x.copy()
    if isinstance(one.feature, features.Word) or one.feature.levels[one.place] == features.UNKNOWN:
        cleared = one.group if isinstance(one.feature, features.Word) else one.group[one.place]
        without[:, cleared] = with_it[:, cleared] = 0.0
        with_it[:, one.column] = 1.0
    else:
        with_it[:, one.column] += 1.0
    base, reach = probability(without @ model.coefficients).mean(), z * _error(model, one)
    logits = with_it @ model.coefficients
    value, low, high = (float(probability(logits + shift).mean() - base) for shift in (0.0, -reach, reach))
    return value, low, high


def _error(model: Regression, one: _Looked) -> float:
    return float(np.sqrt(model.covariance[one.column, one.column]))


def _judged(model: Regression, looked: Sequence[_Looked], effects: Sequence[Estimate]) -> tuple[Driver, ...]:
    """Chance by Wald's z of the coefficient; where all of a kind left or stayed, its error is huge and says so."""
    chances = [
        normal_two_sided_p(float(model.coefficients[one.column]) / (_error(model, one) or np.inf)) for one in looked
    ]
    by_chance = holm(chances, 1 - effects[0].level)
    drivers = [_driver(*parts) for parts in zip(looked, effects, chances, by_chance, strict=True)]
    return tuple(sorted(drivers, key=lambda driver: (-driver.importance, driver.name, driver.p)))


def _driver(one: _Looked, effect: Estimate, p: float, could_be_chance: bool) -> Driver:
    feature = one.feature
    against = feature.base if isinstance(feature, features.Word) else ""
    step = feature.spread if isinstance(feature, features.Number) else 0.0
    level = feature.levels[one.place]
    return Driver(feature.name, level, against, step, effect, p, could_be_chance, one.importance)


def _linear_explained(x: Floats, y: Floats) -> Callable[[NDArray[np.int64]], float]:
    """R² of some columns, from the products of all columns, which are computed once."""
    inner, outer = x - x.mean(axis=0), y - y.mean()
    products, with_outcome, spread = inner.T @ inner, inner.T @ outer, float(outer @ outer)

    def explained(columns: NDArray[np.int64]) -> float:
        part = with_outcome[columns]
        return float(part @ np.linalg.pinv(products[np.ix_(columns, columns)], hermitian=True) @ part) / spread

    return explained


def _logistic_explained(x: Floats, y: Floats) -> Callable[[NDArray[np.int64]], float]:
    """Part of log-loss explained by some columns; hundreds of fits, so on evenly picked clients if there are many."""
    every = -(-len(y) // _ENOUGH_FOR_IMPORTANCE)
    x, y = x[::every], y[::every]

    def explained(columns: NDArray[np.int64]) -> float:
        return logistic(x[:, np.concatenate([[0], columns])], y).explained

    return explained
