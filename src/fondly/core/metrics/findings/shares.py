"""How often one event follows another, in time and by segment: where a share departs from itself."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from fondly.core.metrics.findings import scan, spread
from fondly.core.metrics.findings.calendar import Calendar
from fondly.core.metrics.findings.steps import Flags, Floats, Ints, Segment, Steps, count_clients

Parts = tuple[Floats, Floats, Floats]

ANY = -1
_FEWEST_TRIES, _FEWEST_HITS, _FEWEST_CLIENTS, _FEWEST_MISSED = 60, 10, 8, 8
_LEAST_LOG_ODDS = math.log(1.5)
_LEAST_PART = 0.02
_PRIOR = 30.0
_MOST_PAIRS = 400
_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Place:
    """What is counted: hits of target after source (ANY: after whatever came before), of one value of a column."""

    source: int
    target: int
    column: int = ANY
    value: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A window (microseconds) in which a place departs: z after dispersion; tries and hits in it, hits to be expected.

    outside: tries and hits of the rest of the time; clients: different ones in the window.
    """

    place: Place
    begins_at: int
    ends_at: int
    z: float
    dispersion: float
    tries: float
    hits: float
    expected: float
    outside: tuple[float, float]
    clients: int


@dataclass
class Counted:
    """Steps with their bin and their kind of time, and per pair of events the share of each kind of time."""

    steps: Steps
    calendar: Calendar
    bins: Ints
    cells: Ints
    kinds: int
    rows: dict[int, Ints] = field(default_factory=dict)
    shares: dict[tuple[int, int], Floats] = field(default_factory=dict)

    def segments(self) -> Sequence[Segment]:
        return self.steps.segments

    def targets_of(self, source: int) -> list[int]:
        return [b for a, b in self.shares if a == source]

    def rows_of(self, place: Place) -> Ints:
        """The steps that could have been hits, by client and time."""
        rows = self.rows[place.source] if place.source != ANY else self._rows_to(place.target)
        return rows if place.column == ANY else rows[self.segments()[place.column].codes[rows] == place.value]

    def _rows_to(self, target: int) -> Ints:
        return np.sort(np.concatenate([self.rows[a] for a, b in self.shares if b == target]))

    def expected_of(self, rows: Ints, target: int) -> Floats:
        """The usual chance of each step to be a hit."""
        found, source, cell = np.zeros(len(rows)), self.steps.source[rows], self.cells[rows]
        for a, b in self.shares:
            if b == target:
                own = source == a
                found[own] = self.shares[a, b][cell[own]]
        return found


def counted(steps: Steps, calendar: Calendar) -> Counted:
    cells, kinds = calendar.cells_of(steps.at, steps.again)
    made = Counted(steps, calendar, calendar.bins_of(steps.at), cells, kinds)
    order = np.argsort(steps.source, kind="stable")
    sources, starts = np.unique(steps.source[order], return_index=True)
    parts = np.split(order, starts[1:])
    made.rows = {int(a): rows for a, rows in zip(sources, parts, strict=True) if len(rows) >= _FEWEST_TRIES}
    size = len(steps.names)
    hits = np.bincount(steps.source.astype(np.int64) * size + steps.target, minlength=size * size)
    usual = [pair for pair in np.argsort(-hits, kind="stable")[:_MOST_PAIRS].tolist() if hits[pair] >= _FEWEST_HITS]
    for pair in usual:
        if pair // size in made.rows:
            made.shares[pair // size, pair % size] = _share_by_cell(made, pair // size, pair % size)
    return made


def _share_by_cell(of: Counted, source: int, target: int) -> Floats:
    """Drawn towards the share of all times, as if 30 more steps of each kind of time had gone the usual way."""
    rows = of.rows[source]
    hit = of.steps.target[rows] == target
    tries = np.bincount(of.cells[rows], minlength=of.kinds)
    hits = np.bincount(of.cells[rows][hit], minlength=of.kinds)
    return np.asarray((hits + _PRIOR * hit.mean()) / (tries + _PRIOR))


@dataclass(frozen=True)
class Table:
    """Series (s, bins) of tries, hits and expected hits, and what each is of."""

    places: list[Place]
    parts: Parts


def tables(of: Counted) -> Iterator[Table]:
    """All places, a column of segments at a time; the first table is of everybody."""
    for column in range(-1, len(of.segments())):
        yield _table(of, column)


def _table(of: Counted, column: int) -> Table:
    codes, values = (None, 1) if column == ANY else (of.segments()[column].codes, len(of.segments()[column].values))
    places: list[Place] = []
    parts: list[Parts] = []
    into: dict[int, list[Floats]] = {}
    for source, rows in of.rows.items():
        targets = of.targets_of(source)
        if not targets:
            continue
        own = np.zeros(len(rows), np.int64) if codes is None else codes[rows]
        tries, hits, expected = _counts(of, source, targets, own, values)
        for place, target in enumerate(targets):
            one = (tries, hits[:, :, place], expected[:, :, place])
            places += [Place(source, target, column, value) for value in range(values)]
            parts.append(one)
            into[target] = list(one) if target not in into else [a + b for a, b in zip(into[target], one, strict=True)]
    for target, sums in into.items():
        if sum(b == target for _a, b in of.shares) > 1:
            places += [Place(ANY, target, column, value) for value in range(values)]
            parts.append((sums[0], sums[1], sums[2]))
    if not parts:
        nothing = np.zeros((0, of.calendar.bins))
        return Table([], (nothing, nothing, nothing))
    tries, hits, expected = (np.concatenate(part) for part in zip(*parts, strict=True))
    enough = (tries.sum(axis=1) >= _FEWEST_TRIES) & (hits.sum(axis=1) >= _FEWEST_HITS)
    kept = _scaled(tries[enough], hits[enough], expected[enough])
    return Table([place for place, one in zip(places, enough, strict=True) if one], kept)


def _counts(of: Counted, source: int, targets: list[int], own: Ints, values: int) -> Parts:
    """tries (values, bins), hits and expected (values, bins, targets) of one source."""
    rows, bins, width = of.rows[source], of.calendar.bins, len(targets)
    where = own * bins + of.bins[rows]
    by_cell = np.bincount(where * of.kinds + of.cells[rows], minlength=values * bins * of.kinds)
    by_cell = by_cell.reshape(values, bins, of.kinds).astype(np.float64)
    index = np.full(len(of.steps.names), width)
    index[targets] = np.arange(width)
    hits = np.bincount(where * (width + 1) + index[of.steps.target[rows]], minlength=values * bins * (width + 1))
    shares = np.stack([of.shares[source, target] for target in targets], axis=1)
    counts = hits.reshape(values, bins, width + 1)[:, :, :width].astype(np.float64)
    return by_cell.sum(axis=2), counts, by_cell @ shares


def _scaled(tries: Floats, hits: Floats, expected: Floats) -> Parts:
    """A segment's own usual share is what it is compared with."""
    scale = hits.sum(axis=-1, keepdims=True) / np.maximum(expected.sum(axis=-1, keepdims=True), 1e-9)
    return tries, hits, np.minimum(expected * scale, tries)


@dataclass(frozen=True, slots=True)
class Lead:
    """The most unusual window of a place, before it is checked what clients and days vary by."""

    table: Table
    row: int
    window: scan.Window

    @property
    def place(self) -> Place:
        return self.table.places[self.row]


def leads(table: Table, limit: float) -> list[Lead]:
    """The windows whose |z| is beyond the limit if all events are independent."""
    found = []
    for start in range(0, len(table.places), _AT_ONCE):
        some = [part[start : start + _AT_ONCE] for part in table.parts]
        best = scan.best_windows(some, scan.departure_of_share)
        found += [Lead(table, start + row, window) for row, window in enumerate(best) if abs(window.z) > limit]
    return found


def checked(of: Counted, lead: Lead, limit: float) -> Change | None:
    """The window with what clients and days vary by taken into account; None if it is nothing then."""
    tries, hits, expected = lead.table.parts
    parts, window = (tries[lead.row], hits[lead.row], expected[lead.row]), lead.window
    by_bins = spread.of_bins(*_residuals(*_without(parts, window)))
    if abs(window.z) <= limit * math.sqrt(by_bins) or scan.is_drift(*_residuals(*parts), window.z):
        return None
    return _by_clients(of, lead.place, window, by_bins, limit)


def _residuals(tries: Floats, hits: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Hits beyond those expected, and their variance if it were chance."""
    usual = np.clip(expected / np.maximum(tries, 1), 1e-6, 1 - 1e-6)
    return hits - expected, tries * usual * (1 - usual)


def _without(parts: Parts, window: scan.Window) -> Parts:
    """One series with a window cut out, expectations scaled to the rest."""
    tries, hits, expected = (part.copy() for part in parts)
    for part in (tries, hits, expected):
        part[window.first : window.beyond] = 0
    return _scaled(tries, hits, expected)


def _by_clients(of: Counted, place: Place, window: scan.Window, by_bins: float, limit: float) -> Change | None:
    rows = of.rows_of(place)
    at, hit = of.steps.at[rows], (of.steps.target[rows] == place.target).astype(np.float64)
    chance = of.expected_of(rows, place.target)
    begins, ends = _edges(of.calendar, window, at, hit, chance)
    inside = (at >= begins) & (at < ends)
    n, x, e = _sums(inside, hit, chance)
    out_n, out_x, out_e = _sums(~inside, hit, chance)
    if not n or not out_n or not e:
        return None
    chance_now = np.clip(chance * np.where(inside, x / e, out_x / max(out_e, 1e-9)), 1e-6, 1 - 1e-6)
    block = (at - begins) // (ends - begins)
    by_clients = spread.of_clients(of.steps.client[rows], block, hit - chance_now, chance_now * (1 - chance_now))
    dispersion = max(by_bins, by_clients)
    whole = (x + out_x) / (e + out_e)
    z = float(scan.signed_root(n, x, e * whole, n + out_n, x + out_x, (e + out_e) * whole)) / math.sqrt(dispersion)
    expected = e * out_x / max(out_e, 1e-9)
    clients = count_clients(of.steps.client[rows][inside])
    made = Change(place, begins, ends, z, dispersion, n, x, expected, (out_n, out_x), clients)
    return made if abs(z) > limit and _matters(made) else None


def _matters(change: Change) -> bool:
    """Whether enough clients are behind it, and it is more than a shade."""
    n, x, e = change.tries, change.hits, min(change.expected, change.tries)
    odds = scan.log_odds(x, n) - scan.log_odds(e, n)
    if change.clients < _FEWEST_CLIENTS or abs(x - e) < _FEWEST_MISSED or abs(odds) < _LEAST_LOG_ODDS:
        return False
    return abs(x - e) >= _LEAST_PART * n or e <= _LEAST_PART * x


def _sums(which: Flags, hit: Floats, chance: Floats) -> tuple[float, float, float]:
    return float(which.sum()), float(hit[which].sum()), float(chance[which].sum())


def _edges(calendar: Calendar, window: scan.Window, at: Ints, hit: Floats, chance: Floats) -> tuple[int, int]:
    """The window's edges, moved by up to a bin to where they part best."""
    order = np.argsort(at, kind="stable")
    when = at[order]
    sums = [np.r_[0.0, np.cumsum(one)] for one in (np.ones(len(at)), hit[order], chance[order])]
    sums[2] *= sums[1][-1] / max(sums[2][-1], 1e-9)
    edges = [calendar.instant(window.first), calendar.instant(window.beyond)]
    for side in (0, 1):
        tried = edges[side] + np.linspace(-1, 1, 33).astype(np.float64) * calendar.unit
        tried = tried[(tried < edges[1]) if side == 0 else (tried > edges[0])].astype(np.int64)
        low, high = (np.searchsorted(when, tried if one == side else edges[one]) for one in (0, 1))
        inside = [one[high] - one[low] for one in sums]
        z = scan.signed_root(*inside, *(one[-1] for one in sums))
        edges[side] = int(tried[np.argmax(np.abs(z))])
    return edges[0], edges[1]
