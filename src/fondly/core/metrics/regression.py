"""Linear and logistic regression, with what is known of their coefficients."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.newton import Slope, climb
from fondly.core.metrics.slices import in_cache

Floats = NDArray[np.float64]
# Enough to keep coefficients finite, too little to be seen in them.
RIDGE = 1e-4
_TOO_LIKELY = 30.0
_FOLLOWS = 1e-7
_PRODUCTS_A_NUMBER = 32


@dataclass(frozen=True, slots=True)
class Regression:
    """coefficients (k,), covariance (k, k); explained: part of the variance (linear) or of the log-loss (logistic)."""

    coefficients: Floats
    covariance: Floats
    explained: float
    n: int
    converged: bool = True


def products(x: Floats, weights: Floats) -> Floats:
    """X' diag(weights) X, (k, k), a few rows at a time."""
    n, k = x.shape
    total = np.zeros((k, k))
    for rows in in_cache(n, k * k // _PRODUCTS_A_NUMBER + 1):
        total += x[rows].T @ (x[rows] * weights[rows, None])
    return total


def independent(x: Floats) -> NDArray[np.bool_]:
    """Which columns do not follow from those before them, (k,); one that does has no effect of its own."""
    lengths = np.linalg.norm(x, axis=0)
    rest = np.abs(np.diag(np.linalg.qr(x / np.where(lengths > 0, lengths, 1), mode="r")))
    return np.asarray((lengths > 0) & (rest > _FOLLOWS))


def linear(x: Floats, y: Floats) -> Regression:
    """Least squares, x (n, k) with its column of ones; covariance robust to unequal spread (HC1, White 1980).

    (X'X)⁻¹ X' diag(e²) X (X'X)⁻¹ n/(n-k). Columns that follow from others share their effect (pseudo-inverse).
    """
    n, k = x.shape
    if n <= k:
        raise ValueError(f"{n} clients are too few for {k} coefficients.")
    bread = np.linalg.pinv(products(x, np.ones(n)), hermitian=True)
    coefficients = bread @ (x.T @ y)
    rest = y - x @ coefficients
    covariance = bread @ products(x, rest**2) @ bread * n / (n - k)
    spread = float(((y - y.mean()) ** 2).sum())
    return Regression(coefficients, covariance, 1 - float(rest @ rest) / spread if spread > 0 else 0.0, n)


def logistic(x: Floats, y: Floats, ridge: float = RIDGE) -> Regression:
    """P(y=1) = 1/(1+e^-xb) by iteratively reweighted least squares; y 0 or 1.

    ridge: penalty ridge/2 · |b|² on all but the first coefficient, which keeps it finite where the classes part
    completely. covariance: (X' diag(p(1-p)) X + ridge)⁻¹. explained: 1 - log-loss / log-loss of the mean (McFadden).
    """
    n, k = x.shape
    penalty = np.full(k, ridge)
    penalty[0] = 0.0

    def height(at: Floats) -> Slope:
        return _log_likelihood(x, y, at, penalty)

    peak = climb(height, np.zeros(k))
    covariance = np.linalg.pinv(-peak.slope.curvature, hermitian=True)
    share = float(y.mean())
    nothing = n * (share * np.log(share) + (1 - share) * np.log1p(-share)) if 0 < share < 1 else 0.0
    reached = peak.slope.value + float(penalty @ peak.at**2) / 2
    return Regression(
        peak.at, np.asarray(covariance, dtype=np.float64), 1 - reached / nothing if nothing else 0.0, n, peak.converged
    )


def _log_likelihood(x: Floats, y: Floats, at: Floats, penalty: Floats) -> Slope:
    logits = np.clip(x @ at, -_TOO_LIKELY, _TOO_LIKELY)
    p = probability(logits)
    value = float(y @ logits - np.logaddexp(0, logits).sum() - penalty @ at**2 / 2)
    curvature = -products(x, p * (1 - p)) - np.diag(penalty)
    return Slope(value, x.T @ (y - p) - penalty * at, curvature)


def probability(logits: Floats) -> Floats:
    """1 / (1 + e^-logit)."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -_TOO_LIKELY, _TOO_LIKELY))))
