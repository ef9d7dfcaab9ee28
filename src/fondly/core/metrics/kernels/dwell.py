"""How long clients stay in a stage (see metrics.dwell)."""

import numpy as np

from fondly.core.metrics.frames import SECOND
from fondly.core.metrics.kernels.columns import Columns, Floats, Ints, Table, grouped_quantiles

SHARES = (0.5, 0.9)


def dwell(columns: Columns) -> Table:
    """stage, n (finished stays), still_there, median_s, p90_s of the finished."""
    size = len(columns.stages)
    stage, lasted, still_there = stays(columns, size)
    quantiles = grouped_quantiles(stage, lasted, size, SHARES)
    return stage_table(columns.stages, np.bincount(stage, minlength=size), still_there, quantiles)


def stage_table(stages: tuple[str, ...], finished: Ints, still_there: Ints, quantiles_us: Floats) -> Table:
    """The answer of dwell."""
    seen = np.flatnonzero(finished + still_there)
    return {
        "stage": np.array(stages, dtype=object)[seen],
        "n": finished[seen],
        "still_there": still_there[seen],
        "median_s": quantiles_us[seen, 0] / SECOND,
        "p90_s": quantiles_us[seen, 1] / SECOND,
    }


def stays(columns: Columns, size: int) -> tuple[Ints, Ints, Ints]:
    """Stage and microseconds of each finished stay, and how many are unfinished per stage."""
    staged = columns.in_stages()
    stages: list[Ints] = []
    lasted: list[Ints] = []
    for rows, _ in columns.blocks():
        stage, client = staged[rows], columns.client[rows]
        another = client[1:] != client[:-1]
        entered = np.flatnonzero(np.concatenate(([True], another | (stage[1:] != stage[:-1]))))
        finished = client[entered[1:]] == client[entered[:-1]]
        stages.append(stage[entered[:-1]][finished])
        lasted.append(np.diff(columns.at[rows][entered])[finished])
    still_there = np.bincount(staged[columns.starts[1:] - 1], minlength=size)
    # Without events there are no blocks, and numpy does not join nothing.
    no_stage, no_time = np.empty(0, np.uint8), np.empty(0, np.int64)
    return np.concatenate([no_stage, *stages]), np.concatenate([no_time, *lasted]), still_there
