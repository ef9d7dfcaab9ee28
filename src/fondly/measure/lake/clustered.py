"""What the numpy kernels take: facts sorted by client and time, as of now.

Facts after those that are kept as columns, and those of clients who were changed since, come from the database. So a
reader pays for what is new, and measures of `Kept` pay no more than that either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.kernels.columns import Columns, Ints
from fondly.core.metrics.kernels.refresh import Change, Kept
from fondly.measure.lake import columnar, manifest
from fondly.measure.lake.catalogue import INTERACTIONS
from fondly.measure.lake.columnar import Facts
from fondly.measure.lake.databases import Database, Row, select

_NAMES = ("client", "at", "id", "kind", "name", "stage")
_COLUMNS = tuple(column for name in _NAMES for column in INTERACTIONS.columns if column.name == name)
What = Literal["name", "kind"]
Rows = NDArray[np.intp] | NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Asked:
    """See Lake.columns; kinds: () for all."""

    what: What = "name"
    stage: bool = True
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Now:
    """What is kept on the disk, and whose facts are others since."""

    kept: Kept
    change: Change

    def columns(self, since: int | None = None, until: int | None = None) -> Columns:
        """All facts as they are now; only those from, and before, these microseconds since 1970."""
        every = self._united()
        if since is None and until is None:
            return every
        inside = np.ones(len(every), np.bool_) if since is None else every.at >= since
        return _taken(every, inside if until is None else inside & (every.at < until), every)

    def _united(self) -> Columns:
        base, change = self.kept.base, self.change
        if not len(change.old) and not len(change.new):
            return base
        others = np.ones(len(base), np.bool_)
        others[_rows_of(base, np.unique(change.old.client))] = False
        left = _taken(base, others, change.new)
        return _inserted(left, change.new, np.searchsorted(left.client, change.new.client))


def read(database: Database, lake: Path, asked: Asked) -> Now:
    """To be called within one moment of the database."""
    sealed = manifest.read(database, INTERACTIONS)
    path = columnar.newest(lake, sealed)
    if columnar.is_behind(path, sealed, columnar.FOR_READERS):
        path = columnar.write(lake, sealed)
    kept, last_id = _kept(path, asked), columnar.last_id_of(path)
    rows = database.rows(select(INTERACTIONS, _COLUMNS, database.vendor, sealed.since(last_id)))
    return Now(kept, changed(kept.base, rows, sealed.marks, asked))


@lru_cache(maxsize=2)
def _kept(path: Path | None, asked: Asked) -> Kept:
    return Kept(_view(columnar.load(path) if path is not None else columnar.nothing(), asked))


def _view(facts: Facts, asked: Asked) -> Columns:
    """The facts that were asked for; without a copy where that is all of them."""
    what, names = (facts.kind, facts.words["kind"]) if asked.what == "kind" else (facts.what, facts.words["what"])
    stages = facts.words["stage"] if asked.stage else ()
    every = Columns(facts.client, facts.at, what, names, facts.stage if asked.stage else None, stages)
    wanted = np.ones(len(every), np.bool_)
    if asked.stage:
        wanted &= facts.stage != stages.index("")
    if asked.kinds:
        codes = [code for code, kind in enumerate(facts.words["kind"]) if kind in asked.kinds]
        wanted &= np.isin(facts.kind, codes)
    return every if wanted.all() else _taken(every, wanted, every)


def changed(base: Columns, rows: list[Row], clients: Sequence[int], asked: Asked) -> Change:
    """What rows of the database change, and that these clients have no others."""
    fresh = _fresh(base, rows, asked)
    touched = np.union1d(fresh.client, np.array(clients, base.client.dtype))
    old = _taken(base, _rows_of(base, touched), fresh)
    still_true = _taken(old, ~np.isin(old.client, clients), fresh)
    return Change(old, _inserted(still_true, fresh, _places(still_true, fresh)))


def _fresh(base: Columns, rows: list[Row], asked: Asked) -> Columns:
    """Rows of the database in the words of what is kept; new words come behind."""
    told = sorted(row for row in rows if (row[5] or not asked.stage) and (not asked.kinds or row[3] in asked.kinds))
    client, at, _id, kinds, names, stages = zip(*told, strict=True) if told else ((),) * 6
    happened = kinds if asked.what == "kind" else [name or kind for name, kind in zip(names, kinds, strict=True)]
    known, what = _coded(base.names, happened)
    known_stages, stage = _coded(base.stages, stages) if asked.stage else ((), None)
    times = np.array(at, np.int64)
    return Columns(np.array(client, base.client.dtype), times, what, known, stage, known_stages)


def _coded(known: tuple[str, ...], texts: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    words = tuple(dict.fromkeys((*known, *texts)))
    code = {word: place for place, word in enumerate(words)}
    return words, np.array([code[text] for text in texts], np.min_scalar_type(len(words)))


def _rows_of(columns: Columns, clients: Ints) -> NDArray[np.intp]:
    """The rows of these clients, each given once and ascending."""
    first = np.searchsorted(columns.client, clients)
    counts = np.searchsorted(columns.client, clients, side="right") - first
    return np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())


def _taken(columns: Columns, rows: Rows, words: Columns) -> Columns:
    """Some rows; in the words of other columns, which begin with these."""
    stage = columns.stage[rows] if columns.stage is not None else None
    what = columns.what[rows]
    return Columns(columns.client[rows], columns.at[rows], what, words.names, stage, words.stages)


def _inserted(columns: Columns, more: Columns, places: NDArray[np.intp]) -> Columns:
    """The rows of both; each of `more` goes before the row that had its place."""
    both = np.promote_types(columns.what.dtype, more.what.dtype)
    what = np.insert(columns.what.astype(both), places, more.what)
    stage = None
    if columns.stage is not None and more.stage is not None:
        both = np.promote_types(columns.stage.dtype, more.stage.dtype)
        stage = np.insert(columns.stage.astype(both), places, more.stage)
    client, at = np.insert(columns.client, places, more.client), np.insert(columns.at, places, more.at)
    return Columns(client, at, what, more.names, stage, more.stages)


def _places(columns: Columns, more: Columns) -> NDArray[np.intp]:
    """Behind the same client's rows that are not later, by bisection of all at once."""
    low = np.searchsorted(columns.client, more.client)
    high = np.searchsorted(columns.client, more.client, side="right")
    while (open_ones := low < high).any():
        middle = (low + high) // 2
        later = open_ones.copy()
        later[open_ones] = columns.at[middle[open_ones]] > more.at[open_ones]
        high = np.where(later, middle, high)
        low = np.where(open_ones & ~later, middle + 1, low)
    return low
