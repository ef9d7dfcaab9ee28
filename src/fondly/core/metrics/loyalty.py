"""What clients say when asked: NPS, CSAT and CES, by group, and between two periods.

Every question is a mean of what each answer is worth: NPS 100 for 9 and 10, -100 for 0 to 6, 0 between (points from
-100 to 100); CSAT 1 for a satisfied answer, else 0 (a share); CES the answer itself (1 hard to 7 easy).
One answer per client: of several take the last, or intervals come out too narrow.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fondly.core.metrics.distributions import two_sided_z
from fondly.core.metrics.estimates import LEVEL, Estimate, unknown
from fondly.core.metrics.frames import Native, read_columns, rows
from fondly.core.metrics.intervals import bootstrap, difference, exact_share, mean
from fondly.core.metrics.pooling import Group, pooled

Counts = Mapping[int, int]

# Above it the bootstrap and Student's t say the same, and the bootstrap takes long.
_LARGE = 2_000


@dataclass(frozen=True)
class Question:
    """A scale of whole numbers, what an answer on it is worth, and how sure the mean worth is."""

    name: str
    lowest: int
    highest: int
    worth: Callable[[int], float]
    estimate: Callable[[Counts, float], Estimate]


@dataclass(frozen=True, slots=True)
class GroupScore:
    """A group's own figure, and the one drawn towards all groups' the more, the fewer answers it has."""

    group: Any
    own: Estimate
    pooled: Estimate


def nps(scores: Iterable[int], level: float = LEVEL) -> Estimate:
    """Net promoter score in points of scores from 0 to 10. Raises ValueError on a score outside."""
    return score(NPS, scores, level)


def csat(scores: Iterable[int], level: float = LEVEL) -> Estimate:
    """The share of answers 4 and 5 on a scale from 1 to 5, with the exact interval."""
    return score(CSAT, scores, level)


def ces(scores: Iterable[int], level: float = LEVEL) -> Estimate:
    """The mean of answers from 1 (hard) to 7 (easy), by bootstrap, for more than 2,000 answers by Student's t."""
    return score(CES, scores, level)


def score(question: Question, scores: Iterable[int], level: float = LEVEL) -> Estimate:
    """Any question of its answers. Raises ValueError on an answer outside its scale."""
    return score_of_counts(question, Counter(scores), level)


def score_of_counts(question: Question, counts: Counts, level: float = LEVEL) -> Estimate:
    """The same of answers counted: answer -> how often."""
    return question.estimate(_checked(question, counts), level)


def by_group(answers: Native, question: Question, by: str, level: float = LEVEL) -> tuple[GroupScore, ...]:
    """The question per value of column `by`, from a dataframe with columns `score` and `by`, in order of the group.

    `pooled` shrinks each group towards the mean of all (see pooling.pooled), so that a group of three unhappy clients
    does not head the list. Rows without score or group are left out. Raises ValueError on an answer outside the scale.
    """
    counts = _counts(answers, question, by)
    groups = [_group(question, of_group) for of_group in counts.values()]
    return tuple(
        GroupScore(name, question.estimate(of_group, level), drawn)
        for (name, of_group), drawn in zip(counts.items(), pooled(groups, level), strict=True)
    )


def change(question: Question, before: Iterable[int], after: Iterable[int], level: float = LEVEL) -> Estimate:
    """After minus before, of two periods that asked different clients (or few of them twice)."""
    return difference(score(question, after, level), score(question, before, level))


def _counts(answers: Native, question: Question, by: str) -> dict[Any, Counts]:
    import narwhals as nw

    told = read_columns(answers, "score", by)
    counted = told.drop_nulls().group_by(by, "score").agg(nw.len().alias("n")).sort(by, "score")
    counts: dict[Any, dict[int, int]] = {}
    for row in rows(counted.to_native()):
        counts.setdefault(row[by], {})[row["score"]] = row["n"]
    return {name: _checked(question, of_group) for name, of_group in counts.items()}


def _checked(question: Question, counts: Counts) -> Counts:
    for answer in counts:
        if not question.lowest <= answer <= question.highest or answer != int(answer):
            raise ValueError(
                f"{answer} is no answer to {question.name}: whole numbers from {question.lowest} to {question.highest}."
            )
    return counts


def _group(question: Question, counts: Counts) -> Group:
    n = sum(counts.values())
    centre = sum(question.worth(answer) * k for answer, k in counts.items()) / n
    squares = sum((question.worth(answer) - centre) ** 2 * k for answer, k in counts.items())
    return Group(n, centre, squares)


def _nps(counts: Counts, level: float) -> Estimate:
    """Adjusted Wald: three answers are added, 1:2:1 against, between and for, before centre and variance are taken.

    Source: Rocks 2016, "Interval Estimation for the Net Promoter Score", The American Statistician 70(4); by
    enumeration (see the tests) it covers close to its level from n = 10 on, which plain Wald does not.
    """
    n = sum(counts.values())
    z = two_sided_z(level)
    if n == 0:
        return unknown(0, "nobody answered", level)
    for_us = sum(k for answer, k in counts.items() if _promoted(answer) > 0)
    against = sum(k for answer, k in counts.items() if _promoted(answer) < 0)
    up, down, total = (for_us + 0.75), (against + 0.75), n + 3
    centre = (up - down) / total
    half = z * math.sqrt((up + down) / total - centre**2) / math.sqrt(total)
    value = (for_us - against) / n
    low, high = min(max(centre - half, -1.0), value), max(min(centre + half, 1.0), value)
    return Estimate(100 * value, 100 * low, 100 * high, n, level)


def _promoted(answer: int) -> float:
    return 100.0 if answer >= 9 else -100.0 if answer <= 6 else 0.0


def _satisfied(answer: int) -> float:
    return float(answer >= 4)


def _csat(counts: Counts, level: float) -> Estimate:
    happy = sum(k for answer, k in counts.items() if _satisfied(answer))
    return exact_share(happy, sum(counts.values()), level)


def _ces(counts: Counts, level: float) -> Estimate:
    answers = np.repeat(np.array(list(counts), dtype=np.float64), list(counts.values()))
    if len(answers) < 2 or len(answers) > _LARGE:
        return mean(answers, level)
    return bootstrap(answers, lambda drawn: drawn.mean(axis=1), level)


NPS = Question("NPS", 0, 10, _promoted, _nps)
CSAT = Question("CSAT", 1, 5, _satisfied, _csat)
CES = Question("CES", 1, 7, float, _ces)
