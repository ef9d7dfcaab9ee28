"""What the lake consists of at one instant, as plain SQL, so that it is read the same way with Django and without."""

from dataclasses import dataclass
from pathlib import Path

from fondly.measure.lake.databases import Database

FOLDER = "lake"  # below FONDLY_HOME


@dataclass(frozen=True, slots=True)
class Manifest:
    """last_id: every row up to it is in one of the files; paths are below the lake's folder."""

    last_id: int
    paths: tuple[str, ...]


def read(database: Database, table: str) -> Manifest:
    """The files of a table and how far they go, from one statement."""
    rows = database.rows(
        "SELECT w.last_id, f.path FROM lake_watermark w"
        f' LEFT JOIN lake_lakefile f ON f."table" = w."table" AND f.replaced_at IS NULL WHERE w."table" = \'{table}\''
        " ORDER BY f.path"
    )
    return Manifest(rows[0][0] if rows else 0, tuple(path for _, path in rows if path is not None))


def untrue_clients(database: Database) -> tuple[int, ...]:
    """Clients whose sealed rows must not be used."""
    return tuple(client for (client,) in database.rows("SELECT DISTINCT client_id FROM lake_redo ORDER BY client_id"))


def quoted(path: Path) -> str:
    """A path as a text of SQL."""
    return "'" + str(path).replace("'", "''") + "'"
