"""Partial pooling: what a small group's mean is worth in the light of all the other groups."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.distributions import two_sided_z
from fondly.core.metrics.estimates import LEVEL, Estimate, around

Floats = NDArray[np.float64]

# A group's own variance counts against this many answers with everybody's: three equal answers are not certainty.
_PRIOR_ANSWERS = 3


@dataclass(frozen=True, slots=True)
class Group:
    """n values, their mean, and the sum of squares around it."""

    n: int
    mean: float
    squares: float


def pooled(groups: Sequence[Group], level: float = LEVEL) -> tuple[Estimate, ...]:
    """Each group's mean drawn towards all groups' mean, in their order.

    mean_g ~ N(theta_g, v_g), theta_g ~ N(mu, tau²): the estimate is mu + w (mean_g - mu) with w = tau²/(tau² + v_g),
    its variance w v_g + (1 - w)² var(mu). v_g is the group's variance, drawn towards everybody's, over n.
    tau² by DerSimonian & Laird 1986 (0 where groups differ no more than chance makes them). Source: Efron & Morris
    1975. Every group needs n >= 1. With fewer than five groups tau² is itself a guess.
    """
    if not groups:
        return ()
    means, variances = np.array([g.mean for g in groups]), _variances(groups)
    between = _between(means, variances)
    weights = 1 / (between + variances)
    centre, centre_variance = float((weights * means).sum() / weights.sum()), float(1 / weights.sum())
    own = between / (between + variances)
    drawn = centre + own * (means - centre)
    spread = two_sided_z(level) * np.sqrt(own * variances + (1 - own) ** 2 * centre_variance)
    return tuple(
        around(float(value), float(half), group.n, level)
        for value, half, group in zip(drawn, spread, groups, strict=True)
    )


def _variances(groups: Sequence[Group]) -> Floats:
    """The variance of each group's mean."""
    n, squares = np.array([g.n for g in groups]), np.array([g.squares for g in groups])
    centre = sum(g.n * g.mean for g in groups) / n.sum()
    around = squares.sum() + sum(g.n * (g.mean - centre) ** 2 for g in groups)
    everybody = max(float(around) / n.sum(), math.ulp(1.0))
    return np.asarray((squares + _PRIOR_ANSWERS * everybody) / (n + _PRIOR_ANSWERS) / n, dtype=np.float64)


def _between(means: Floats, variances: Floats) -> float:
    """tau²: how much groups differ beyond chance."""
    weights = 1 / variances
    centre = (weights * means).sum() / weights.sum()
    scattered = float((weights * (means - centre) ** 2).sum())
    scale = float(weights.sum() - (weights**2).sum() / weights.sum())
    return max(0.0, (scattered - (len(means) - 1)) / scale) if scale > 0 else 0.0
