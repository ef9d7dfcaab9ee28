"""Reading rows of the database without Django: SQLite's file or PostgreSQL, nothing is ever written."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import quote

from fondly.measure.lake.shape import Column, Table

Vendor = Literal["sqlite", "postgresql"]
Row = tuple[Any, ...]


class Database(Protocol):
    """Where rows come from. Within `moment` every question is answered as of one instant."""

    vendor: Vendor

    def rows(self, sql: str) -> list[Row]: ...

    def moment(self) -> Any: ...

    def close(self) -> None: ...


class Unreadable(Exception):
    """The database cannot be read; the message says which and why."""


class SqliteFile:
    vendor: Vendor = "sqlite"

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise Unreadable(f"There is no database {path}. `fondly up` makes one; FONDLY_HOME says where it is.")
        address = f"file:{quote(str(path))}?mode=ro"
        self._connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=20)

    def rows(self, sql: str) -> list[Row]:
        return self._connection.execute(sql).fetchall()

    @contextmanager
    def moment(self) -> Iterator[None]:
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


class Postgres:
    vendor: Vendor = "postgresql"

    def __init__(self, url: str) -> None:
        import psycopg

        try:
            self._connection = psycopg.connect(url, autocommit=True)
        except psycopg.Error as error:
            raise Unreadable(f"PostgreSQL does not answer: {str(error).strip().splitlines()[0]}") from error

    def rows(self, sql: str) -> list[Row]:
        return self._connection.execute(sql.encode()).fetchall()

    @contextmanager
    def moment(self) -> Iterator[None]:
        self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield
        finally:
            self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


def connect(place: str | Path) -> Database:
    """A postgresql:// address, else the path of a SQLite file. Raises Unreadable."""
    if str(place).startswith(("postgres://", "postgresql://")):
        return Postgres(str(place))
    return SqliteFile(Path(place))


def select(table: Table, columns: Sequence[Column], vendor: Vendor, where: str = "", order: str = "") -> str:
    """The statement for these columns; instants come as microseconds since 1970, empty texts as NULL."""
    told = ", ".join(_expression(column, vendor) for column in columns)
    condition = f" WHERE {where}" if where else ""
    ordered = f" ORDER BY {order}" if order else ""
    return f"SELECT {told} FROM {table.source}{condition}{ordered}"


def numbers(values: Iterable[int]) -> str:
    """A list of ids as it stands in a statement."""
    return ", ".join(str(int(value)) for value in values)


def quoted(text: object) -> str:
    """A text, or a path, as it stands in a statement."""
    return "'" + str(text).replace("'", "''") + "'"


def _expression(column: Column, vendor: Vendor) -> str:
    stored = column.stored if not column.stored.isidentifier() else f'"{column.stored}"'
    if column.type == "VARCHAR":
        return f"nullif({stored}, '')"
    if column.type != "TIMESTAMP":
        return stored
    if vendor == "postgresql":
        return f"(extract(epoch FROM {stored}) * 1000000)::bigint"
    # SQLite holds UTC text with or without a fraction, and rounds a fraction it reads to milliseconds
    return (
        f"CAST(strftime('%s', substr({stored}, 1, 19)) AS INTEGER) * 1000000 + CAST(substr({stored}, 21, 6) AS INTEGER)"
    )
