"""A log as steps: what each event was followed by, when, by whom, and in which segments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.columns import words
from fondly.core.metrics.frames import AT, CLIENT, POSITION, SECOND, STAGE, WHAT, Native, columns_of, read_events

Ints = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ARRIVES, LEAVES = "arrives", "leaves"
_OWN_COLUMNS = (CLIENT, AT, WHAT, POSITION, STAGE)
_PER_STEP = ("client", "at", "source", "target", "before", "again", "gap_s")
_MOST_VALUES, _FEWEST_CLIENTS = 24, 30
_LATE, _LONGER, _PART_OF_LOG = 0.95, 1.5, 6


@dataclass(frozen=True)
class Segment:
    """A column that parts the events: codes (n,) into values."""

    column: str
    codes: Ints
    values: tuple[str, ...]


@dataclass(frozen=True)
class Log:
    """Events sorted by client and time: client and what as codes, at in microseconds."""

    client: Ints
    at: Ints
    what: Ints
    names: tuple[str, ...]
    segments: tuple[Segment, ...] = ()
    stage: Ints | None = None
    stages: tuple[str, ...] = ()

    def picked(self, rows: Any) -> "Log":
        segments = tuple(Segment(one.column, one.codes[rows], one.values) for one in self.segments)
        stage = None if self.stage is None else self.stage[rows]
        return Log(self.client[rows], self.at[rows], self.what[rows], self.names, segments, stage, self.stages)

    def of_stages(self) -> "Log | None":
        """The same log with a change of stage as the only event, or None where there are no stages."""
        if self.stage is None:
            return None
        changed = np.r_[True, (self.stage[1:] != self.stage[:-1]) | (self.client[1:] != self.client[:-1])]
        moved = self.picked(np.flatnonzero(changed[: len(self.at)]))
        assert moved.stage is not None
        return Log(moved.client, moved.at, moved.stage, self.stages, moved.segments)


@dataclass(frozen=True)
class Steps:
    """One entry per event (source) and what came next (target); arrivals are steps from ARRIVES to the first event
    of a visit (of a client, where visits cannot be told apart), known from the first pause on.

    target is LEAVES where nothing came within the pause of that source; gap_s is NaN there. before is the event before
    the source, or ARRIVES. again: the client had been at the source before.
    """

    client: Ints
    at: Ints
    source: Ints
    target: Ints
    before: Ints
    again: Flags
    gap_s: Floats
    names: tuple[str, ...]
    segments: tuple[Segment, ...]
    begins_at: int
    ends_at: int

    @property
    def arrives(self) -> int:
        return len(self.names) - 2

    @property
    def leaves(self) -> int:
        return len(self.names) - 1

    def picked(self, which: Flags) -> "Steps":
        parts = {name: getattr(self, name)[which] for name in _PER_STEP}
        segments = tuple(Segment(one.column, one.codes[which], one.values) for one in self.segments)
        return replace(self, segments=segments, **parts)


def read(events: Native, segments: Sequence[str] | None = None) -> Log:
    """Any log of events (see metrics.frames), with the columns that part it into segments; nulls are a value too.

    A mapping of numpy columns without gaps is one as well.
    """
    if isinstance(events, Mapping):
        parting = [name for name, column in events.items() if name not in _OWN_COLUMNS and column.dtype.kind != "f"]
        return _of_columns(events, parting if segments is None else list(segments))
    frame: Any = nw.from_native(events)
    schema = frame.lazy().collect_schema()
    asked = [name for name in schema if name not in _OWN_COLUMNS] if segments is None else list(segments)
    chosen = [name for name in asked if segments is not None or _may_part(schema[name])]
    staged = [STAGE] if STAGE in schema else []
    plain = frame.with_columns(nw.col(name).cast(nw.String).fill_null("") for name in [*chosen, *staged])
    values = columns_of(read_events(plain.to_native(), *chosen, *staged).frame.to_native())
    return _of_columns(values, chosen)


def _of_columns(values: Mapping[str, NDArray[Any]], chosen: Sequence[str]) -> Log:
    client, _ = _codes(values[CLIENT])
    what, names = _codes(values[WHAT])
    stage, stages = _codes(values[STAGE]) if STAGE in values else (None, ())
    parts = tuple(Segment(name, *_codes(values[name])) for name in chosen)
    place = values.get(POSITION, np.zeros(len(client), np.int64))
    at = values[AT].astype(np.int64)
    order = np.lexsort((what, place, at, client))
    return _with_useful_segments(Log(client, at, what, names, parts, stage, stages).picked(order))


def _may_part(kind: Any) -> bool:
    return bool(
        kind in (nw.String, nw.Categorical, nw.Boolean, nw.Object) or isinstance(kind, nw.Enum) or kind.is_integer()
    )


def _codes(values: NDArray[Any]) -> tuple[Ints, tuple[str, ...]]:
    """Each value as a number, in the order of the values."""
    if values.dtype.kind in "iub":
        known, codes = np.unique(values, return_inverse=True)
        return codes, tuple(str(one) for one in known.tolist())
    listed = values.tolist()
    distinct = list(set(listed))
    named = words(distinct, "")
    order = np.argsort(named, kind="stable")
    place = {distinct[one]: rank for rank, one in enumerate(order.tolist())}
    codes = np.fromiter(map(place.__getitem__, listed), np.int64, len(listed))
    return codes, tuple(named[order].tolist())


def _with_useful_segments(log: Log) -> Log:
    """Only columns with a few values that enough clients have each."""
    kept = []
    for one in log.segments:
        if 2 <= len(one.values) <= _MOST_VALUES:
            clients = [count_clients(log.client[one.codes == value]) for value in range(len(one.values))]
            if sum(count >= _FEWEST_CLIENTS for count in clients) >= 2:
                kept.append(one)
    return Log(log.client, log.at, log.what, log.names, tuple(kept), log.stage, log.stages)


def steps(log: Log) -> Steps:
    """The steps whose outcome is known: those after which the log goes on for the pause of their source.

    Pause: what parts one visit from the next if gaps are of two kinds, short and long; else one and a half times the
    gap that 95 in 100 events after such a source stay below, at most a sixth of the log.
    """
    n, size = len(log.at), len(log.names)
    same = np.r_[log.client[1:] == log.client[:-1], False]
    gap = np.where(same, np.r_[np.diff(log.at), 0] / SECOND, np.inf)
    begins_at, ends_at = int(log.at.min()), int(log.at.max())
    between = visit_pause(gap[same])
    pause = (
        _pauses(log.what, gap, same, size, (ends_at - begins_at) / SECOND)
        if between is None
        else np.full(size, between)
    )
    own = pause[log.what]
    goes_on = same & (gap <= own)
    target = np.where(goes_on, np.r_[log.what[1:], 0], size + 1)
    new_visit = np.r_[True, ~goes_on[:-1]] if n else np.empty(0, np.bool_)
    before = np.where(new_visit, size, np.r_[0, log.what[:-1]])
    known = np.flatnonzero(log.at + own * SECOND <= ends_at)
    arrives = new_visit if between is not None else np.r_[True, ~same[:-1]]
    arrived = np.flatnonzero(arrives & (log.at >= begins_at + pause.max() * SECOND))
    rows, arriving = _in_order(known, arrived)
    return Steps(
        client=log.client[rows],
        at=log.at[rows],
        source=np.where(arriving, size, log.what[rows]),
        target=np.where(arriving, log.what[rows], target[rows]),
        before=np.where(arriving, size, before[rows]),
        again=_seen_before(log)[rows],
        gap_s=np.where(arriving | ~goes_on[rows], np.nan, gap[rows]),
        names=(*log.names, ARRIVES, LEAVES),
        segments=log.picked(rows).segments,
        begins_at=begins_at,
        ends_at=ends_at,
    )


def _in_order(known: Ints, arrived: Ints) -> tuple[Ints, Flags]:
    """The rows of both, an arrival before the event it arrives at, and which are arrivals."""
    keys = np.sort(np.r_[2 * known + 1, 2 * arrived])
    return keys // 2, keys % 2 == 0


def count_clients(client: Ints) -> int:
    """Different ones among clients in order."""
    return int(np.count_nonzero(client[1:] != client[:-1])) + min(len(client), 1)


def _seen_before(log: Log) -> Flags:
    """Whether the client had this event before."""
    keys = log.client.astype(np.int64) * len(log.names) + log.what
    order = np.argsort(keys, kind="stable")
    again = np.empty(len(keys), np.bool_)
    again[order] = np.r_[False, keys[order][1:] == keys[order][:-1]]
    return again


def _pauses(what: Ints, gap: Floats, same: Flags, size: int, span_s: float) -> Floats:
    found = np.full(size, span_s / _PART_OF_LOG)
    for code in range(size):
        own = gap[(what == code) & same]
        if len(own) >= 20:
            found[code] = min(_LONGER * float(np.quantile(own, _LATE)), span_s / _PART_OF_LOG)
    return found


def visit_pause(gaps_s: Floats) -> float | None:
    """The gap between the two kinds of gaps, short ones within visits and long ones between; None if there is one kind.

    Where a histogram of their logarithms has a valley less than a third as high as the hills on both sides.
    """
    some = gaps_s[gaps_s > 0]
    if len(some) < 200:
        return None
    counts, edges = np.histogram(np.log10(some), bins=np.arange(-1, 8.6, 0.2))
    smooth = np.convolve(counts, [0.25, 0.5, 0.25], mode="same")
    left, right = np.maximum.accumulate(smooth), np.maximum.accumulate(smooth[::-1])[::-1]
    beyond = np.cumsum(counts[::-1])[::-1] / counts.sum()
    depth = np.minimum(left, right) / np.maximum(smooth, 0.5)
    depth[(beyond < 0.02) | (beyond > 0.98)] = 0
    place = int(np.argmax(depth))
    return float(10 ** ((edges[place] + edges[place + 1]) / 2)) if depth[place] >= 3 else None
