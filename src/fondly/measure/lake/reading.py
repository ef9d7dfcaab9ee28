"""Opening the lake: sealed files and what is newer, as tables of DuckDB. Needs no Django and starts in a blink."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fondly.measure.lake import manifest
from fondly.measure.lake.catalogue import TABLES
from fondly.measure.lake.databases import Database, Row, connect, select
from fondly.measure.lake.shape import Column, Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from fondly.core.metrics.kernels.columns import Columns
    from fondly.measure.lake.clustered import Now, What


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
            for table in dict.fromkeys(part for whole in wanted for part in (*whole.beside, whole)):
                self._add(connection, table)
        return connection

    def frame(self, table: str, engine: str = "") -> Any:
        """A table as the frame of an engine (see engines), for the functions of core.metrics."""
        from fondly.measure.lake import engines

        return engines.frame(self, table, engine)

    def shown(self, table: str) -> tuple[Column, ...]:
        """The columns of a table that may be seen."""
        return TABLES[table].shown(self.personal)

    def parts(self, table: Table) -> tuple[list[Path], tuple[int, ...], list[Row]]:
        """Of a sealed table its files, which of their rows must not be used (see Manifest), and the database's rows."""
        with self._database.moment():
            kept = manifest.read(self._database, table)
            rows = self._database.rows(select(table, table.stored, self._database.vendor, kept.since(kept.last_id)))
        return [self._folder / path for path in kept.paths], kept.marks, rows

    def counts(self) -> dict[str, int]:
        """How many rows each table has, without reading them."""
        return {name: self._count(table) for name, table in TABLES.items()}

    def now(self) -> datetime:
        """What the install's clock shows, which a demo may have moved: as ground.clock, without Django."""
        told = self._database.rows("SELECT value FROM ground_setting WHERE name = 'clock.offset_seconds'")
        return datetime.now(UTC) + timedelta(seconds=float(told[0][0]) if told and told[0][0] else 0.0)

    def columns(
        self,
        what: "What" = "name",
        *,
        stage: bool = True,
        kinds: Sequence[str] = (),
        since: int | None = None,
        until: int | None = None,
    ) -> "Columns":
        """All facts for the numpy kernels, as of now; clients stand for themselves.

        what: the fact's name (its kind, if it has none) or its kind. stage: only facts of a stage, with it. kinds: only
        such facts. since, until: only facts from, and before, these microseconds since 1970.
        """
        return self.kept(what, stage=stage, kinds=kinds).columns(since, until)

    def kept(self, what: "What" = "name", *, stage: bool = True, kinds: Sequence[str] = ()) -> "Now":
        """The same as what is kept of them and what has changed since: the cheapest way to ask again and again."""
        from fondly.measure.lake import clustered

        with self._database.moment():
            return clustered.read(self._database, self._folder, clustered.Asked(what, stage, tuple(kinds)))

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> "Lake":
        return self

    def __exit__(self, *_problem: object) -> None:
        self.close()

    def _count(self, table: Table) -> int:
        if not table.source:
            return len(self._designed(table))
        if table.kept:  # the database may have let go of what is sealed
            return manifest.count(self._database, table)
        return int(self._database.rows(f"SELECT count(*) FROM {table.source}")[0][0])

    def _add(self, connection: "DuckDBPyConnection", table: Table) -> None:
        from fondly.measure.lake import tabling

        columns = table.shown(self.personal)
        if table.is_read_sealed(self.personal):
            self._add_sealed(connection, table)
        elif table.source:
            rows = self._database.rows(select(table, columns, self._database.vendor))
            tabling.create(connection, table.name, columns, rows)
        else:
            tabling.create(connection, table.name, columns, self._designed(table))

    def _designed(self, table: Table) -> list[Row]:
        from fondly.measure.lake import designs  # brings the playbook's whole model

        return designs.rows(self._database, table.name)

    def _add_sealed(self, connection: "DuckDBPyConnection", table: Table) -> None:
        """A view over the files and, copied now, what they do not hold (any more)."""
        from fondly.measure.lake import tabling

        kept = manifest.read(self._database, table)
        rows = self._database.rows(select(table, table.stored, self._database.vendor, kept.since(kept.last_id)))
        name = f"kept_{table.name}" if table.beside else table.name
        tabling.create(connection, f"{name}_here", table.stored, rows)
        files = [self._folder / path for path in kept.paths]
        tabling.unite(connection, name, table.stored, files, kept.alike, kept.untrue)
        if table.beside:
            told = ", ".join(f'{column.seen} AS "{column.name}"' for column in table.shown(self.personal))
            connection.execute(f"CREATE VIEW {table.name} AS SELECT {told} FROM {name} e {table.joined}")
