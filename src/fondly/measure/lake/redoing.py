"""Bringing sealed rows back to the truth after facts were changed, moved or deleted, or a visitor was forgotten.

File by file the rows of these clients are taken out (readers leave them out already); when no file holds any, they are
sealed again from the database and the marks go. A mark that comes meanwhile has a number of its own and stays.
"""

from datetime import datetime

from fondly.measure.lake import tabling
from fondly.measure.lake.catalogue import EVENTS, INTERACTIONS, Table
from fondly.measure.lake.databases import numbers, quoted, select
from fondly.measure.lake.entering import Change, begin, enter
from fondly.measure.lake.files import view, write_months
from fondly.measure.lake.inside import OfDjango, folder
from fondly.measure.lake.manifest import condition_of
from fondly.measure.lake.models import Forgotten, LakeFile, Redo, Watermark

_MOST = 1000  # marks, or clients, settled at once


def redo(now: datetime) -> bool:
    """One step for clients whose facts have changed; whether another one must follow."""
    marks = dict(Redo.objects.order_by("pk").values_list("pk", "client_id")[:_MOST])
    if not marks:
        return False
    begun = begin(INTERACTIONS.name)
    theirs = f"client IN ({numbers(set(marks.values()))})"
    if _take_out(INTERACTIONS, theirs, begun, now):
        return True
    _seal_again(marks, begun, now)
    return len(marks) == _MOST


def forget(now: datetime) -> bool:
    """One step for visitors who were forgotten; whether another one must follow."""
    marks = list(Forgotten.objects.order_by("pk")[:_MOST])
    if not marks:
        return False
    begun = begin(EVENTS.name)
    theirs = condition_of([(mark.visitor, mark.last_id) for mark in marks])
    if _take_out(EVENTS, theirs, begun, now):
        return True
    enter(begun, Change(forgotten=[mark.pk for mark in marks]), now)
    return len(marks) == _MOST


def _take_out(table: Table, theirs: str, begun: Watermark, now: datetime) -> bool:
    """Write the first file that holds such rows anew without them; False if there is none, or somebody was faster."""
    with tabling.connect(modest=True) as duck:
        for file in LakeFile.objects.filter(table=table.name, replaced_at=None).order_by("path"):
            if duck.execute(f"SELECT 1 FROM {quoted(folder() / file.path)} WHERE {theirs} LIMIT 1").fetchall():
                view(duck, table.name, [file], theirs)
                made = write_months(duck, table.name, table.name, now)
                return enter(begun, Change(made, [file.pk], corrects=True), now)
    return False


def _seal_again(marks: dict[int, int], begun: Watermark, now: datetime) -> None:
    database, table = OfDjango(), INTERACTIONS
    where = f"client_id IN ({numbers(set(marks.values()))}) AND id <= {begun.last_id}"
    rows = database.rows(select(table, table.stored, database.vendor, where))
    with tabling.connect(modest=True) as duck:
        tabling.create(duck, table.name, table.stored, rows)
        made = write_months(duck, table.name, table.name, now)
    enter(begun, Change(made, redone=list(marks), corrects=True), now)
