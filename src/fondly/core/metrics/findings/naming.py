"""What a change is called: which of several explanations of the same numbers is the plainest."""

import math
from dataclasses import dataclass, replace

import numpy as np

from fondly.core.metrics.findings import scan
from fondly.core.metrics.findings.shares import ANY, Change, Counted, Place
from fondly.core.metrics.findings.steps import count_clients

_NEW, _STOPPED, _RETURNS = 0.03, 0.06, 0.6
_MOST_OF_IT, _AS_MUCH, _SEEN = 0.85, 0.5, 2.5
_ALIKE = 0.4
_UNFIT = 5.0


@dataclass(frozen=True, slots=True)
class Named:
    """A change, what kind of finding it is, and what clients did instead."""

    kind: str
    change: Change
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """Inside a window: tries, hits and the hits expected by what was outside it; z without dispersion."""

    tries: float
    hits: float
    expected: float
    outside: tuple[float, float]
    z: float

    @property
    def log_odds(self) -> float:
        """How much more likely a hit is inside."""
        return scan.log_odds(self.hits, self.tries) - scan.log_odds(min(self.expected, self.tries), self.tries)


def tally(of: Counted, place: Place, begins_at: int, ends_at: int, besides: Place | None = None) -> Tally:
    """A place's numbers in a window; `besides`: without the rows of that segment."""
    rows = of.rows_of(place)
    if besides is not None:
        rows = rows[of.segments()[besides.column].codes[rows] != besides.value]
    at, hit, chance = of.steps.at[rows], of.steps.target[rows] == place.target, of.expected_of(rows, place.target)
    inside = (at >= begins_at) & (at < ends_at)
    n, x, e = float(inside.sum()), float(hit[inside].sum()), float(chance[inside].sum())
    out_n, out_x, out_e = len(rows) - n, float(hit.sum()) - x, float(chance.sum()) - e
    whole = (x + out_x) / max(e + out_e, 1e-9)
    z = float(scan.signed_root(n, x, e * whole, n + out_n, x + out_x, (e + out_e) * whole))
    return Tally(n, x, e * out_x / max(out_e, 1e-9), (out_n, out_x), z)


def for_whom(of: Counted, change: Change) -> Change:
    """The same change for everybody or for the one segment that it is really about."""
    return _widened(of, change) if change.place.column != ANY else _narrowed(of, change)


def _widened(of: Counted, change: Change) -> Change:
    """Everybody's, where all others changed at least half as much as the segment did."""
    everybody = replace(change.place, column=ANY, value=0)
    own = tally(of, change.place, change.begins_at, change.ends_at)
    rest = tally(of, everybody, change.begins_at, change.ends_at, besides=change.place)
    alike = rest.log_odds / own.log_odds >= _AS_MUCH if own.log_odds else False
    if not alike or abs(rest.z) < _SEEN * math.sqrt(change.dispersion):
        return change
    return _as_place(of, change, everybody)


def _narrowed(of: Counted, change: Change) -> Change:
    """A segment's, where nearly all of the change is its own and the others show nothing."""
    whole = tally(of, change.place, change.begins_at, change.ends_at)
    best, most = change, 0.0
    for column, segment in enumerate(of.segments()):
        for value in range(len(segment.values)):
            place = replace(change.place, column=column, value=value)
            own = tally(of, place, change.begins_at, change.ends_at)
            part = (own.hits - own.expected) / (whole.hits - whole.expected) if whole.hits != whole.expected else 0.0
            apart = part - own.tries / max(whole.tries, 1)
            if part >= _MOST_OF_IT and apart > max(most, 0.2) and own.tries:
                rest = tally(of, change.place, change.begins_at, change.ends_at, besides=place)
                if abs(rest.z) < _SEEN * math.sqrt(change.dispersion) or rest.log_odds / own.log_odds < _ALIKE / 2:
                    best, most = _as_place(of, change, place), apart
    return best


def _as_place(of: Counted, change: Change, place: Place) -> Change:
    own = tally(of, place, change.begins_at, change.ends_at)
    rows = of.rows_of(place)
    at = of.steps.at[rows]
    inside = rows[(at >= change.begins_at) & (at < change.ends_at)]
    # The certainty stays that of what was seen first: it is the same incident.
    z = math.copysign(change.z, own.hits - own.expected)
    return replace(
        change,
        place=place,
        z=z,
        tries=own.tries,
        hits=own.hits,
        expected=own.expected,
        outside=own.outside,
        clients=count_clients(of.steps.client[inside]),
    )


def named(of: Counted, change: Change) -> Named:
    """new, stop, surge, loop, drop, fall or rise, at the place that says it best."""
    target, steps = change.place.target, of.steps
    rose = change.z > 0
    if target != steps.leaves:
        if rose and change.expected <= _NEW * change.hits and _is_unknown_outside(of, change):
            return Named("new", change)
        if not rose and change.hits <= _STOPPED * change.expected and _is_gone_inside(of, change):
            return Named("stop", _from_anywhere(of, change))
        if rose and change.place.source in (ANY, steps.arrives):
            return Named("surge", change)
        if rose and _goes_back(of, change):
            return Named("loop", change)
    return _moved(of, change)


def _is_unknown_outside(of: Counted, change: Change) -> bool:
    """Whether the event all but never happened outside of the window, to whomever."""
    at = of.steps.at[of.steps.target == change.place.target]
    inside = int(((at >= change.begins_at) & (at < change.ends_at)).sum())
    return len(at) - inside <= _NEW * inside


def _is_gone_inside(of: Counted, change: Change) -> bool:
    """Whether all the other events that lead to it do so no more, those at which it is the first one apart."""
    place, usual, came = change.place, 0.0, 0.0
    for source, target in of.shares:
        if target == place.target and source not in (target, of.steps.arrives):
            one = tally(of, replace(place, source=source), change.begins_at, change.ends_at)
            usual, came = usual + one.expected, came + one.hits
    return came <= _STOPPED * usual


def _from_anywhere(of: Counted, change: Change) -> Change:
    """The same at all steps to the event, where there are several."""
    sources = [a for a, b in of.shares if b == change.place.target and a not in (b, of.steps.arrives)]
    return change if len(sources) < 2 else _as_place(of, change, replace(change.place, source=ANY))


def _goes_back(of: Counted, change: Change) -> bool:
    """Whether those steps lead back to where the client had just been, or the way there became more usual too."""
    place = change.place
    if place.source == place.target:
        return True
    rows = of.rows_of(place)
    at = of.steps.at[rows]
    inside = rows[(at >= change.begins_at) & (at < change.ends_at) & (of.steps.target[rows] == place.target)]
    if len(inside) and float((of.steps.before[inside] == place.target).mean()) >= _RETURNS:
        return True
    there = replace(place, source=place.target, target=place.source)
    if (there.source, there.target) not in of.shares:
        return False
    return tally(of, there, change.begins_at, change.ends_at).z >= _SEEN * math.sqrt(change.dispersion)


def _moved(of: Counted, change: Change) -> Named:
    """A fall of one step, a rise of one, or more leaving after it: which of them leaves the other shares as they were.

    If only the share of one target changed by itself, all others of that source changed by the same factor.
    """
    place, steps = change.place, of.steps
    if place.source == ANY:
        return Named("drop" if place.target == steps.leaves and change.z > 0 else _direction(change), change)
    targets = of.targets_of(place.source)
    tallies = {b: tally(of, replace(place, target=b), change.begins_at, change.ends_at) for b in targets}
    # Where two tell it equally well, the step that is missed says more than the leaving.
    best = min(targets, key=lambda b: _misfit(tallies, b) + (b == steps.leaves))
    gains = {b: one.hits - one.expected for b, one in tallies.items()}
    if best == steps.leaves and gains[best] > 0:
        return _left(of, change, tallies, gains)
    instead = _instead(gains, best)
    if best == steps.leaves and instead is not None:
        best, instead = instead, best
    moved = _as_place(of, change, replace(place, target=best))
    return Named("fall" if gains[best] < 0 else "rise", moved, "" if instead is None else steps.names[instead])


def _left(of: Counted, change: Change, tallies: dict[int, Tally], gains: dict[int, float]) -> Named:
    """More leave: a fall of one step if that is all or nearly all that they miss, or one step lost by far the most."""
    leaves = of.steps.leaves
    missed = {b: -gain for b, gain in gains.items() if b != leaves and gain < 0}
    most = max(missed, key=lambda b: missed[b], default=None)
    one_step = most is not None and missed[most] >= _MOST_OF_IT * sum(missed.values())
    if most is None or not (one_step or _misfit(tallies, leaves) > _UNFIT * change.dispersion):
        return Named("drop", _as_place(of, change, replace(change.place, target=leaves)))
    return Named("fall", _as_place(of, change, replace(change.place, target=most)), of.steps.names[leaves])


def _direction(change: Change) -> str:
    return "rise" if change.z > 0 else "fall"


def _instead(gains: dict[int, float], best: int) -> int | None:
    """The one target that took (or gave) most of what the best lost (or won)."""
    sign = 1 if gains[best] > 0 else -1
    others = {b: -sign * gain for b, gain in gains.items() if b != best and -sign * gain > 0}
    if not others:
        return None
    most = max(others, key=lambda b: others[b])
    return most if others[most] >= 0.6 * sum(others.values()) else None


def _misfit(tallies: dict[int, Tally], best: int) -> float:
    """How badly the counts fit if one target's share changed freely and all others by one factor: the deviance."""
    others = {b: one for b, one in tallies.items() if b != best}
    hits, expected = sum(one.hits for one in others.values()), sum(one.expected for one in others.values())
    factor = hits / max(expected, 1e-9)
    return float(
        sum(scan.surplus(np.float64(one.hits), np.float64(max(one.expected * factor, 1e-3))) for one in others.values())
    )
