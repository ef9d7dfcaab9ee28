"""Rows as typed tables of DuckDB, without pyarrow or pandas."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fondly.measure.lake.databases import quoted
from fondly.measure.lake.shape import Column

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NUMPY = {
    "BIGINT": np.int64, "INTEGER": np.int64, "SMALLINT": np.int64, "TIMESTAMP": np.int64, "DOUBLE": np.float64,
    "BOOLEAN": np.bool_,
}  # fmt: skip


def connect(*, modest: bool = False) -> "DuckDBPyConnection":
    """DuckDB in memory, in UTC. modest: one core and little memory, for a worker that has other things to do."""
    import duckdb

    # No extension is looked for elsewhere: nothing calls out unless told to.
    settings: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    if modest:
        settings |= {"threads": 1, "memory_limit": "1GB"}
    connection = duckdb.connect(":memory:", config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def create(
    connection: "DuckDBPyConnection", name: str, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]] = ()
) -> None:
    """A table of these columns, with instants in microseconds made instants."""
    kinds = ", ".join(f"{_named(column)} {column.type}" for column in columns)
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


def unite(
    connection: "DuckDBPyConnection",
    name: str,
    columns: Sequence[Column],
    files: Sequence[Path],
    alike: bool,
    untrue: str = "",
) -> None:
    """A view over the rows of the table `NAME_here`, made by `create`, and of the files but those that are untrue.

    A column that an older file does not have is NULL there. alike: all files have the same columns, so that DuckDB
    need not look into each before it begins.
    """
    view = f'SELECT {", ".join(_named(column) for column in columns)} FROM "{name}_here"'
    if files:
        told, rest = ", ".join(map(quoted, files)), f" WHERE NOT ({untrue})" if untrue else ""
        view += f" UNION ALL BY NAME SELECT * FROM read_parquet([{told}], union_by_name = {not alike}){rest}"
    connection.execute(f'CREATE VIEW "{name}" AS {view}')


def _named(column: Column) -> str:
    return f'"{column.name}"'


def _typed(column: Column) -> str:
    named = _named(column)
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
