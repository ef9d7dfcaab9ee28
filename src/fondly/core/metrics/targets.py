"""Whom we aimed at, and who came."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fondly.core.metrics.chance import holm
from fondly.core.metrics.distributions import chi_squared_p, normal_two_sided_p
from fondly.core.metrics.estimates import LEVEL, Estimate
from fondly.core.metrics.intervals import wilson

FEWEST = 30
_NOTEWORTHY = 0.02


class Suggestion(StrEnum):
    AS_AIMED = "as_aimed"
    REACH_MORE = "reach_more"  # fewer came than were aimed at: reach them otherwise, or aim elsewhere
    WELCOME_MORE = "welcome_more"  # more came than were aimed at: aim at them
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Target:
    """aimed: share we aimed at; came: share of those who came, with its interval; gap: came minus aimed."""

    group: str
    aimed: float
    came: Estimate
    gap: Estimate
    could_be_chance: bool
    suggestion: Suggestion


@dataclass(frozen=True, slots=True)
class Comparison:
    """p: of a difference over all groups as large by chance (chi-squared); None where too few came to say."""

    targets: tuple[Target, ...]
    n: int
    p: float | None


def compare(aimed: Mapping[str, float], came: Mapping[str, int], level: float = LEVEL) -> Comparison:
    """Groups by how far who came lies from whom we aimed at.

    aimed: shares or numbers per group, made to add up to 1. came: clients per group; a group nobody aimed at counts as
    0. Gaps under 2 points suggest nothing. Holm 1979 over the groups; Wilson intervals; with fewer than 30 clients too
    few to say. Raises ValueError where nobody is aimed at or a number is negative.
    """
    groups = list(dict.fromkeys([*aimed, *came]))
    total, n = float(sum(aimed.values())), sum(came.values())
    if total <= 0 or min([*aimed.values(), *came.values()]) < 0:
        raise ValueError("aimed must hold shares or numbers per group, none below 0 and at least one above.")
    shares = {group: aimed.get(group, 0.0) / total for group in groups}
    chances = [_chance(shares[group], came.get(group, 0), n) for group in groups]
    by_chance = holm(chances, 1 - level)
    targets = [
        _target(group, shares[group], wilson(came.get(group, 0), n, level), could_be)
        for group, could_be in zip(groups, by_chance, strict=True)
    ]
    targets.sort(key=lambda one: -abs(one.gap.value or 0.0))
    return Comparison(tuple(targets), n, _overall(shares, came, n) if n >= FEWEST else None)


def _chance(share: float, came: int, n: int) -> float:
    """p of the score test of one share: z = (p̂ - p) / sqrt(p(1-p)/n)."""
    if n == 0:
        return 1.0
    if share in (0.0, 1.0):
        return 1.0 if came == n * share else 0.0
    return normal_two_sided_p((came / n - share) / (share * (1 - share) / n) ** 0.5)


def _target(group: str, share: float, came: Estimate, could_be_chance: bool) -> Target:
    if came.value is None or came.low is None or came.high is None:
        return Target(group, share, came, came, True, Suggestion.TOO_FEW)
    gap = Estimate(came.value - share, came.low - share, came.high - share, came.n, came.level)
    return Target(group, share, came, gap, could_be_chance, _suggested(came.value - share, came.n, could_be_chance))


def _suggested(gap: float, n: int, could_be_chance: bool) -> Suggestion:
    if n < FEWEST:
        return Suggestion.TOO_FEW
    if could_be_chance or abs(gap) < _NOTEWORTHY:
        return Suggestion.AS_AIMED
    return Suggestion.REACH_MORE if gap < 0 else Suggestion.WELCOME_MORE


def _overall(shares: Mapping[str, float], came: Mapping[str, int], n: int) -> float:
    """Pearson's chi-squared; somebody where nobody was aimed at cannot be chance."""
    aimed = {group: share for group, share in shares.items() if share > 0}
    if any(came.get(group, 0) for group in shares if group not in aimed):
        return 0.0
    if len(aimed) < 2:
        return 1.0
    apart = sum((came.get(group, 0) - n * share) ** 2 / (n * share) for group, share in aimed.items())
    return chi_squared_p(apart, len(aimed) - 1)
