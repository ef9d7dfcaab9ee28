"""Opening the lake: sealed files and what is newer, as tables of DuckDB. Needs no Django and starts in a blink."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fondly.measure.lake import manifest
from fondly.measure.lake.catalogue import TABLES, Column, Table
from fondly.measure.lake.databases import Database, connect, numbers, select

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def open(database: str | Path, home: Path, *, personal: bool = False) -> "Lake":
    """The lake of an install. database: a SQLite file or a postgresql:// address; home: FONDLY_HOME.

    personal: with the columns that tell who somebody is. Raises databases.Unreadable.
    """
    return Lake(connect(database), home / manifest.FOLDER, personal=personal)


class Lake:
    """Every fact once, whether it is sealed or not yet."""

    def __init__(self, database: Database, folder: Path, *, personal: bool = False) -> None:
        self._database = database
        self._folder = folder
        self.personal = personal

    def duckdb(self, *tables: str) -> "DuckDBPyConnection":
        """DuckDB in memory with these tables of the catalogue (all, if none is named), as of now.

        Rows that are not sealed are copied when this is called. Raises KeyError for a table that does not exist.
        """
        from fondly.measure.lake import tabling

        wanted = [TABLES[name] for name in tables or TABLES]
        connection = tabling.connect()
        with self._database.moment():
            for table in wanted:
                self._add(connection, table)
        return connection

    def counts(self) -> dict[str, int]:
        """How many rows each table has, without reading them."""
        return {name: self._count(table) for name, table in TABLES.items()}

    def now(self) -> datetime:
        """What the install's clock shows, which a demo may have moved: as ground.clock, without Django."""
        told = self._database.rows("SELECT value FROM ground_setting WHERE name = 'clock.offset_seconds'")
        return datetime.now(UTC) + timedelta(seconds=float(told[0][0]) if told and told[0][0] else 0.0)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> "Lake":
        return self

    def __exit__(self, *_problem: object) -> None:
        self.close()

    def _count(self, table: Table) -> int:
        from fondly.measure.lake import designs

        if not table.source:
            return len(designs.rows(self._database, table.name))
        return int(self._database.rows(f"SELECT count(*) FROM {table.source}")[0][0])

    def _add(self, connection: "DuckDBPyConnection", table: Table) -> None:
        from fondly.measure.lake import designs, tabling

        columns = table.shown(self.personal)
        if table.sealed:
            self._add_sealed(connection, table, columns)
            return
        if table.source:
            rows = self._database.rows(select(table, columns, self._database.vendor))
        else:
            rows = designs.rows(self._database, table.name)
        tabling.create(connection, table.name, columns, rows)

    def _add_sealed(self, connection: "DuckDBPyConnection", table: Table, columns: Sequence[Column]) -> None:
        """A view over the files and, as a table of its own, over what they do not hold (any more)."""
        from fondly.measure.lake import tabling

        # First whose rows are untrue, then the files: were it the other way round, outside of a transaction a turn
        # of the sealing in between would take the mark away from under the older files.
        untrue = manifest.untrue_clients(self._database)
        sealed = manifest.read(self._database, table.name)
        newer = f"id > {sealed.last_id}"
        where = f"{newer} OR client_id IN ({numbers(untrue)})" if untrue else newer
        rows = self._database.rows(select(table, columns, self._database.vendor, where))
        tabling.create(connection, f"_{table.name}_here", columns, rows)
        told = ", ".join(f'"{column.name}"' for column in columns)
        view = f"SELECT {told} FROM _{table.name}_here"
        if sealed.paths:
            files = ", ".join(manifest.quoted(self._folder / path) for path in sealed.paths)
            rest = f" WHERE client NOT IN ({numbers(untrue)})" if untrue else ""
            view += f" UNION ALL BY NAME SELECT * FROM read_parquet([{files}], union_by_name = true){rest}"
        connection.execute(f"CREATE VIEW {table.name} AS {view}")
