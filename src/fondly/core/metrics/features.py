"""What is known of each client as the columns of a regression: numbers to one scale, words to yes or no."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fondly.core.metrics.columns import words

Floats = NDArray[np.float64]
Words = NDArray[np.str_]

OTHER = "other"
UNKNOWN = "unknown"
_FEWEST_ALIKE = 20
_NO = ("no", "0", "false", "n")


@dataclass(frozen=True, slots=True)
class Number:
    """(x - middle) / spread, bent at `knots`; what is missing counts as the middle, and as unknown."""

    name: str
    middle: float
    spread: float
    knots: tuple[float, ...]
    has_gaps: bool

    @property
    def levels(self) -> tuple[str, ...]:
        bends = tuple(f"beyond {self.middle + knot * self.spread:g}" for knot in self.knots)
        return ("", *bends, *((UNKNOWN,) if self.has_gaps else ()))

    def columns(self, values: ArrayLike) -> Floats:
        raw = np.asarray(values, dtype=np.float64)
        gaps = np.isnan(raw)
        scaled = np.where(gaps, 0.0, (raw - self.middle) / self.spread)
        parts = [scaled, *(np.maximum(0.0, scaled - knot) for knot in self.knots)]
        return np.stack([*parts, gaps.astype(np.float64)] if self.has_gaps else parts, axis=1)


@dataclass(frozen=True, slots=True)
class Word:
    """One column per level but `base`, which is "no" or the most frequent one; rare and new words are `other`."""

    name: str
    base: str
    levels: tuple[str, ...]

    def columns(self, values: ArrayLike) -> Floats:
        told = _words(values)
        known = np.isin(told, [self.base, *self.levels])
        told = np.where(known, told, OTHER if OTHER in self.levels else self.base)
        return np.stack([(told == level).astype(np.float64) for level in self.levels], axis=1)


Feature = Number | Word


def learn(columns: Mapping[str, NDArray[Any]], knots: int = 0) -> list[Feature]:
    """How to turn such columns into numbers; those with one value only are left out.

    knots: at so many quantiles a number's effect may bend. Numbers of two values are words (such as 0 and 1).
    """
    features = (_learn_one(name, values, knots) for name, values in columns.items())
    return [feature for feature in features if feature]


def _learn_one(name: str, values: NDArray[Any], knots: int) -> Feature | None:
    if values.dtype.kind in "fiu" and len(np.unique(values[~np.isnan(values.astype(np.float64))])) > 2:
        return _learn_number(name, values.astype(np.float64), knots)
    told, counts = np.unique(_words(values), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    enough = [str(told[place]) for place in order if counts[place] >= _FEWEST_ALIKE]
    rare = [OTHER] if len(enough) < len(told) and enough and OTHER not in enough else []
    if len(enough) + len(rare) < 2:
        return None
    enough.sort(key=lambda word: word.lower() not in _NO)
    return Word(name, enough[0], tuple(enough[1:] + rare))


def _learn_number(name: str, values: Floats, knots: int) -> Number:
    known = values[~np.isnan(values)]
    middle, spread = float(known.mean()), float(known.std()) or 1.0
    at = np.quantile(known, np.arange(1, knots + 1) / (knots + 1)) if knots else np.empty(0)
    bends = tuple(float(one) for one in np.unique((at - middle) / spread))
    return Number(name, middle, spread, bends, len(values) - len(known) >= _FEWEST_ALIKE)


def _words(values: ArrayLike) -> Words:
    raw = np.asarray(values)
    if raw.dtype.kind == "f":
        return np.where(np.isnan(raw), UNKNOWN, np.char.mod("%g", np.nan_to_num(raw)))
    if raw.dtype.kind == "O":
        return words(raw.tolist(), UNKNOWN)
    return raw.astype(np.str_)


def matrix(features: Sequence[Feature], columns: Mapping[str, NDArray[Any]]) -> Floats:
    """(clients, 1 + columns of all features): a column of ones first."""
    parts = [feature.columns(columns[feature.name]) for feature in features]
    rows = len(next(iter(columns.values()))) if columns else 0
    return np.concatenate([np.ones((rows, 1)), *parts], axis=1)


def places(features: Sequence[Feature]) -> list[NDArray[np.int64]]:
    """Which columns of `matrix` belong to each feature."""
    widths = [len(feature.levels) for feature in features]
    ends = np.cumsum([1, *widths])
    return [np.arange(start, start + width) for start, width in zip(ends[:-1], widths, strict=True)]
