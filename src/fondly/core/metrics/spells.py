"""Runs of contacts of one client with one department, and the changes between them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.columns import check_columns, microseconds, words

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Handovers:
    """One row per hand-off."""

    client: NDArray[Any]
    giving: NDArray[Any]
    taking: NDArray[Any]
    at: Whole
    wait: Whole
    before: Floats
    after: Floats

    def __getitem__(self, rows: NDArray[Any]) -> "Handovers":
        columns = (self.client, self.giving, self.taking, self.at, self.wait, self.before, self.after)
        return Handovers(*(column[rows] for column in columns))


def changes_of_department(rows: dict[str, NDArray[Any]]) -> Handovers:
    """Every change of department in a client's contacts."""
    check_columns(rows, ("client", "at", "department"))
    at = microseconds(rows["at"])
    order = np.lexsort((at, rows["client"]))
    client, at = rows["client"][order], at[order]
    feeling = np.asarray(rows.get("feeling", np.full(len(at), np.nan)), dtype=np.float64)[order]
    department, told = _carried(client, rows["department"][order])
    known = department != ""
    client, at, feeling, department, told = (one[known] for one in (client, at, feeling, department, told))
    return _between_spells(client, at, feeling, department, told)


def _carried(client: NDArray[Any], department: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Each row's department, carried on within a client ("" before the first); whether the row itself told it."""
    named = words(department.tolist(), "")
    told = named != ""
    last = np.maximum.accumulate(np.where(told, np.arange(len(named)), -1))
    is_same = (last >= 0) & (client[last] == client)
    return np.where(is_same, named[last], ""), told


def _between_spells(
    client: NDArray[Any], at: Whole, feeling: Floats, department: NDArray[Any], told: NDArray[np.bool_]
) -> Handovers:
    """A spell is a run of contacts of a client with one department."""
    if len(client) == 0:
        none = np.empty(0, dtype=np.int64)
        return Handovers(client, department, department, none, none, feeling, feeling)
    starts = np.flatnonzero(np.r_[True, (client[1:] != client[:-1]) | (department[1:] != department[:-1])])
    ends = np.r_[starts[1:], len(client)] - 1
    # The last contact of a spell is the last row that named the department: a survey's answer is none.
    contact = np.maximum.accumulate(np.where(told, np.arange(len(told)), 0))[ends]
    first, last = _first_and_last_known(feeling, starts, ends)
    is_next = client[starts[1:]] == client[starts[:-1]]
    one, other = np.flatnonzero(is_next), np.flatnonzero(is_next) + 1
    wait = at[starts[other]] - at[contact[one]]
    return Handovers(
        client[starts[other]],
        department[starts[one]],
        department[starts[other]],
        at[starts[other]],
        wait,
        last[one],
        first[other],
    )


def _first_and_last_known(feeling: Floats, starts: Whole, ends: Whole) -> tuple[Floats, Floats]:
    """Per spell the first and the last feeling that was told, NaN if none."""
    places, known = np.arange(len(feeling)), ~np.isnan(feeling)
    last = np.maximum.reduceat(np.where(known, places, -1), starts)
    first = np.minimum.reduceat(np.where(known, places, len(feeling)), starts)
    is_told = last >= 0
    return (
        np.where(is_told, feeling[np.minimum(first, ends)], np.nan),
        np.where(is_told, feeling[np.maximum(last, 0)], np.nan),
    )
