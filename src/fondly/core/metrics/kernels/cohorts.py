"""Who is seen again how many months after the first (see metrics.cohorts)."""

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.frames import DAY
from fondly.core.metrics.kernels.columns import Columns, Ints, Table

_CELL = 100_000  # more months than there are


def cohort_retention(columns: Columns) -> Table:
    """cohort (202603 is March 2026), age (months since), clients, size (of the cohort), share."""
    if not len(columns):
        return {name: np.empty(0, np.int64) for name in ("cohort", "age", "clients", "size", "share")}
    first_day = int(columns.at.min()) // DAY
    month_of_day = _months(first_day, int(columns.at.max()) // DAY)
    since_first = month_of_day - month_of_day[0]
    months = int(since_first[-1]) + 1
    counts = np.zeros(months * months, np.int64)
    for rows, clients in columns.blocks():
        month = since_first[columns.at[rows] // DAY - first_day]
        counts += _seen(month, columns.starts[clients] - rows.start, months)
    return _as_table(counts.reshape(months, months), int(month_of_day[0]))


def _seen(month: NDArray[np.int32], starts: NDArray[np.intp], months: int) -> NDArray[np.intp]:
    """Clients per first month and age, as one row of months² counts."""
    fresh = np.concatenate(([True], month[1:] != month[:-1]))
    fresh[starts] = True
    begins = np.zeros(len(month), np.bool_)
    begins[starts] = True
    first = month[starts][np.cumsum(begins[fresh]) - 1]
    return np.bincount(first * months + month[fresh] - first, minlength=months * months)


def _months(first_day: int, last_day: int) -> NDArray[np.int32]:
    """Months since 1970 of each day from the first to the last."""
    days = np.arange(first_day, last_day + 1).astype("datetime64[D]")
    return days.astype("datetime64[M]").astype(np.int32)


def _as_table(counts: NDArray[np.int64], first_month: int) -> Table:
    cohort, age = np.nonzero(counts)
    month = cohort + first_month
    return _with_shares((1970 + month // 12) * 100 + month % 12 + 1, age, counts[cohort, age])


def added(*parts: tuple[Table, int]) -> Table:
    """Answers about different clients as one; each counts as often as its number says, -1 takes it out."""
    cells = np.concatenate([table["cohort"] * _CELL + table["age"] for table, _ in parts])
    weighed = np.concatenate([table["clients"] * times for table, times in parts])
    cell, place = np.unique(cells, return_inverse=True)
    clients = np.zeros(len(cell), np.int64)
    np.add.at(clients, place, weighed)
    some = np.flatnonzero(clients)
    return _with_shares(cell[some] // _CELL, cell[some] % _CELL, clients[some])


def _with_shares(cohort: Ints, age: Ints, clients: Ints) -> Table:
    """Of cells in the order of cohort and age; every cohort's first has age 0."""
    size = clients[np.searchsorted(cohort, cohort)]
    return {"cohort": cohort, "age": age, "clients": clients, "size": size, "share": clients / size}
