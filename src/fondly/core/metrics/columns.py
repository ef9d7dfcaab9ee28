"""Any dataframe as numpy columns, for measures that need all rows of a column at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fondly.core.metrics import frames


def columns_of(table: Any, names: Sequence[str] = ()) -> dict[str, NDArray[Any]]:
    """The columns of a dataframe (any kind Narwhals knows) or of a mapping, all of one length; names: only those."""
    if isinstance(table, Mapping):
        found = {str(name): np.asarray(column) for name, column in table.items()}
    else:
        found = frames.columns_of(table)
    check_columns(found, names)
    kept = {name: found[name] for name in (names or found)}
    if len({len(column) for column in kept.values()}) > 1:
        raise ValueError("the columns are not of one length.")
    return kept


def check_columns(found: Collection[str], needed: Sequence[str]) -> None:
    """Raises ValueError naming the columns that are missing."""
    missing = [name for name in needed if name not in found]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}; there are: {', '.join(found)}.")


def words(values: Iterable[Any], gap: str) -> NDArray[np.str_]:
    """Each value as a word; `gap` for None, NaN, NaT and pandas' NA."""
    return np.array([gap if one is None or (one == one) is not True else str(one) for one in values], dtype=np.str_)


def microseconds(instants: ArrayLike) -> NDArray[np.int64]:
    """Instants as whole microseconds since 1970: datetimes without a zone are UTC, whole numbers are such already."""
    column = np.asarray(instants)
    if column.dtype.kind == "O":
        column = np.array([_without_zone(one) for one in column.tolist()], dtype="datetime64[us]")
    if column.dtype.kind == "M":
        return column.astype("datetime64[us]").astype(np.int64)
    if column.dtype.kind not in "iu":
        raise ValueError(f"{column.dtype} are no instants; give UTC datetimes or whole microseconds since 1970.")
    return column.astype(np.int64)


def _without_zone(instant: Any) -> Any:
    zone = getattr(instant, "tzinfo", None)
    return instant.astimezone(UTC).replace(tzinfo=None) if zone else instant
