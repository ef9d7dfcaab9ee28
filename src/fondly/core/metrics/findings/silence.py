"""Times at which far fewer visits begin than always at that hour of that weekday: something was down."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fondly.core.metrics.findings import scan, spread
from fondly.core.metrics.findings.calendar import Calendar
from fondly.core.metrics.findings.shares import ANY, Place
from fondly.core.metrics.findings.steps import Floats, Ints, Steps
from fondly.core.metrics.frames import DAY

_LEFT = 0.3  # of the usual visits, at most
_NEAREST, _FEWEST = 4, 2
_FEWEST_VISITS = 200
_WEEK = 7 * DAY


@dataclass(frozen=True, slots=True)
class Silence:
    """A window (microseconds) with `visits` begun where `expected` were usual."""

    place: Place
    begins_at: int
    ends_at: int
    z: float
    dispersion: float
    visits: float
    expected: float


def places(steps: Steps) -> list[tuple[Place, Ints]]:
    """Everybody's visits, and those of each value of a segment: the rows of their arrivals."""
    arrivals = np.flatnonzero(steps.source == steps.arrives)
    found = [(Place(steps.arrives, ANY), arrivals)]
    for column, segment in enumerate(steps.segments):
        own = segment.codes[arrivals]
        found += [
            (Place(steps.arrives, ANY, column, value), arrivals[own == value]) for value in range(len(segment.values))
        ]
    return [(place, rows) for place, rows in found if len(rows) >= _FEWEST_VISITS]


def silences(steps: Steps, calendar: Calendar, limit: float) -> list[Silence]:
    """The window of each place in which less than 3 in 10 of the usual visits began, if chance does not make it.

    Usual: the median of the four bins before at the same place in the week (in workdays or weekends, where the log is
    shorter than five weeks), or of the four after if that is less, so that neither growth nor single bursts count.
    z: signed root of the Poisson likelihood ratio over the square root of the dispersion of all other bins.
    """
    found, like = [], _likes(calendar)
    for place, rows in places(steps):
        bins = calendar.bins_of(steps.at[rows])
        counts = np.bincount(bins, minlength=calendar.bins).astype(np.float64)
        first, last = int(bins.min()), int(bins.max())
        usual = np.zeros(calendar.bins)
        # The first and the last bin are parts of one only.
        usual[first + 1 : last] = _usual(counts[first + 1 : last], like[first + 1 : last])
        window = scan.best_windows((counts[None, :], usual[None, :]), _fall)[0]
        dispersion = _dispersion(counts, usual, window)
        z = window.z / math.sqrt(dispersion)
        if abs(z) > limit:
            inside = np.s_[window.first : window.beyond]
            edges = calendar.instant(window.first), calendar.instant(window.beyond)
            found.append(Silence(place, *edges, z, dispersion, float(counts[inside].sum()), float(usual[inside].sum())))
    return found


def _dispersion(counts: Floats, usual: Floats, window: scan.Window) -> float:
    """Of the other bins, around what is usual times a factor: the less of two sides is less than all."""
    others = usual > 0
    others[window.first : window.beyond] = False
    came, expected = counts[others], usual[others]
    return spread.of_bins(came - expected * came.sum() / max(expected.sum(), 1e-9), expected)


def _fall(inside: Sequence[Floats], _whole: Sequence[Floats]) -> Floats:
    counts, usual = inside
    low = (counts <= _LEFT * usual) & (usual > 0)
    return np.asarray(np.where(low, -np.sqrt(2 * np.maximum(scan.surplus(counts, usual), 0)), 0.0))


def _likes(calendar: Calendar) -> Ints:
    """Which bins are compared: those at the same place in the week, or of workdays or weekends in the day."""
    bins = np.arange(calendar.bins)
    if calendar.unit > DAY or calendar.days < 5:
        return np.zeros(calendar.bins, np.int64)
    if calendar.days >= 35:
        return bins % (_WEEK // calendar.unit)
    return 2 * (bins % (DAY // calendar.unit)) + (calendar.weekend_of(calendar.begins_at + bins * calendar.unit) > 0)


def _usual(counts: Floats, like: Ints) -> Floats:
    """0 where there are not two bins to compare with both before and after."""
    found = np.zeros(len(counts))
    for one in np.unique(like).tolist():
        places = np.flatnonzero(like == one)
        own = counts[places]
        for place in range(_FEWEST, len(own) - _FEWEST):
            before, after = own[max(0, place - _NEAREST) : place], own[place + 1 : place + 1 + _NEAREST]
            found[places[place]] = min(np.median(before), np.median(after))
    return found
