"""A strictly ordered funnel with a window (see metrics.funnel)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.answers import FunnelStep, funnel_steps, window_in_microseconds
from fondly.core.metrics.estimates import LEVEL
from fondly.core.metrics.kernels.columns import Columns, Ints

Rows = NDArray[np.intp]
# No gap between two events is longer.
_EVER = 2**62


@dataclass(frozen=True)
class _Block:
    client: Ints
    at: Ints
    what: Ints


def funnel(
    columns: Columns, steps: Sequence[str], window_s: float | None = None, level: float = LEVEL
) -> tuple[FunnelStep, ...]:
    """Clients per step by their best chain; the same meaning and errors as metrics.funnel."""
    return funnel_steps(steps, clients_at(columns, steps, window_s).tolist(), level)


def clients_at(columns: Columns, steps: Sequence[str], window_s: float | None = None) -> Ints:
    """How many clients reached each step."""
    window = window_in_microseconds(steps, window_s)
    codes = [columns.names.index(step) if step in columns.names else -1 for step in steps]
    clients = np.zeros(len(steps), np.int64)
    for rows, _ in columns.blocks():
        block = _Block(columns.client[rows], columns.at[rows], columns.what[rows])
        clients += _reached(block, codes, _EVER if window is None else window)
    return clients


def _reached(block: _Block, codes: list[int], window: int) -> list[int]:
    """Clients at each step."""
    rows = np.flatnonzero(block.what == codes[0])
    starts = block.at[rows]
    clients = [_clients(block, rows)]
    for code in codes[1:]:
        rows, starts = _extended(block, rows, starts, np.flatnonzero(block.what == code), window)
        clients.append(_clients(block, rows))
    return clients


def _extended(block: _Block, rows: Rows, starts: Ints, targets: Rows, window: int) -> tuple[Rows, Ints]:
    """The targets that extend a chain, and where each one's chain began.

    A client's later rows never have earlier starts, so the last row before a target holds its best chain.
    """
    before = np.searchsorted(rows, _first_of_instant(block, targets)) - 1
    targets, before = targets[before >= 0], before[before >= 0]
    extends = block.client[rows[before]] == block.client[targets]
    extends &= block.at[targets] - starts[before] <= window
    return targets[extends], starts[before[extends]]


def _first_of_instant(block: _Block, rows: Rows) -> Rows:
    """The first row of the same client and instant, because a step must be strictly later."""
    first = rows.copy()
    moving = np.flatnonzero(_is_tied(block, first))
    while len(moving):
        first[moving] -= 1
        moving = moving[_is_tied(block, first[moving])]
    return first


def _is_tied(block: _Block, rows: Rows) -> NDArray[np.bool_]:
    """Does the row before hold the same client and instant?"""
    before = np.maximum(rows - 1, 0)
    tied: NDArray[np.bool_] = (rows > 0) & (block.at[rows] == block.at[before])
    tied[tied] = block.client[rows[tied]] == block.client[before[tied]]
    return tied


def _clients(block: _Block, rows: Rows) -> int:
    client = block.client[rows]
    return int(np.count_nonzero(client[1:] != client[:-1])) + min(len(client), 1)
