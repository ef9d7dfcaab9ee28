"""Each client's last event (see metrics.dropoff)."""

import numpy as np

from fondly.core.metrics.kernels.columns import Columns, Table


def drop_off(columns: Columns, quiet_since: int | None = None) -> Table:
    """what, n, clients (all of them); with `quiet_since` only clients whose last event lies before it."""
    last = columns.starts[1:] - 1
    quiet = last if quiet_since is None else last[columns.at[last] < quiet_since]
    counts = np.bincount(columns.what[quiet], minlength=len(columns.names))
    seen = np.flatnonzero(counts)
    names = np.array(columns.names, dtype=object)
    return {"what": names[seen], "n": counts[seen], "clients": np.full(len(seen), len(last))}
