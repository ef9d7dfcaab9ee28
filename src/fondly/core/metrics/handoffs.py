"""What happens to clients when one department hands them to the next: how long they wait, how they feel, who leaves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.chance import holm
from fondly.core.metrics.columns import columns_of, microseconds
from fondly.core.metrics.distributions import student_two_sided_p, two_sided_t, two_sided_z
from fondly.core.metrics.estimates import LEVEL, Estimate, unknown
from fondly.core.metrics.frames import DAY, SECOND
from fondly.core.metrics.intervals import mean, share_difference, wilson
from fondly.core.metrics.spells import Floats, Handovers, changes_of_department

LEAVING_WITHIN_DAYS = 90
FEWEST = 5


@dataclass(frozen=True, slots=True)
class Handoff:
    """All hand-offs from `giving` to `taking`; n of them, of so many clients.

    wait_s: median seconds from the last contact with the one to the first with the other; slowest_s: nine of ten wait
    less. before, after: mean feeling, last known with the one, first known with the other; change: after minus before
    of clients with both. lost: share of clients who left soon after; more_lost: that minus the share after all other
    hand-offs. could_be_chance: the change, allowing for how many pairs were looked at.
    """

    giving: str
    taking: str
    n: int
    clients: int
    wait_s: Estimate
    slowest_s: float
    before: Estimate
    after: Estimate
    change: Estimate
    lost: Estimate
    more_lost: Estimate
    could_be_chance: bool


def handoffs(
    contacts: Any, left: Any = None, within_days: int = LEAVING_WITHIN_DAYS, level: float = LEVEL
) -> tuple[Handoff, ...]:
    """Per pair of departments, the worst change of feeling first.

    contacts: a dataframe or mapping with client, at (UTC datetimes or microseconds), department, and feeling where it
    was told (else NaN). Rows without department, such as an answer to a survey, belong to the department before.
    left: client and at of those who left (each once), or None; only hand-offs at least `within_days` before the last
    row of either are judged for loss. A client handed over twice between the same two is one client.
    """
    rows = columns_of(contacts)
    moved = changes_of_department(rows)
    fate = _fates(moved, rows, left, within_days)
    pairs = sorted({(str(a), str(b)) for a, b in zip(moved.giving, moved.taking, strict=True)})
    found = [_pair(moved, fate, giving, taking, level) for giving, taking in pairs]
    return tuple(sorted(_marked(found, level), key=lambda one: (_or_zero(one.change), one.giving, one.taking)))


def _fates(moved: Handovers, rows: dict[str, NDArray[Any]], left: Any, within_days: int) -> Floats:
    """Per hand-off 1 if the client left soon after, 0 if not, NaN if it is too early to say or nobody told."""
    if left is None or len(moved.client) == 0:
        return np.full(len(moved.client), np.nan)
    gone = columns_of(left, ["client", "at"])
    gone_at = dict(zip(gone["client"].tolist(), microseconds(gone["at"]).tolist(), strict=True))
    end = max([int(microseconds(rows["at"]).max()), *gone_at.values()])
    leaving = np.array([gone_at.get(one, 2**62) for one in moved.client.tolist()], dtype=np.int64)
    soon = (leaving >= moved.at) & (leaving - moved.at <= within_days * DAY)
    return np.where(moved.at + within_days * DAY <= end, soon.astype(np.float64), np.nan)


def _pair(moved: Handovers, fate: Floats, giving: str, taking: str, level: float) -> Handoff:
    is_pair = (moved.giving == giving) & (moved.taking == taking)
    ours = moved[is_pair]
    waits = np.sort(ours.wait / SECOND)
    lost, elsewhere = _lost(ours.client, fate[is_pair]), _lost(moved.client[~is_pair], fate[~is_pair])
    return Handoff(
        giving,
        taking,
        len(waits),
        len(np.unique(ours.client)),
        median(waits, level),
        float(np.quantile(waits, 0.9)),
        mean(_per_client(ours.client, ours.before), level),
        mean(_per_client(ours.client, ours.after), level),
        mean(_per_client(ours.client, ours.after - ours.before), level),
        wilson(*lost, level),
        share_difference(lost, elsewhere, level),
        True,
    )


def median(ordered: Floats, level: float = LEVEL) -> Estimate:
    """The median of values in order, its interval two of the values: ranks n/2 ± z sqrt(n)/2 (David & Nagaraja)."""
    n = len(ordered)
    if n < FEWEST:
        return unknown(n, f"fewer than {FEWEST}", level)
    reach = two_sided_z(level) * np.sqrt(n) / 2
    low, high = max(0, int(np.floor(n / 2 - reach)) - 1), min(n - 1, int(np.ceil(n / 2 + reach)))
    return Estimate(float(np.median(ordered)), float(ordered[low]), float(ordered[high]), n, level)


def _per_client(client: NDArray[Any], values: Floats) -> Floats:
    """The mean of each client with a known value, since one client's hand-offs are alike."""
    known = ~np.isnan(values)
    _clients, places = np.unique(client[known], return_inverse=True)
    return np.asarray(np.bincount(places, values[known]) / np.maximum(np.bincount(places), 1))


def _lost(client: NDArray[Any], fate: Floats) -> tuple[int, int]:
    """Clients who left, of how many that can be judged."""
    per_client = _per_client(client, fate)
    return int((per_client > 0).sum()), len(per_client)


def _marked(found: Sequence[Handoff], level: float) -> list[Handoff]:
    by_chance = holm([_chance(one.change) for one in found], 1 - level)
    return [replace(one, could_be_chance=could_be) for one, could_be in zip(found, by_chance, strict=True)]


def _chance(change: Estimate) -> float:
    """Student's two-sided p of no change, from its interval; 1 where nothing can be said."""
    if change.value is None or change.low is None or change.high is None or change.n < FEWEST:
        return 1.0
    freedom, half = change.n - 1, (change.high - change.low) / 2
    if half == 0:
        return 0.0 if change.value else 1.0
    t = change.value / half * two_sided_t(change.level, freedom)
    return student_two_sided_p(t, freedom)


def _or_zero(change: Estimate) -> float:
    return change.value if change.value is not None else 0.0
