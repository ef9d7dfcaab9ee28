"""What the lake consists of at one instant, as plain SQL, so that it is read the same way with Django and without."""

from dataclasses import dataclass

from fondly.measure.lake.catalogue import EVENTS, SCHEMA
from fondly.measure.lake.databases import Database, numbers, quoted
from fondly.measure.lake.shape import Table

FOLDER = "lake"  # below FONDLY_HOME


@dataclass(frozen=True, slots=True)
class Manifest:
    """paths: below the lake's folder; every row up to last_id is in one of the files, unless it was changed since.

    state: another word whenever sealed rows have changed. marks: the numbers, in the table's `noted` column, of rows
    that were changed. untrue: which rows of the files must not be used, as SQL of DuckDB, "" for none. alike: whether
    all files have the columns of today.
    """

    table: Table
    last_id: int
    state: str
    paths: tuple[str, ...]
    alike: bool
    marks: tuple[int, ...]
    untrue: str

    def since(self, last_id: int) -> str:
        """Which rows of the database complete what is known up to an id, as SQL."""
        return f"id > {last_id}" + (f" OR {self.table.whose} IN ({numbers(self.marks)})" if self.marks else "")


def read(database: Database, table: Table) -> Manifest:
    """The table's files, and what is read from the database.

    First whose rows are untrue, then the files, those in one statement: were it the other way round, outside of a
    transaction a turn of a worker in between would take the mark away from under the older files.
    """
    marks = _marks(database, table) if table.noted else ()
    untrue = _forgotten(database) if table == EVENTS else condition(table, marks)
    rows = database.rows(
        "SELECT w.last_id, w.state, f.path, f.schema FROM lake_watermark w"
        ' LEFT JOIN lake_lakefile f ON f."table" = w."table" AND f.replaced_at IS NULL'
        f' WHERE w."table" = {quoted(table.name)} ORDER BY f.path'
    )
    last_id, state = rows[0][:2] if rows else (0, "")
    files = [(path, schema) for *_, path, schema in rows if path is not None]
    alike = all(schema == SCHEMA for _, schema in files)
    return Manifest(table, last_id, state, tuple(path for path, _ in files), alike, marks, untrue)


def count(database: Database, table: Table) -> int:
    """How many rows a table has: those of its files, and those that are newer."""
    newer = f"SELECT count(*) FROM {table.source} WHERE id > {read(database, table).last_id}"
    sealed = "SELECT coalesce(sum(rows), 0) FROM lake_lakefile WHERE replaced_at IS NULL"
    (found,) = database.rows(f'SELECT ({sealed} AND "table" = {quoted(table.name)}) + ({newer})')
    return int(found[0])


def condition(table: Table, marks: "tuple[int, ...] | list[int]") -> str:
    """Which rows of the files are marked, as SQL of DuckDB. A plain list it would compare with every row one by one."""
    return f"{table.noted} IN (SELECT unnest('[{numbers(marks)}]'::BIGINT[]))" if marks else ""


def condition_of(visitors: list[tuple[str, int]]) -> str:
    """Which kept events are of these visitors, each up to an id."""
    return " OR ".join(f"visitor = {quoted(visitor)} AND id <= {last_id}" for visitor, last_id in visitors)


def _marks(database: Database, table: Table) -> tuple[int, ...]:
    marks = database.rows(f'SELECT DISTINCT number FROM lake_redo WHERE "table" = {quoted(table.name)} ORDER BY number')
    return tuple(number for (number,) in marks)


def _forgotten(database: Database) -> str:
    return condition_of([(row[0], row[1]) for row in database.rows("SELECT visitor, last_id FROM lake_forgotten")])
