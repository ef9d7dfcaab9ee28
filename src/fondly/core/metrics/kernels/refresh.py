"""The six journey measures over a log of which few clients have changed, from what was kept of it.

What is kept of the whole log, less what those clients' old events gave, and what their new ones give, is the answer: at
the cost of those clients' events, not of the log's. Medians and other quantiles come from sorted values (see ranks).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
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
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Change:
    """Clients whose events are others now: all they had, and all they have.

    Both in the words of the log: clients are numbers that stand for themselves (`clients` is None), and names and
    stages begin with the log's own in the same order.
    """

    old: Columns
    new: Columns

    @cached_property
    def short(self) -> "Change":
        """The same without most of what each client had before anything was different, for measures of neighbours.

        Kept of that are the first event, and the last stay with the event before it: what is measured between those is
        the same in both, so that it cancels out.
        """
        begins = _begins(self.old, self.new)
        parts = (_from(part, begins[1][np.searchsorted(begins[0], _clients(part))]) for part in (self.old, self.new))
        return Change(*parts)


class Kept:
    """What is kept of one log. Each measure counts the whole log when it is asked the first time."""

    def __init__(self, base: Columns) -> None:
        self.base = base
        self._counted: dict[Any, Any] = {}

    def directly_follows(self, change: Change, medians: bool = True) -> Table:
        """See paths.directly_follows; in the order of the names' codes."""
        size = _room(len(change.new.names))
        kept, order = self._once(("pairs", size, medians), lambda: self._pairs(size, medians))
        old, new = (paths.count_pairs(part, size, medians) for part in (change.short.old, change.short.new))
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
        old, new = (cohorts.cohort_retention(part) for part in (change.short.old, change.short.new))
        return cohorts.added((kept, 1), (old, -1), (new, 1))

    def drop_off(self, change: Change, quiet_since: int | None = None) -> Table:
        """See dropoff.drop_off; in the order of the names' codes."""
        size = _room(len(change.new.names))
        kept = self._once(("last", size, quiet_since), lambda: dropoff.count_last(self.base, size, quiet_since))
        old, new = (dropoff.count_last(part, size, quiet_since) for part in (change.short.old, change.short.new))
        return dropoff.end_table(change.new.names, kept - old + new, self._clients(change))

    def dwell(self, change: Change) -> Table:
        """See dwell.dwell; in the order of the stages' codes."""
        size = _room(len(change.new.stages))
        finished, still_there, order = self._once(("stays", size), lambda: self._stays(size))
        (gone, left), (came, arrived) = (_stays(part, size) for part in (change.short.old, change.short.new))
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


def _begins(old: Columns, new: Columns) -> tuple[Ints, Places]:
    """Every client, and at which of their events (from 0) the last stay begins that is wholly or partly unchanged."""
    clients = np.union1d(_clients(old), _clients(new))
    begins = np.zeros(len(clients), np.intp)
    if len(old) and len(new):
        nth = _nth(new)
        stay = np.where((nth < np.repeat(_alike(old, new, nth), np.diff(new.starts))) & _enters(new), nth, 0)
        begins[np.searchsorted(clients, _clients(new))] = np.maximum.reduceat(stay, new.starts[:-1])
    return clients, begins


def _alike(old: Columns, new: Columns, nth: Places) -> Places:
    """Of each client of `new` how many events they begin with are as they were. nth: of each event of `new`."""
    at = np.minimum(np.searchsorted(_clients(old), _clients(new)), len(old.starts) - 2)
    had = np.where(_clients(old)[at] == _clients(new), np.diff(old.starts)[at], 0)
    counts = np.diff(new.starts)
    known = nth < np.repeat(had, counts)
    before = np.where(known, np.repeat(old.starts[at], counts) + nth, 0)
    same = known & (old.at[before] == new.at) & (old.what[before] == new.what)
    if old.stage is not None and new.stage is not None:
        same &= old.stage[before] == new.stage
    first_other = np.minimum.reduceat(np.where(same, len(new), nth), new.starts[:-1])
    return np.minimum(first_other, counts)


def _enters(columns: Columns) -> NDArray[np.bool_]:
    """Whether each event is of another stage than the one before; without stages every one is."""
    enters = np.ones(len(columns), np.bool_)
    if columns.stage is not None:
        enters[1:] = columns.stage[1:] != columns.stage[:-1]
    return enters


def _from(columns: Columns, begins: Places) -> Columns:
    """Each client's first event, and those from the one before `begins` on."""
    nth = _nth(columns)
    rows = (nth == 0) | (nth >= np.repeat(begins, np.diff(columns.starts)) - 1)
    stage = None if columns.stage is None else columns.stage[rows]
    return replace(columns, client=columns.client[rows], at=columns.at[rows], what=columns.what[rows], stage=stage)


def _nth(columns: Columns) -> Places:
    """Each event's place among its client's, from 0."""
    nth: Places = np.arange(len(columns)) - np.repeat(columns.starts[:-1], np.diff(columns.starts))
    return nth


def _clients(columns: Columns) -> Ints:
    return columns.client[columns.starts[:-1]]


def _stays(columns: Columns, size: int) -> tuple[Grouped, Ints]:
    stage, lasted, still_there = dwell.stays(columns, size)
    return Grouped(stage, lasted), still_there


def _room(count: int) -> int:
    """A size that holds so many and does not change with every one that comes."""
    return (count // _ROOM + 1) * _ROOM
