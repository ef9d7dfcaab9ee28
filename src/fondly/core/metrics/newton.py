"""The highest point of a smooth curve, by Newton steps that are shortened where the curve is not a hill."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
_ROUNDS = 200
_ENOUGH = 1e-10
_STIFF = 1e-3
_STIFFEST = 1e12


@dataclass(frozen=True, slots=True)
class Slope:
    """A curve at one point: value, gradient (k), second derivatives (k, k)."""

    value: float
    gradient: Vector
    curvature: Vector


@dataclass(frozen=True, slots=True)
class Peak:
    """Where the curve is highest, and whether the last step was small enough to say so."""

    at: Vector
    slope: Slope
    converged: bool


Curve = Callable[[Vector], Slope]


def climb(curve: Curve, start: Vector, bound: float = np.inf) -> Peak:
    """Maximise a curve from `start`, each coordinate kept within ±bound.

    Step = (stiffness·I − H)⁻¹ g (Levenberg 1944); converged when g·step, which is twice the height still to gain,
    is below 1e-10. A value that is not a number counts as lower than any other.
    """
    at, here, stiffness = start, curve(start), 0.0
    for _round in range(_ROUNDS):
        step, stiffness = _uphill(here, stiffness)
        if float(here.gradient @ step) < _ENOUGH * max(1.0, abs(here.value) * 1e-3):
            return Peak(at, here, True)
        there = np.clip(at + step, -bound, bound)
        if np.array_equal(there, at) or stiffness > _STIFFEST:
            break
        new = curve(there)
        if new.value > here.value:
            at, here, stiffness = there, new, stiffness / 10 if stiffness > _STIFF else 0.0
        else:
            stiffness = max(stiffness * 10, _scale(here) * _STIFF)
    return Peak(at, here, False)


def _uphill(here: Slope, stiffness: float) -> tuple[Vector, float]:
    """A step that goes up, and the stiffness that it took."""
    while True:
        hill = stiffness * np.eye(len(here.gradient)) - here.curvature
        try:
            np.linalg.cholesky(hill)
            return np.asarray(np.linalg.solve(hill, here.gradient), dtype=np.float64), stiffness
        except np.linalg.LinAlgError:
            stiffness = max(stiffness * 10, _scale(here) * _STIFF)


def _scale(here: Slope) -> float:
    return max(float(np.abs(np.diag(here.curvature)).max()), 1e-8)


def in_logs(slope: Slope, parameters: Vector) -> Slope:
    """The same curve as a function of the logarithms of its (positive) parameters."""
    gradient = slope.gradient * parameters
    curvature = slope.curvature * np.outer(parameters, parameters) + np.diag(gradient)
    return Slope(slope.value, gradient, curvature)
