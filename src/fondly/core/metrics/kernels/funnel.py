"""A strictly ordered funnel with a window (see metrics.funnel)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.estimates import LEVEL
from fondly.core.metrics.funnel import FunnelStep, funnel_steps, window_in_microseconds
from fondly.core.metrics.kernels.columns import Columns, Ints

Rows = NDArray[np.intp]


def funnel(
    columns: Columns, steps: Sequence[str], window_s: float | None = None, level: float = LEVEL
) -> tuple[FunnelStep, ...]:
    """Clients per step by their best chain; the same meaning and errors as metrics.funnel."""
    window = window_in_microseconds(steps, window_s)
    rows = _rows_of(columns, steps[0])
    starts = columns.at[rows]
    clients = [_clients(columns, rows)]
    for step in steps[1:]:
        rows, starts = _extended(columns, rows, starts, _rows_of(columns, step), window)
        clients.append(_clients(columns, rows))
    return funnel_steps(steps, clients, level)


def _rows_of(columns: Columns, step: str) -> Rows:
    if step not in columns.names:
        return np.empty(0, np.intp)
    return np.flatnonzero(columns.what == columns.names.index(step))


def _extended(columns: Columns, rows: Rows, starts: Ints, targets: Rows, window: int | None) -> tuple[Rows, Ints]:
    """The targets that extend a chain, and where each one's chain began.

    A client's later rows never have earlier starts, so the last row before a target holds its best chain.
    """
    before = np.searchsorted(rows, _first_of_instant(columns, targets)) - 1
    targets, before = targets[before >= 0], before[before >= 0]
    extends = columns.client[rows[before]] == columns.client[targets]
    if window is not None:
        extends &= columns.at[targets] - starts[before] <= window
    return targets[extends], starts[before[extends]]


def _first_of_instant(columns: Columns, rows: Rows) -> Rows:
    """The first row of the same client and instant, because a step must be strictly later."""
    first = rows.copy()
    moving = np.flatnonzero(first > 0)
    while len(moving):
        here = first[moving]
        tied = (columns.at[here] == columns.at[here - 1]) & (columns.client[here] == columns.client[here - 1])
        moving = moving[tied]
        first[moving] -= 1
        moving = moving[first[moving] > 0]
    return first


def _clients(columns: Columns, rows: Rows) -> int:
    client = columns.client[rows]
    return int((client[1:] != client[:-1]).sum()) + min(len(client), 1)
