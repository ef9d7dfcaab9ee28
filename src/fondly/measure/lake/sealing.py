"""Sealing facts into Parquet, exactly once: what a worker does between two rounds.

Files are written first and entered in the manifest afterwards, in one transaction that also moves the watermark. A
worker that is killed before leaves files nobody reads; they are swept. Two workers at once: the watermark counts its
changes, and who finds another count than at the start throws its own work away.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import F

from fondly.measure.lake import tabling
from fondly.measure.lake.catalogue import TABLES
from fondly.measure.lake.databases import select
from fondly.measure.lake.files import write_months
from fondly.measure.lake.inside import OfDjango, folder
from fondly.measure.lake.models import LakeFile, Watermark
from fondly.measure.lake.settling import settled_up_to

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FACTS = "interactions"
FEWEST = 1000  # new rows; a file for less is not worth it,
LONGEST = timedelta(hours=1)  # unless they have waited so long
MOST = 200_000  # rows in one turn
_READ_AT_ONCE = 20_000


def seal(now: datetime) -> int:
    """Seal the next facts, at most MOST; how many rows. 0 when there are too few or somebody was faster."""
    mark, _new = Watermark.objects.get_or_create(table=FACTS)
    if not _is_worth_it(mark, now):
        return 0
    end = settled_up_to(TABLES[FACTS].source, mark.last_id, MOST)
    if end <= mark.last_id:
        return 0
    database = tabling.connect()
    _copy(database, mark.last_id, end)
    made = write_months(database, FACTS, FACTS, folder(), now)
    return sum(file.rows for file in made) if _enter(made, mark, end) else 0


def _is_worth_it(mark: Watermark, now: datetime) -> bool:
    """Whether enough rows wait, or one has waited long enough."""
    source = TABLES[FACTS].source
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(id) FROM {source}")
        if (cursor.fetchone()[0] or 0) - mark.last_id >= FEWEST:
            return True
        columns = [column for column in TABLES[FACTS].columns if column.name == "recorded_at"]
        cursor.execute(select(TABLES[FACTS], columns, OfDjango().vendor, f"id > {mark.last_id}", "id LIMIT 1"))
        oldest = cursor.fetchone()
    return oldest is not None and oldest[0] <= (now - LONGEST).timestamp() * 1_000_000


def _copy(database: "DuckDBPyConnection", above: int, up_to: int) -> None:
    table, source = TABLES[FACTS], OfDjango()
    tabling.create(database, table.name, table.columns)
    while above < up_to:
        rows = source.rows(
            select(table, table.columns, source.vendor, f"id > {above} AND id <= {up_to}", f"id LIMIT {_READ_AT_ONCE}")
        )
        tabling.add(database, table.name, table.columns, rows)
        above = rows[-1][0] if len(rows) == _READ_AT_ONCE else up_to


def _enter(made: list[LakeFile], mark: Watermark, last_id: int) -> bool:
    """Make the files part of the lake; False, and nothing done, if somebody else changed the manifest meanwhile."""
    with transaction.atomic():
        same = Watermark.objects.filter(table=FACTS, turn=mark.turn)
        if not same.update(last_id=last_id, turn=F("turn") + 1):
            return False
        LakeFile.objects.bulk_create(made)
    return True
