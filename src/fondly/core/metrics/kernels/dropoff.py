"""Each client's last event (see metrics.dropoff)."""

import numpy as np

from fondly.core.metrics.kernels.columns import Columns, Ints, Table


def drop_off(columns: Columns, quiet_since: int | None = None) -> Table:
    """what, n, clients (all of them); with `quiet_since` only clients whose last event lies before it."""
    counts = count_last(columns, len(columns.names), quiet_since)
    return end_table(columns.names, counts, len(columns.starts) - 1)


def count_last(columns: Columns, size: int, quiet_since: int | None = None) -> Ints:
    """How many clients end with each name. size: at least the number of names."""
    last = columns.starts[1:] - 1
    quiet = last if quiet_since is None else last[columns.at[last] < quiet_since]
    return np.bincount(columns.what[quiet], minlength=size)


def end_table(names: tuple[str, ...], counts: Ints, clients: int) -> Table:
    """The answer of drop_off."""
    seen = np.flatnonzero(counts)
    return {"what": np.array(names, dtype=object)[seen], "n": counts[seen], "clients": np.full(len(seen), clients)}
