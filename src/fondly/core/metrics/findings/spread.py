"""How much more events vary than chance alone makes them: clients differ, and so do days."""

import math

import numpy as np

from fondly.core.metrics.findings.steps import Floats, Ints

# Of a squared standard normal, the mean of those three quarters that are smallest.
_TRIMMED_MEAN = 0.3684
_FEW = 10


def of_bins(residual: Floats, variance: Floats) -> float:
    """How much more the residuals of bins (bins,) vary than chance alone makes them, 1 or more.

    The mean of r²/v over blocks of bins, without the largest quarter, which an incident may have made; the larger of
    two sizes of blocks, so that what lasts longer than a bin counts too.
    """
    found = 1.0
    for blocks in (40, 14):
        size = max(1, math.ceil(len(residual) / blocks))
        starts = np.arange(0, len(residual), size)
        r, v = np.add.reduceat(residual, starts), np.add.reduceat(variance, starts)
        enough = v >= 1
        if enough.sum() >= 8:
            squares = np.sort(r[enough] ** 2 / v[enough])
            found = max(found, float(squares[: max(1, round(0.75 * len(squares)))].mean()) / _TRIMMED_MEAN)
    return found


def of_clients(client: Ints, block: Ints, residual: Floats, variance: Floats) -> float:
    """The same where what one client does within a block of time goes together; rows sorted by client, then block.

    Sum over clients and blocks of (sum of residuals)², over the sum of variances: the cluster-robust variance over
    that of independent events (Liang & Zeger 1986), for the block of the window (0) and all others, the larger one.
    """
    if not len(client):
        return 1.0
    starts = np.flatnonzero(np.r_[True, (client[1:] != client[:-1]) | (block[1:] != block[:-1])])
    squares, expected = np.add.reduceat(residual, starts) ** 2, np.add.reduceat(variance, starts)
    found = 1.0
    for inside in (block[starts] == 0, block[starts] != 0):
        if inside.sum() >= _FEW and expected[inside].sum() > 0:
            found = max(found, float(squares[inside].sum() / expected[inside].sum()))
    return found
