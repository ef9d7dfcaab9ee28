"""Any dataframe as numpy columns, for measures that need all rows of a column at once."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import ArrayLike, NDArray


def columns_of(table: Any, names: Sequence[str] = ()) -> dict[str, NDArray[Any]]:
    """The columns of a dataframe (any kind Narwhals knows) or of a mapping, all of one length; names: only those."""
    if isinstance(table, Mapping):
        found = {str(name): np.asarray(column) for name, column in table.items()}
    else:
        frame = nw.from_native(table)
        eager = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
        found = {name: eager[name].to_numpy() for name in eager.columns}
    missing = [name for name in names if name not in found]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}; there are: {', '.join(found)}.")
    kept = {name: found[name] for name in (names or found)}
    if len({len(column) for column in kept.values()}) > 1:
        raise ValueError("the columns are not of one length.")
    return kept


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
