"""What is known of one arm: how many clients, their mean, and how much they differ."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """n clients; mean of the metric in its unit; variance of one client (so the mean's is variance / n)."""

    n: int
    mean: float
    variance: float

    @property
    def mean_variance(self) -> float:
        return self.variance / self.n


def share(successes: int, n: int) -> Sample:
    """Yes or no per client: mean p, variance p(1-p)."""
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no share; successes must lie between 0 and n, n be 1 or more.")
    p = successes / n
    return Sample(n, p, p * (1 - p))


def sums(n: int, total: float, squares: float) -> Sample:
    """From the count, the sum and the sum of squares of one value per client."""
    if n < 2:
        raise ValueError(f"{n} values tell nothing of how much they differ; two or more are needed.")
    return Sample(n, total / n, max(0.0, (squares - total * total / n) / (n - 1)))


def values(per_client: ArrayLike) -> Sample:
    """From one value per client, (clients,)."""
    row = np.asarray(per_client, dtype=np.float64)
    if len(row) < 2:
        raise ValueError(f"{len(row)} values tell nothing of how much they differ; two or more are needed.")
    return Sample(len(row), float(row.mean()), float(row.var(ddof=1)))


def ratio(numerators: ArrayLike, denominators: ArrayLike) -> Sample:
    """A ratio of sums, such as complaints per message, where the client was drawn and not the message.

    R = sum N / sum D; variance by the delta method: (var N - 2 R cov + R² var D) / mean(D)². Both (clients,).
    Source: Deng, Knoblich & Lu 2018, "Applying the Delta Method in Metric Analytics".
    """
    top, bottom = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    if len(top) != len(bottom) or len(top) < 2:
        raise ValueError("numerators and denominators need one value per client each, two clients or more.")
    mean = float(bottom.mean())
    if mean <= 0:
        raise ValueError("The denominators add up to nothing, so there is no ratio.")
    whole = float(top.sum() / bottom.sum())
    return Sample(len(top), whole, float((top - whole * bottom).var(ddof=1)) / mean**2)


def cuped(
    after: ArrayLike, before: ArrayLike, other_after: ArrayLike, other_before: ArrayLike
) -> tuple[Sample, Sample]:
    """Both arms with what their clients were like before taken out (CUPED), which narrows intervals.

    y - theta (x - mean of all x), theta = cov(x, y) / var(x) pooled within the arms. `before` must be
    measured before the assignment. Source: Deng, Xu, Kohavi & Walker 2013, WSDM.
    """
    ys = [np.asarray(one, dtype=np.float64) for one in (after, other_after)]
    xs = [np.asarray(one, dtype=np.float64) for one in (before, other_before)]
    if any(len(y) != len(x) or len(y) < 2 for y, x in zip(ys, xs, strict=True)):
        raise ValueError("after and before need one value per client each, two clients or more per arm.")
    within = [x - x.mean() for x in xs]
    spread = sum(float(x @ x) for x in within)
    theta = sum(float(x @ y) for x, y in zip(within, ys, strict=True)) / spread if spread > 0 else 0.0
    middle = float(np.concatenate(xs).mean())
    first, second = (values(y - theta * (x - middle)) for y, x in zip(ys, xs, strict=True))
    return first, second
