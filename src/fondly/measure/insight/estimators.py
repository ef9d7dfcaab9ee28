"""How observations become a figure: what DuckDB adds up per group, and the estimate made of the sums."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from fondly.core.metrics.estimates import Estimate
from fondly.core.metrics.intervals import mean_of_sums, wilson, within
from fondly.core.metrics.loyalty import Question, score_of_counts
from fondly.core.metrics.pooling import Group, pooled
from fondly.core.metrics.survival import Survival, kaplan_meier, rate

Sums = Mapping[str, Any]


class Estimator(Protocol):
    """sums: aggregates in SQL over the columns of one group's observations, by name."""

    @property
    def sums(self) -> Mapping[str, str]: ...

    def estimate(self, sums: Sums, level: float) -> Estimate: ...

    def pooled(self, groups: Sequence[Sums], level: float) -> Sequence[Estimate | None]:
        """Each group's figure drawn towards all groups', where that has a meaning."""
        ...


def _not_pooled(groups: Sequence[Sums], level: float) -> Sequence[Estimate | None]:
    return [None] * len(groups)


# Times of those to whom it has not happened (yet) are negative, -0.0 included: one list costs DuckDB half of two.
_WATCHED = {"watched": "coalesce(list(CASE WHEN yes THEN figure ELSE -figure END), [])"}


def survival(sums: Sums, level: float) -> Survival:
    watched = np.asarray(sums["watched"], np.float64)
    return kaplan_meier(np.abs(watched), ~np.signbit(watched), level)


@dataclass(frozen=True, slots=True)
class Share:
    """The share of observations with `yes`: Wilson's interval."""

    sums = {"n": "count(yes)", "k": "count(*) FILTER (WHERE yes)"}

    def estimate(self, sums: Sums, level: float) -> Estimate:
        return wilson(int(sums["k"]), int(sums["n"]), level)

    def pooled(self, groups: Sequence[Sums], level: float) -> Sequence[Estimate | None]:
        return _pool([(int(s["n"]), float(s["k"]), float(s["k"])) for s in groups], level, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of `figure`: Student's t. lowest, highest: of the scale, beyond which no bound lies."""

    lowest: float = -math.inf
    highest: float = math.inf
    sums = {"n": "count(figure)", "total": "sum(figure)", "squares": "sum(figure * figure)"}

    def estimate(self, sums: Sums, level: float) -> Estimate:
        mean = mean_of_sums(int(sums["n"]), float(sums["total"]), float(sums["squares"]), level)
        return within(mean, self.lowest, self.highest)

    def pooled(self, groups: Sequence[Sums], level: float) -> Sequence[Estimate | None]:
        told = [(int(s["n"]), float(s["total"] or 0), float(s["squares"] or 0)) for s in groups]
        return _pool(told, level, self.lowest, self.highest)


@dataclass(frozen=True, slots=True)
class Score:
    """A question of loyalty over whole `figure`s: the interval of that question."""

    question: Question

    @property
    def sums(self) -> Mapping[str, str]:
        return {"counts": "coalesce(histogram(CAST(figure AS INTEGER)), MAP {})"}

    def estimate(self, sums: Sums, level: float) -> Estimate:
        return score_of_counts(self.question, sums["counts"], level)

    def pooled(self, groups: Sequence[Sums], level: float) -> Sequence[Estimate | None]:
        return _pool([self._worths(s["counts"]) for s in groups], level, -math.inf, math.inf)

    def _worths(self, counts: Mapping[int, int]) -> tuple[int, float, float]:
        worth = self.question.worth
        total = sum(worth(answer) * k for answer, k in counts.items())
        return sum(counts.values()), total, sum(worth(answer) ** 2 * k for answer, k in counts.items())


@dataclass(frozen=True, slots=True)
class TimeUntil:
    """The time in `figure` by which it has happened (`yes`) for `share` of all, by Kaplan-Meier."""

    share: float = 0.5
    sums = _WATCHED
    pooled = staticmethod(_not_pooled)

    def estimate(self, sums: Sums, level: float) -> Estimate:
        return survival(sums, level).quantile(self.share)


@dataclass(frozen=True, slots=True)
class StillAt:
    """The share for whom it has not happened (`yes`) by `time` in the unit of `figure`, by Kaplan-Meier."""

    time: float
    sums = _WATCHED
    pooled = staticmethod(_not_pooled)

    def estimate(self, sums: Sums, level: float) -> Estimate:
        return survival(sums, level).at(self.time)


@dataclass(frozen=True, slots=True)
class Rate:
    """How often it happened (`yes`) per unit of time watched (`figure`), as if always equally likely."""

    sums = {"n": "count(figure)", "watched": "sum(figure)", "times": "count(*) FILTER (WHERE yes)"}
    pooled = staticmethod(_not_pooled)

    def estimate(self, sums: Sums, level: float) -> Estimate:
        return rate(int(sums["times"]), float(sums["watched"] or 0), int(sums["n"]), level)


def _pool(
    told: Sequence[tuple[int, float, float]], level: float, lowest: float, highest: float
) -> list[Estimate | None]:
    """Of (n, sum, sum of squares) per group. A group without observations has none."""
    groups = [Group(n, total / n, max(0.0, squares - total * total / n)) for n, total, squares in told if n]
    drawn = iter(pooled(groups, level))
    return [within(next(drawn), lowest, highest) if n else None for n, _, _ in told]
