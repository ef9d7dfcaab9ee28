"""Events as columns, sorted by client and time, with names as small numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.frames import AT, CLIENT, POSITION, STAGE, WHAT, Native, UnfitFrame, columns_of, read_events

Ints = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]
Table = dict[str, NDArray[Any]]

# About what a core's second-level cache holds; half and double of it were no faster.
_BLOCK = 1 << 17


@dataclass(frozen=True)
class Columns:
    """One entry per event, all of shape (n,), ordered by client, then time, then place among equals.

    client: int32, non-decreasing; at: int64 microseconds since 1970; what: uint8 or another integer, an index into
    `names`; stage: likewise into `stages`, or None; clients: what each client number stands for, or None for itself.
    """

    client: Ints
    at: Ints
    what: Ints
    names: tuple[str, ...]
    stage: Ints | None = None
    stages: tuple[str, ...] = ()
    clients: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.client)

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """The row of each client's first event, and as last entry n."""
        changes = np.flatnonzero(self.client[1:] != self.client[:-1]) + 1
        first = [0] if len(self) else []
        return np.concatenate((first, changes, [len(self)])).astype(np.intp)

    def blocks(self) -> Iterator[tuple[slice, slice]]:
        """Rows, and the entries of `starts` of the clients in them, a cacheful at a time; a client is never split."""
        starts = self.starts
        here = 0
        while here < len(starts) - 1:
            beyond = int(np.searchsorted(starts, starts[here] + _BLOCK, side="right")) - 1
            there = max(beyond, here + 1)
            yield slice(int(starts[here]), int(starts[there])), slice(here, there)
            here = there

    def name_of_client(self, number: int) -> Any:
        return number if self.clients is None else self.clients[number]

    def in_stages(self) -> Ints:
        """Raises UnfitFrame if the events came without stages."""
        if self.stage is None:
            raise UnfitFrame("These columns have no stage; hand in stage and stages, or events with a column stage.")
        return self.stage


def cluster(events: Native) -> Columns:
    """Any log of events (see frames) as columns; `stage` and `position` are used if they are there.

    With a column `stage`, events without one are left out, of measures that need none too: then hand in no such column.
    """
    import narwhals as nw

    present = nw.from_native(events).lazy().collect_schema()
    log = read_events(events, *([STAGE] if STAGE in present else []))
    return sorted_columns(columns_of(log.frame.to_native()))


def sorted_columns(values: Mapping[str, NDArray[Any]]) -> Columns:
    """The same of numpy columns without gaps: client, at (microseconds), what, and stage and position if there."""
    clients, client = np.unique(values[CLIENT], return_inverse=True)
    names, what = np.unique(values[WHAT], return_inverse=True)
    stages, stage = np.unique(values.get(STAGE, np.array([], dtype=object)), return_inverse=True)
    sorting = [values[AT], values.get(POSITION), what, stage if STAGE in values else None]
    order = np.lexsort([key for key in reversed([client, *sorting]) if key is not None])
    return Columns(
        client[order].astype(np.int32),
        values[AT][order].astype(np.int64),
        _small(what[order], len(names)),
        tuple(names.tolist()),
        _small(stage[order], len(stages)) if STAGE in values else None,
        tuple(stages.tolist()),
        clients,
    )


def _small(codes: NDArray[Any], count: int) -> Ints:
    return codes.astype(np.min_scalar_type(max(count - 1, 0)))


def grouped_quantiles(group: Ints, value: Ints, groups: int, shares: tuple[float, ...]) -> Floats:
    """Quantiles of whole numbers >= 0 per group, linearly interpolated (type 7): shape (groups, len(shares)).

    NaN for an empty group.
    """
    sizes = np.bincount(group, minlength=groups)
    ordered = ordered_in_groups(group, value, groups)
    first = np.cumsum(sizes) - sizes
    some = sizes > 0
    made = np.full((groups, len(shares)), np.nan)
    for column, share in enumerate(shares):
        place = (sizes[some] - 1) * share
        lower = np.floor(place).astype(np.intp)
        low, high = ordered[first[some] + lower], ordered[first[some] + np.ceil(place).astype(np.intp)]
        made[some, column] = low + (high - low) * (place - lower)
    return made


def ordered_in_groups(group: Ints, value: Ints, groups: int) -> Ints:
    """Values sorted within groups. Both packed into one number sort many times faster than two keys do."""
    bits = int(value.max()).bit_length() if len(value) else 0
    if bits + groups.bit_length() > 63:
        return value[np.lexsort((value, group))]
    packed = group.astype(np.int64) << bits
    packed |= value
    packed.sort()
    packed &= (1 << bits) - 1
    return packed
