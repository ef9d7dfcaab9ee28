"""Writing files of the lake so that a kill at any instant leaves either a whole file or none that counts."""

import os
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fondly.measure.lake import tabling
from fondly.measure.lake.catalogue import SCHEMA, TABLES
from fondly.measure.lake.databases import quoted
from fondly.measure.lake.inside import folder
from fondly.measure.lake.models import LakeFile
from fondly.measure.lake.shape import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

UNFINISHED = ".part"
_ALL = "all"  # instead of a month, where tables are not parted


def write(connection: "DuckDBPyConnection", table: str, now: datetime) -> list[LakeFile]:
    """The rows of this table of DuckDB, in a file for each month. They count once they are in the manifest."""
    month = _month_of(TABLES[table])
    months = connection.execute(f"SELECT DISTINCT {month} FROM {table} ORDER BY 1").fetchall()
    return [_write(connection, table, month, now) for (month,) in months]


def _month_of(table: Table) -> str:
    return "strftime(\"at\", '%Y-%m')" if table.monthly else f"'{_ALL}'"


def view(connection: "DuckDBPyConnection", table: str, files: Sequence[LakeFile], untrue: str = "") -> None:
    """The rows of these files but those that are untrue, under the table's name and with its columns of today."""
    columns = TABLES[table].stored
    tabling.create(connection, f"{table}_here", columns)
    alike = all(file.schema == SCHEMA for file in files)
    tabling.unite(connection, table, columns, [folder() / file.path for file in files], alike, untrue)


def _write(connection: "DuckDBPyConnection", table: str, month: str, now: datetime) -> LakeFile:
    those = f"FROM {table} WHERE {_month_of(TABLES[table])} = '{month}'"
    count, first, last = connection.execute(f"SELECT count(*), min(id), max(id) {those}").fetchall()[0]
    path = f"{table}/{month}/{first}-{last}-{secrets.token_hex(4)}.parquet"
    target = folder() / path
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_suffix(UNFINISHED)
    ordered = f"SELECT * {those} ORDER BY {TABLES[table].sealed}"
    connection.execute(f"COPY ({ordered}) TO {quoted(part)} (FORMAT parquet, COMPRESSION zstd)")
    part.chmod(0o600)
    _sync(part)
    part.replace(target)
    for changed in (target.parent, target.parent.parent):  # a folder may be new as well
        _sync(changed)
    size = target.stat().st_size
    return LakeFile(
        table=table, month=month, path=path, rows=count, first_id=first, last_id=last, bytes=size, schema=SCHEMA,
        sealed_at=now,
    )  # fmt: skip


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
