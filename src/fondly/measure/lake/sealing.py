"""Sealing new rows into Parquet, exactly once.

Files are written first and entered in the manifest afterwards, in one transaction that also moves the watermark. A
worker that is killed before leaves files nobody reads; they are swept. Two workers at once: the watermark counts its
changes, and who finds another count than at the start throws its own work away.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from fondly.measure.lake import tabling
from fondly.measure.lake.catalogue import TABLES
from fondly.measure.lake.databases import Row, select
from fondly.measure.lake.entering import Change, begin, enter
from fondly.measure.lake.files import write
from fondly.measure.lake.inside import OfDjango
from fondly.measure.lake.settling import settled_up_to
from fondly.measure.lake.shape import Table

FEWEST = 1000  # new rows; a file for less is not worth it,
LONGEST = timedelta(hours=1)  # unless facts or events have waited so long
MOST = 100_000  # rows at once; a worker has other things to do
_READ_AT_ONCE = 20_000
_LEARNT = {"interactions": "recorded_at", "events": "received_at"}


def may_be_sealed(name: str, last_id: int, newest: int) -> bool:
    """Whether enough rows wait or, of facts and events, one may have waited long; newest: the largest id."""
    return newest - last_id >= (1 if name in _LEARNT else FEWEST)


def seal(name: str, now: datetime) -> int:
    """Seal the next rows of a table, at most MOST; how many. 0 when too few wait or somebody was faster."""
    table, begun = TABLES[name], begin(name)
    if not _is_worth_it(table, begun.last_id, now):
        return 0
    end = settled_up_to(table.source, begun.last_id, MOST)
    if end <= begun.last_id:
        return 0
    with tabling.connect(modest=True) as duck:
        tabling.create(duck, name, table.stored)
        for rows in _parts(table, begun.last_id, end):
            tabling.add(duck, name, table.stored, rows)
        made = write(duck, name, now)
    return sum(file.rows for file in made) if enter(begun, Change(made, last_id=end), now) else 0


def _is_worth_it(table: Table, last_id: int, now: datetime) -> bool:
    database = OfDjango()
    newest = database.rows(f"SELECT max(id) FROM {table.source}")[0][0] or 0
    if newest - last_id >= FEWEST:
        return True
    if not may_be_sealed(table.name, last_id, newest):
        return False
    learnt = [column for column in table.stored if column.name == _LEARNT[table.name]]
    oldest = database.rows(select(table, learnt, database.vendor, f"id > {last_id}", "id LIMIT 1"))
    return bool(oldest[0][0] <= (now - LONGEST).timestamp() * 1_000_000)


def _parts(table: Table, above: int, up_to: int) -> Iterator[list[Row]]:
    """Rows by their ids, so many at once that they fit into memory twice."""
    database = OfDjango()
    while above < up_to:
        some = f"id > {above} AND id <= {up_to}"
        rows = database.rows(select(table, table.stored, database.vendor, some, f"id LIMIT {_READ_AT_ONCE}"))
        yield rows
        above = rows[-1][0] if len(rows) == _READ_AT_ONCE else up_to
