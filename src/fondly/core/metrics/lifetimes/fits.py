"""A fitted model: its parameters, how well it fits, how sure they are, and what follows from them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.distributions import two_sided_z
from fondly.core.metrics.estimates import LEVEL, Estimate, around
from fondly.core.metrics.newton import Curve, Slope, climb, in_logs

P = TypeVar("P", bound=NamedTuple)

_FURTHEST = 14.0  # a parameter outside e^±14 says the data do not tell it
_NUDGE = 1e-4
UNTOLD = "the data do not tell this parameter: the likelihood is flat"


@dataclass(frozen=True, slots=True)
class Fit(Generic[P]):
    """Maximum likelihood. log_covariance (k, k) is that of the logarithms of the parameters."""

    parameters: P
    log_likelihood: float
    n: int
    converged: bool
    log_covariance: NDArray[np.float64]

    def estimates(self, level: float = LEVEL) -> dict[str, Estimate]:
        """Each parameter with its interval: value · exp(±z·se), se of its logarithm from the observed information."""
        z = two_sided_z(level)
        spread = np.sqrt(np.diag(self.log_covariance))
        return {
            name: _one(value, float(z * se), self, level)
            for name, value, se in zip(self.parameters._fields, self.parameters, spread, strict=True)
        }

    def figure(self, of: Callable[[P], float], level: float = LEVEL) -> Estimate:
        """A figure that follows from the parameters, such as a total forecast, by the delta method.

        The interval holds what the parameters may be; what clients do by chance comes on top.
        """
        logs = np.log(np.asarray(self.parameters))
        slope = np.array([self._change(of, logs, place) for place in range(len(logs))])
        half = two_sided_z(level) * float(np.sqrt(slope @ self.log_covariance @ slope))
        value = float(of(self.parameters))
        if not np.isfinite(half) or not self.converged:
            return Estimate(value, None, None, self.n, level, UNTOLD)
        return around(value, half, self.n, level)

    def _change(self, of: Callable[[P], float], logs: NDArray[np.float64], place: int) -> float:
        nudge = _NUDGE * np.eye(len(logs))[place]
        up, down = (of(self.parameters._make(np.exp(logs + side * nudge).tolist())) for side in (1, -1))
        return (up - down) / (2 * _NUDGE)


def _one(value: float, reach: float, found: Fit[P], level: float) -> Estimate:
    if not np.isfinite(reach) or not found.converged:
        return Estimate(value, None, None, found.n, level, UNTOLD)
    return Estimate(value, float(value * np.exp(-reach)), float(value * np.exp(reach)), found.n, level)


def fit(curve: Curve, start: P, n: int) -> Fit[P]:
    """Climb the log-likelihood, given as a function of the (positive) parameters, on the scale of their logarithms."""

    def logged(logs: NDArray[np.float64]) -> Slope:
        values = np.exp(logs)
        return in_logs(curve(values), values)

    peak = climb(logged, np.log(np.asarray(start)), _FURTHEST)
    covariance = _inverse(-peak.slope.curvature)
    return Fit(start._make(np.exp(peak.at).tolist()), peak.slope.value, n, peak.converged, covariance)


def _inverse(information: NDArray[np.float64]) -> NDArray[np.float64]:
    """The covariance, infinite where nothing is known."""
    try:
        np.linalg.cholesky(information)
        return np.asarray(np.linalg.inv(information))
    except np.linalg.LinAlgError:
        return np.full_like(information, np.inf)
