"""What the lake consists of at one instant, as plain SQL, so that it is read the same way with Django and without."""

from dataclasses import dataclass

from fondly.measure.lake.catalogue import EVENTS, Table
from fondly.measure.lake.databases import Database, numbers, quoted

FOLDER = "lake"  # below FONDLY_HOME


@dataclass(frozen=True, slots=True)
class Manifest:
    """paths: below the lake's folder; every row up to last_id is in one of the files.

    state: another word whenever sealed rows have changed. untrue: which rows of the files must not be used, as SQL, ""
    for none; clients: whose they are.
    """

    last_id: int
    state: str
    paths: tuple[str, ...]
    untrue: str
    clients: tuple[int, ...] = ()

    def since(self, last_id: int) -> str:
        """Which rows of the database complete what is known up to an id, as SQL."""
        return f"id > {last_id}" + (f" OR client_id IN ({numbers(self.clients)})" if self.clients else "")


def read(database: Database, table: Table) -> Manifest:
    """The table's files, and what is read from the database.

    First whose rows are untrue, then the files, those in one statement: were it the other way round, outside of a
    transaction a turn of a worker in between would take the mark away from under the older files.
    """
    clients = _clients(database) if table != EVENTS else ()
    untrue = _forgotten(database) if table == EVENTS else f"client IN ({numbers(clients)})" if clients else ""
    rows = database.rows(
        "SELECT w.last_id, w.state, f.path FROM lake_watermark w"
        ' LEFT JOIN lake_lakefile f ON f."table" = w."table" AND f.replaced_at IS NULL'
        f' WHERE w."table" = {quoted(table.name)} ORDER BY f.path'
    )
    last_id, state = rows[0][:2] if rows else (0, "")
    return Manifest(last_id, state, tuple(path for *_, path in rows if path is not None), untrue, clients)


def count(database: Database, table: Table) -> int:
    """How many rows a table has: those of its files, and those that are newer."""
    newer = f"SELECT count(*) FROM {table.source} WHERE id > {read(database, table).last_id}"
    sealed = "SELECT coalesce(sum(rows), 0) FROM lake_lakefile WHERE replaced_at IS NULL"
    (found,) = database.rows(f'SELECT ({sealed} AND "table" = {quoted(table.name)}) + ({newer})')
    return int(found[0])


def condition_of(visitors: list[tuple[str, int]]) -> str:
    """Which kept events are of these visitors, each up to an id."""
    return " OR ".join(f"visitor = {quoted(visitor)} AND id <= {last_id}" for visitor, last_id in visitors)


def _clients(database: Database) -> tuple[int, ...]:
    return tuple(client for (client,) in database.rows("SELECT DISTINCT client_id FROM lake_redo ORDER BY client_id"))


def _forgotten(database: Database) -> str:
    return condition_of([(row[0], row[1]) for row in database.rows("SELECT visitor, last_id FROM lake_forgotten")])
