"""What the models need to know of each client: how often, when last, since when, for how much."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

# Days counted in weeks, hundredths (as published tables round), hours of a week, thousandths.
_TICKS_PER_UNIT = (1, 7, 100, 168, 1000)
_LARGEST_KEY = 2**62


@dataclass(frozen=True, slots=True)
class Purchases:
    """One row per client, all of shape (clients,).

    frequency: repeat purchases, the first one not counted. recency: time from the first to the last purchase, 0 if
    there was one only. age: time from the first purchase to the end of what was observed. spend: mean amount of the
    repeat purchases, 0 without any; or None.
    """

    frequency: Whole
    recency: Floats
    age: Floats
    spend: Floats | None = None

    def __len__(self) -> int:
        return len(self.frequency)

    def picked(self, every: int) -> "Purchases":
        """Every so manyth client."""
        spend = None if self.spend is None else self.spend[::every]
        return Purchases(self.frequency[::every], self.recency[::every], self.age[::every], spend)


@dataclass(frozen=True)
class Distinct:
    """Clients alike in frequency, recency and age, once each; times[recency] and times[age] are their times."""

    frequency: Whole
    recency: Whole
    age: Whole
    clients: Floats
    times: Floats

    @cached_property
    def beyond(self) -> Floats:
        """How many clients bought again more than 0, 1, 2, ... times, as long as any did."""
        by_frequency = np.bincount(self.frequency, self.clients)
        return np.asarray(self.clients.sum() - np.cumsum(by_frequency))[:-1]


def purchases(frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, spend: ArrayLike | None = None) -> Purchases:
    """Columns as Purchases. Raises ValueError naming the column and the first row that cannot be."""
    x = np.asarray(frequency)
    last, since = np.asarray(recency, dtype=np.float64), np.asarray(age, dtype=np.float64)
    paid = None if spend is None else np.asarray(spend, dtype=np.float64)
    if len({len(column) for column in (x, last, since, paid) if column is not None}) != 1:
        raise ValueError("frequency, recency, age and spend must have one row per client each.")
    _refuse("frequency", (x < 0) | (x != np.floor(x)), "it must be a whole number, 0 or more")
    _refuse("age", ~(since >= 0) | np.isinf(since), "it must be 0 or more")
    _refuse("recency", ~((last >= 0) & (last <= since)), "it must lie between 0 and age")
    _refuse("recency", (x == 0) & (last > 0), "it must be 0 where frequency is 0")
    return Purchases(x.astype(np.int64), last, since, paid)


def _refuse(column: str, wrong: NDArray[np.bool_], why: str) -> None:
    if wrong.any():
        raise ValueError(f"{column}, row {int(np.argmax(wrong))}: {why}.")


def from_transactions(
    clients: ArrayLike, times: ArrayLike, amounts: ArrayLike | None = None, until: float | None = None
) -> tuple[NDArray[np.generic], Purchases]:
    """The clients in order, and their Purchases, from one row per transaction.

    times are numbers in the unit wanted for the models; several transactions of a client at the same time are one
    purchase of their sum. until: the end of what was observed (default: the last time); later rows are left out.
    """
    who, when = np.asarray(clients), np.asarray(times, dtype=np.float64)
    paid = np.zeros(len(when)) if amounts is None else np.asarray(amounts, dtype=np.float64)
    end = float(when.max()) if until is None else until
    seen = when <= end
    order = np.lexsort((when[seen], who[seen]))
    who, when, paid = who[seen][order], when[seen][order], paid[seen][order]
    starts = np.flatnonzero(np.r_[True, (who[1:] != who[:-1]) | (when[1:] != when[:-1])])
    who, when, paid = who[starts], when[starts], np.add.reduceat(paid, starts)
    firsts = np.flatnonzero(np.r_[True, who[1:] != who[:-1]])
    repeats = np.diff(np.r_[firsts, len(who)]) - 1
    recency = when[firsts + repeats] - when[firsts]
    spend = (np.add.reduceat(paid, firsts) - paid[firsts]) / np.maximum(repeats, 1)
    return who[firsts], purchases(repeats, recency, end - when[firsts], None if amounts is None else spend)


def time_per_repeat(given: Purchases) -> float:
    """Time watched per repeat purchase, from which a fit starts. Raises ValueError where nobody bought again."""
    repeats = int(given.frequency.sum())
    if repeats == 0:
        raise ValueError("Nobody bought a second time, so nothing can be said of buying again.")
    return max(float(given.age.sum()) / repeats, 1e-6)


def distinct(given: Purchases) -> Distinct:
    """The sufficient statistics of a fit: a million clients by the week are some ten thousand different ones.

    Exact: times are only taken as whole ticks where they are (within 1e-7 of a tick); else every value is kept.
    """
    per_unit = _ticks_per_unit(given)
    if per_unit:
        ages = np.rint(given.age * per_unit).astype(np.int64)
        span = int(ages.max(initial=0)) + 1
        if span <= 8 * len(ages) + 10_000 and (int(given.frequency.max(initial=0)) + 1) * span**2 < _LARGEST_KEY:
            recencies = np.rint(given.recency * per_unit).astype(np.int64)
            return _distinct_keys(given.frequency, recencies, ages, np.arange(span) / per_unit)
    times, places = np.unique(np.r_[given.recency, given.age], return_inverse=True)
    return _distinct_keys(given.frequency, places[: len(given)], places[len(given) :], times)


def _ticks_per_unit(given: Purchases) -> int:
    """How many ticks make the unit in which all times are whole; 0 if none of the usual ones."""
    for per_unit in _TICKS_PER_UNIT:
        # A thousand rows tell most wrong ones apart without a pass over all.
        if all(_is_whole(column[:1000] * per_unit) for column in (given.age, given.recency)) and all(
            _is_whole(column * per_unit) for column in (given.age, given.recency)
        ):
            return per_unit
    return 0


def _is_whole(ticks: Floats) -> bool:
    return bool((np.abs(ticks - np.rint(ticks)) < 1e-7).all())


def _distinct_keys(frequency: Whole, recency: Whole, age: Whole, times: Floats) -> Distinct:
    span = max(len(times), 1)
    keys, clients = np.unique((frequency * span + recency) * span + age, return_counts=True)
    rest, ages = np.divmod(keys, span)
    repeats, recencies = np.divmod(rest, span)
    return Distinct(repeats, recencies, ages, clients.astype(np.float64), times)
