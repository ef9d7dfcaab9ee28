"""Rows as typed tables of DuckDB, without pyarrow or pandas."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fondly.measure.lake.catalogue import Column

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NUMPY = {
    "BIGINT": np.int64, "INTEGER": np.int64, "SMALLINT": np.int64, "TIMESTAMP": np.int64, "DOUBLE": np.float64,
    "BOOLEAN": np.bool_,
}  # fmt: skip


def connect() -> "DuckDBPyConnection":
    """DuckDB in memory, in UTC."""
    import duckdb

    # No extension is looked for elsewhere: nothing calls out unless told to.
    settings: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    connection = duckdb.connect(":memory:", config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def create(
    connection: "DuckDBPyConnection", name: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]] = ()
) -> None:
    """A table of these columns, with instants in microseconds made instants."""
    kinds = ", ".join(f'"{column.name}" {column.type}' for column in columns)
    connection.execute(f'CREATE TABLE "{name}" ({kinds})')
    add(connection, name, columns, rows)


def add(
    connection: "DuckDBPyConnection", name: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Rows as `databases.select` gives them."""
    if not rows:
        return
    arrays = dict(zip((column.name for column in columns), map(_array, columns, zip(*rows, strict=True)), strict=True))
    connection.register("_rows", arrays)
    told = ", ".join(_typed(column) for column in columns)
    connection.execute(f'INSERT INTO "{name}" SELECT {told} FROM _rows')
    connection.unregister("_rows")


def _typed(column: Column) -> str:
    named = f'"{column.name}"'
    return f"make_timestamp({named}::BIGINT)" if column.type == "TIMESTAMP" else f"{named}::{column.type}"


def _array(column: Column, values: tuple[Any, ...]) -> Any:
    if column.type == "VARCHAR":
        return np.array(values, dtype=object)
    kind = _NUMPY[column.type]
    if None not in values:
        return np.array(values, dtype=kind)
    return np.ma.array(
        [0 if value is None else value for value in values], mask=[v is None for v in values], dtype=kind
    )
