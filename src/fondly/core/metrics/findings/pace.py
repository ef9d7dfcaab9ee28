"""How long a step takes, in time and by segment: where it gets slower or quicker."""

import math
from dataclasses import dataclass

import numpy as np

from fondly.core.metrics.distributions import normal_quantile
from fondly.core.metrics.findings import scan, spread
from fondly.core.metrics.findings.shares import ANY, Counted, Place
from fondly.core.metrics.findings.steps import Floats, Ints, count_clients

_FEWEST_STEPS, _FEWEST_INSIDE, _FEWEST_CLIENTS = 60, 10, 8
_LEAST_RATIO, _BLINK_S = 1.5, 1.0
_PRIOR = 30.0
_SCORES = np.array([normal_quantile((i + 0.5) / 1024) for i in range(1024)])


@dataclass(frozen=True, slots=True)
class Slowing:
    """A window (microseconds) in which steps take another time; inside and outside: their gaps in seconds, sorted."""

    place: Place
    begins_at: int
    ends_at: int
    z: float
    dispersion: float
    inside: Floats
    outside: Floats
    clients: int

    @property
    def ratio(self) -> float:
        return float(np.median(self.inside) / max(np.median(self.outside), 1e-6))


@dataclass(frozen=True)
class Paced:
    """Rows of one pair of events, and how long each took as a normal score (variance 1), time of day and week apart."""

    rows: Ints
    scores: Floats


@dataclass(frozen=True)
class Table:
    """Series (s, bins) of the number of steps and the sum of their scores, what each is of, and the steps by pair."""

    places: list[Place]
    parts: tuple[Floats, Floats]
    paced: dict[tuple[int, int], Paced]

    def steps_of(self, of: Counted, place: Place) -> Paced:
        whole = self.paced[place.source, place.target]
        if place.column == ANY:
            return whole
        own = of.segments()[place.column].codes[whole.rows] == place.value
        return Paced(whole.rows[own], whole.scores[own])


@dataclass(frozen=True, slots=True)
class Lead:
    """The most unusual window of a place, before it is checked what clients and days vary by."""

    table: Table
    row: int
    window: scan.Window

    @property
    def place(self) -> Place:
        return self.table.places[self.row]


def table(of: Counted) -> Table:
    """Per pair of events and segment the number of steps and the sum of their scores, per bin."""
    paced: dict[tuple[int, int], Paced] = {}
    places: list[Place] = []
    nothing = np.zeros((0, of.calendar.bins))
    counts, sums = [nothing], [nothing]
    for source, target in of.shares:
        rows = of.rows.get(source, np.empty(0, np.int64))
        rows = rows[(of.steps.target[rows] == target) & ~np.isnan(of.steps.gap_s[rows])]
        if len(rows) >= _FEWEST_STEPS:
            paced[source, target] = one = Paced(rows, _scores(of, rows))
            for column in range(-1, len(of.segments())):
                count, total = _by_bin(of, one, column)
                enough = np.flatnonzero(count.sum(axis=1) >= _FEWEST_STEPS)
                places += [Place(source, target, column, value) for value in enough.tolist()]
                counts.append(count[enough])
                sums.append(total[enough])
    return Table(places, (np.concatenate(counts), np.concatenate(sums)), paced)


def _by_bin(of: Counted, one: Paced, column: int) -> tuple[Floats, Floats]:
    """Number of steps and sum of scores (values, bins)."""
    bins, values = of.calendar.bins, 1
    where = of.bins[one.rows]
    if column != ANY:
        segment = of.segments()[column]
        values, where = len(segment.values), where + segment.codes[one.rows] * bins
    count = np.bincount(where, minlength=values * bins).astype(np.float64)
    total = np.bincount(where, one.scores, values * bins).astype(np.float64)
    return count.reshape(values, bins), total.reshape(values, bins)


def _scores(of: Counted, rows: Ints) -> Floats:
    """Normal scores of the gaps' ranks, less the mean of their kind of time, drawn towards 0."""
    gap = of.steps.gap_s[rows]
    rank = np.empty(len(rows))
    rank[np.argsort(gap, kind="stable")] = (np.arange(len(rows)) + 0.5) / len(rows)
    scores = _SCORES[(rank * len(_SCORES)).astype(np.int64)]
    cell = of.cells[rows]
    usual = np.bincount(cell, scores, of.kinds) / (np.bincount(cell, minlength=of.kinds) + _PRIOR)
    rest = scores - usual[cell]
    return np.asarray(rest / max(float(rest.std()), 1e-6))


def leads(table: Table, limit: float) -> list[Lead]:
    """The windows whose |z| is beyond the limit if all events are independent."""
    if not table.places:
        return []
    best = scan.best_windows(table.parts, scan.departure_of_mean)
    return [Lead(table, row, window) for row, window in enumerate(best) if abs(window.z) > limit]


def checked(of: Counted, lead: Lead, limit: float) -> Slowing | None:
    """The window as a rank test (van der Waerden 1952), with what clients and days vary by taken into account."""
    found, row, window = lead.table, lead.row, lead.window
    paced = found.steps_of(of, found.places[row])
    begins, ends = of.calendar.instant(window.first), of.calendar.instant(window.beyond)
    at = of.steps.at[paced.rows]
    inside = (at >= begins) & (at < ends)
    if inside.sum() < _FEWEST_INSIDE or (~inside).sum() < _FEWEST_INSIDE:
        return None
    means = np.where(inside, paced.scores[inside].mean(), paced.scores[~inside].mean())
    dispersion = _dispersion(of, paced, paced.scores - means, (begins, ends))
    z = window.z / math.sqrt(dispersion)
    counts, sums = found.parts[0][row], found.parts[1][row]
    if abs(z) <= limit or scan.is_drift(sums - counts * sums.sum() / counts.sum(), counts, window.z):
        return None
    gap = np.asarray(of.steps.gap_s[paced.rows])
    clients = count_clients(of.steps.client[paced.rows][inside])
    made = Slowing(found.places[row], begins, ends, z, dispersion, np.sort(gap[inside]), np.sort(gap[~inside]), clients)
    return made if _matters(made) else None


def _matters(found: Slowing) -> bool:
    """Whether enough clients are behind it, and it is more than a shade or a blink."""
    blink = max(float(np.median(found.inside)), float(np.median(found.outside))) < _BLINK_S
    return (
        not blink and max(found.ratio, 1 / max(found.ratio, 1e-9)) >= _LEAST_RATIO and found.clients >= _FEWEST_CLIENTS
    )


def _dispersion(of: Counted, paced: Paced, residual: Floats, window: tuple[int, int]) -> float:
    ones = np.ones(len(residual))
    bins, count = of.bins[paced.rows], of.calendar.bins
    by_bins = spread.of_bins(
        np.bincount(bins, residual, count).astype(np.float64), np.bincount(bins, minlength=count).astype(np.float64)
    )
    block = (of.steps.at[paced.rows] - window[0]) // (window[1] - window[0])
    return max(by_bins, spread.of_clients(of.steps.client[paced.rows], block, residual, ones))
