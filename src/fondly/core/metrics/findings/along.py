"""Segments that behave differently from all others the whole time."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fondly.core.metrics.findings import scan, spread
from fondly.core.metrics.findings.shares import Counted, Place
from fondly.core.metrics.findings.steps import Flags, Floats, Ints, count_clients

_FEWEST_TRIES, _FEWEST_CLIENTS, _FEWEST_MISSED = 100, 40, 10
_LEAST_LOG_ODDS = math.log(1.6)
_QUARTERS = 4
_LASTING = 0.4


@dataclass(frozen=True, slots=True)
class Difference:
    """A place of a segment against the same step of all other clients: z, tries and hits of both."""

    place: Place
    z: float
    dispersion: float
    tries: float
    hits: float
    others: tuple[float, float]
    clients: int


def tests(of: Counted) -> int:
    return max(1, len(of.shares) * sum(len(segment.values) for segment in of.segments()))


def certainty(z: float, tests: int) -> float:
    """1 minus the chance that any of so many segments shows as much without cause.

    By Chernoff's bound 2 e^(-z²/2), which unlike the normal tail holds for small counts too.
    """
    return max(0.0, 1 - tests * 2 * math.exp(-(z**2) / 2))


def threshold(tests: int, alpha: float) -> float:
    """The |z| beyond which certainty is above 1 - alpha."""
    return math.sqrt(2 * math.log(2 * tests / alpha))


def differences(of: Counted, limit: float) -> list[Difference]:
    """Places whose share of hits differs from the others' by z beyond the limit, in every quarter of the time."""
    found = []
    for (source, target), shares in of.shares.items():
        rows = of.rows[source]
        hit, chance = (of.steps.target[rows] == target).astype(np.float64), shares[of.cells[rows]]
        for column, segment in enumerate(of.segments()):
            codes, size = segment.codes[rows], len(segment.values)
            sums = [np.bincount(codes, weights, size) for weights in (np.ones(len(rows)), hit, chance)]
            for value in range(size):
                place = Place(source, target, column, value)
                own = _Sums(*(float(one[value]) for one in sums))
                others = _Sums(*(float(one.sum() - one[value]) for one in sums))
                if abs(_departure(own, others)) > limit and _matters(own, others):
                    one = _checked(of, place, (own, others), codes == value, hit, chance)
                    found += [one] if one and abs(one.z) > limit else []
    return found


class _Sums(NamedTuple):
    tries: float
    hits: float
    expected: float


def _departure(own: _Sums, others: _Sums) -> float:
    """The signed root of the likelihood ratio of own share against all others'."""
    tries, hits, expected = (a + b for a, b in zip(own, others, strict=True))
    scale = hits / max(expected, 1e-9)
    return float(scan.signed_root(own.tries, own.hits, own.expected * scale, tries, hits, expected * scale))


def _matters(own: _Sums, others: _Sums) -> bool:
    """Whether the difference is more than a shade, and of more than a few."""
    if min(own.tries, others.tries) < _FEWEST_TRIES or min(own.expected, others.expected) <= 0:
        return False
    odds = [scan.log_odds(one.hits, one.tries) for one in (own, others)]
    missed = own.hits - own.expected * others.hits / others.expected
    return abs(odds[0] - odds[1]) >= _LEAST_LOG_ODDS and abs(missed) >= _FEWEST_MISSED


def _checked(
    of: Counted, place: Place, sums: tuple[_Sums, _Sums], own: Flags, hit: Floats, chance: Floats
) -> Difference | None:
    """With what clients vary by taken into account; None if too few are behind it or it does not last."""
    rows = of.rows[place.source]
    client = of.steps.client[rows]
    clients = count_clients(client[own])
    if clients < _FEWEST_CLIENTS or not _lasts(of, rows, hit - chance, own):
        return None
    own_share, others_share = (one.hits / one.expected for one in sums)
    now = np.clip(chance * np.where(own, own_share, others_share), 1e-6, 1 - 1e-6)
    residual, variance = hit - now, now * (1 - now)
    whole_time = np.zeros(len(rows), np.int64)
    dispersion = max(
        spread.of_clients(client[part], whole_time[part], residual[part], variance[part]) for part in (own, ~own)
    )
    z = _departure(*sums) / math.sqrt(dispersion)
    return Difference(place, z, dispersion, *sums[0][:2], sums[1][:2], clients)


def _lasts(of: Counted, rows: Ints, residual: Floats, own: Flags) -> bool:
    """Whether each quarter of the segment's steps shows at least two fifths of the difference."""
    apart = residual[own].mean() - residual[~own].mean()
    edges = np.quantile(of.steps.at[rows[own]], np.linspace(0, 1, _QUARTERS + 1)[1:-1])
    quarter = np.searchsorted(edges, of.steps.at[rows])
    for one in range(_QUARTERS):
        here, there = own & (quarter == one), ~own & (quarter == one)
        if not here.any() or not there.any():
            return False
        if (residual[here].mean() - residual[there].mean()) / apart < _LASTING:
            return False
    return True


def most_telling(found: list[Difference], of: Counted) -> list[Difference]:
    """One per source and column: the surest, but the step that is missed rather than the leaving.

    Of two values the one fewer steps are of, for they are each other's mirror image.
    """
    best: dict[tuple[int, int], Difference] = {}
    for one in sorted(found, key=lambda one: -_weight(one, of)):
        key = one.place.source, one.place.column
        kept = best.setdefault(key, one)
        mirrored = len(of.segments()[one.place.column].values) == 2 and one.place.target == kept.place.target
        if mirrored and one.tries < kept.tries:
            best[key] = one
    return list(best.values())


def _weight(one: Difference, of: Counted) -> float:
    return abs(one.z) * (0.8 if one.place.target == of.steps.leaves else 1.0)
