"""The six journey measures over a log of which few clients have changed, from what was kept of it.

What is kept of the whole log, less what those clients' old events gave, and what their new ones give, is the answer: at
the cost of those clients' events, not of the log's. Medians and other quantiles come from sorted values (see ranks).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.answers import FunnelStep, Variant, check_top, funnel_steps
from fondly.core.metrics.estimates import LEVEL
from fondly.core.metrics.intervals import wilson
from fondly.core.metrics.kernels import cohorts, dropoff, dwell, funnel, paths
from fondly.core.metrics.kernels.columns import Columns, Ints, Table
from fondly.core.metrics.kernels.ranks import Grouped, Ranked, quantiles, ranked

_ROOM = 64  # names or stages that may still come before what is kept must be counted again
T = TypeVar("T")


@dataclass(frozen=True)
class Change:
    """Clients whose events are others now: all they had, and all they have.

    Both in the words of the log: clients are numbers that stand for themselves (`clients` is None), and names and
    stages begin with the log's own in the same order.
    """

    old: Columns
    new: Columns


class Kept:
    """What is kept of one log. Each measure counts the whole log when it is asked the first time."""

    def __init__(self, base: Columns) -> None:
        self.base = base
        self._counted: dict[Any, Any] = {}

    def directly_follows(self, change: Change, medians: bool = True) -> Table:
        """See paths.directly_follows; in the order of the names' codes."""
        size = _room(len(change.new.names))
        kept, order = self._once(("pairs", size, medians), lambda: self._pairs(size, medians))
        old, new = (paths.count_pairs(part, size, medians) for part in (change.old, change.new))
        now = paths.Pairs(size, kept.counts - old.counts + new.counts, kept.sums - old.sums + new.sums, kept.each)
        middle = quantiles(order, Grouped(*old.each), Grouped(*new.each), (0.5,))[:, 0] if medians else None
        return paths.pair_table(change.new.names, now, middle)

    def _pairs(self, size: int, medians: bool) -> tuple[paths.Pairs, Ranked]:
        pairs = paths.count_pairs(self.base, size, medians)
        order = ranked(Grouped(*pairs.each), size * size)
        none: Ints = np.empty(0, np.int64)
        return paths.Pairs(size, pairs.counts, pairs.sums, (none, none)), order

    def funnel(
        self, change: Change, steps: Sequence[str], window_s: float | None = None, level: float = LEVEL
    ) -> tuple[FunnelStep, ...]:
        """See funnel.funnel."""
        key = ("funnel", tuple(steps), window_s)
        kept = self._once(key, lambda: funnel.clients_at(self.base, steps, window_s))
        old, new = (funnel.clients_at(part, steps, window_s) for part in (change.old, change.new))
        return funnel_steps(steps, (kept - old + new).tolist(), level)

    def cohort_retention(self, change: Change) -> Table:
        """See cohorts.cohort_retention."""
        kept = self._once("cohorts", lambda: cohorts.cohort_retention(self.base))
        old, new = (cohorts.cohort_retention(part) for part in (change.old, change.new))
        return cohorts.added((kept, 1), (old, -1), (new, 1))

    def drop_off(self, change: Change, quiet_since: int | None = None) -> Table:
        """See dropoff.drop_off; in the order of the names' codes."""
        size = _room(len(change.new.names))
        kept = self._once(("last", size, quiet_since), lambda: dropoff.count_last(self.base, size, quiet_since))
        old, new = (dropoff.count_last(part, size, quiet_since) for part in (change.old, change.new))
        return dropoff.end_table(change.new.names, kept - old + new, self._clients(change))

    def dwell(self, change: Change) -> Table:
        """See dwell.dwell; in the order of the stages' codes."""
        size = _room(len(change.new.stages))
        finished, still_there, order = self._once(("stays", size), lambda: self._stays(size))
        (gone, left), (came, arrived) = (_stays(part, size) for part in (change.old, change.new))
        finished = finished + np.bincount(came.group, minlength=size) - np.bincount(gone.group, minlength=size)
        places = quantiles(order, gone, came, dwell.SHARES)
        return dwell.stage_table(change.new.stages, finished, still_there - left + arrived, places)

    def _stays(self, size: int) -> tuple[Ints, Ints, Ranked]:
        stays, still_there = _stays(self.base, size)
        return np.bincount(stays.group, minlength=size), still_there, ranked(stays, size)

    def variants(self, change: Change, top: int) -> tuple[Variant, ...]:
        """See paths.variants; only the most frequent ones."""
        check_top(top)
        kept: _Paths = self._once("paths", lambda: _Paths(self.base))
        found = kept.most_frequent(change, top)
        total = self._clients(change)
        return tuple(_variant(self.base, change.new, client, n, total) for client, n in found)

    def _clients(self, change: Change) -> int:
        return len(self.base.starts) - len(change.old.starts) + len(change.new.starts) - 1

    def _once(self, key: Any, count: Callable[[], T]) -> T:
        if key not in self._counted:
            self._counted[key] = count()
        made: T = self._counted[key]
        return made


class _Paths:
    """Clients by their path's number, and how many took each, most frequent first."""

    def __init__(self, base: Columns) -> None:
        self._clients = base.client[base.starts[:-1]]
        prints = paths.client_paths(base)
        order = np.argsort(prints, kind="stable")  # so that of each path the smaller client comes first
        ordered = prints[order]
        self._members = self._clients[order]
        self._starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))[: len(order)]
        self._paths = ordered[self._starts]
        self._sizes = np.diff(np.append(self._starts, len(order)))
        self._ranking = np.lexsort((self._members[self._starts], -self._sizes))

    def most_frequent(self, change: Change, top: int) -> list[tuple[int, int]]:
        """(an example client, how many took the path)."""
        old, new = (paths.client_paths(part) for part in (change.old, change.new))
        touched, per_touched = np.unique(np.concatenate((old, new)), return_inverse=True)
        change_of = np.bincount(per_touched[len(old) :], minlength=len(touched)).astype(np.int64)
        change_of -= np.bincount(per_touched[: len(old)], minlength=len(touched))
        place = np.minimum(np.searchsorted(self._paths, touched), max(len(self._paths) - 1, 0))
        known = self._paths[place] == touched if len(self._paths) else np.zeros(len(touched), np.bool_)
        counts = np.where(known, self._sizes[place], 0) + change_of if len(self._paths) else change_of
        examples = self._examples(change, place, known)
        np.minimum.at(examples, per_touched[len(old) :], change.new.client[change.new.starts[:-1]].astype(np.int64))
        rest = self._untouched(place[known], top)
        examples = np.concatenate((examples[counts > 0], self._members[self._starts[rest]]))
        counts = np.concatenate((counts[counts > 0], self._sizes[rest]))
        best = np.lexsort((examples, -counts))[:top]
        return list(zip(examples[best].tolist(), counts[best].tolist(), strict=True))

    def _examples(self, change: Change, place: NDArray[np.intp], known: NDArray[np.bool_]) -> Ints:
        """The smallest client of each known path who is not among the changed ones; else a number beyond all."""
        beyond = np.iinfo(np.int64).max
        examples = np.full(len(place), beyond)
        gone = change.old.client[change.old.starts[:-1]]
        looking = np.flatnonzero(known)
        at, end = self._starts[place[looking]], self._starts[place[looking]] + self._sizes[place[looking]]
        while len(looking):
            inside = at < end
            looking, at, end = looking[inside], at[inside], end[inside]
            client = self._members[at]
            nearest = np.minimum(np.searchsorted(gone, client), max(len(gone) - 1, 0))
            free = gone[nearest] != client if len(gone) else np.ones(len(client), np.bool_)
            examples[looking[free]] = client[free]
            looking, at, end = looking[~free], at[~free] + 1, end[~free]
        return examples

    def _untouched(self, touched: Ints, top: int) -> Ints:
        """The most frequent of the other paths."""
        some = self._ranking[: top + len(touched)]
        return some[~np.isin(some, touched)][:top]


def _variant(base: Columns, new: Columns, client: int, n: int, total: int) -> Variant:
    """The path is read from the client's events, which are new or as they were."""
    start, end = _rows_of(new, client)
    columns = new if start < end else base
    start, end = _rows_of(columns, client)
    path = tuple(new.names[code] for code in columns.what[start:end].tolist())
    return Variant(path, n, wilson(n, total), client)


def _rows_of(columns: Columns, client: int) -> tuple[int, int]:
    number = columns.client.dtype.type(client)  # of another type, numpy would copy the whole column to look it up
    return int(np.searchsorted(columns.client, number)), int(np.searchsorted(columns.client, number, side="right"))


def _stays(columns: Columns, size: int) -> tuple[Grouped, Ints]:
    stage, lasted, still_there = dwell.stays(columns, size)
    return Grouped(stage, lasted), still_there


def _room(count: int) -> int:
    """A size that holds so many and does not change with every one that comes."""
    return (count // _ROOM + 1) * _ROOM
