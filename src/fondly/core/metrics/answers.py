"""Answers that measures of dataframes and their twins of sorted columns share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fondly.core.metrics.estimates import LEVEL, Estimate
from fondly.core.metrics.frames import SECOND
from fondly.core.metrics.intervals import wilson


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """Clients who reached this step, as a share of those at the first step and of those at the one before."""

    step: str
    clients: int
    of_first: Estimate
    of_previous: Estimate


@dataclass(frozen=True, slots=True)
class Variant:
    """A complete path and the clients who took exactly it; `example` is the first of them."""

    path: tuple[str, ...]
    clients: int
    share: Estimate
    example: Any


def funnel_steps(steps: Sequence[str], clients: Sequence[int], level: float = LEVEL) -> tuple[FunnelStep, ...]:
    """Clients per step with their shares."""
    before = (clients[0], *clients[:-1])
    return tuple(
        FunnelStep(step, count, wilson(count, clients[0], level), wilson(count, previous, level))
        for step, count, previous in zip(steps, clients, before, strict=True)
    )


def window_in_microseconds(steps: Sequence[str], window_s: float | None) -> int | None:
    """Raises ValueError on no steps or a negative window."""
    if not steps:
        raise ValueError("A funnel needs at least one step; give the names of its events in order.")
    if window_s is None:
        return None
    if window_s < 0:
        raise ValueError(f"window_s is {window_s}; give seconds from the first step to the last, 0 or more.")
    return round(window_s * SECOND)


def check_top(top: int | None) -> None:
    if top is not None and top < 1:
        raise ValueError(f"top is {top}; ask for 1 path or more, or for all with None.")
