"""Bringing sealed rows back to the truth after rows were changed, moved or deleted, or a visitor was forgotten.

Some files at a time these rows are taken out (readers leave them out already); when no file holds any, they are
sealed again from the database and the marks go. A mark that comes meanwhile has a number of its own and stays.
"""

from datetime import datetime

from fondly.measure.lake import tabling
from fondly.measure.lake.catalogue import EVENTS, TABLES
from fondly.measure.lake.databases import numbers, quoted, select
from fondly.measure.lake.entering import Change, begin, enter
from fondly.measure.lake.files import view, write
from fondly.measure.lake.inside import OfDjango, folder
from fondly.measure.lake.manifest import condition, condition_of
from fondly.measure.lake.models import Forgotten, LakeFile, Redo, Watermark
from fondly.measure.lake.sealing import MOST
from fondly.measure.lake.shape import Table

_FORGOTTEN = 1000  # visitors settled at once
_TOGETHER = 500_000  # rows of files written anew in one step


def redo(name: str, now: datetime) -> bool:
    """One step for rows of a table that have changed; whether another one must follow."""
    table = TABLES[name]
    most = MOST if table.noted == "id" else 1000  # a client has many facts
    marks = dict(Redo.objects.filter(table=name).order_by("pk").values_list("pk", "number")[:most])
    if not marks:
        return False
    begun = begin(name)
    if _take_out(table, condition(table, sorted(set(marks.values()))), begun, now):
        return True
    _seal_again(table, marks, begun, now)
    return len(marks) == most


def forget(now: datetime) -> bool:
    """One step for visitors who were forgotten; whether another one must follow."""
    marks = list(Forgotten.objects.order_by("pk")[:_FORGOTTEN])
    if not marks:
        return False
    begun = begin(EVENTS.name)
    theirs = condition_of([(mark.visitor, mark.last_id) for mark in marks])
    if _take_out(EVENTS, theirs, begun, now):
        return True
    enter(begun, Change(forgotten=[mark.pk for mark in marks]), now)
    return len(marks) == _FORGOTTEN


def _take_out(table: Table, theirs: str, begun: Watermark, now: datetime) -> bool:
    """Write some files that hold such rows anew without them; False if none does, or somebody was faster."""
    holding = _holding(table, theirs)
    if not holding:
        return False
    with tabling.connect(modest=True) as duck:
        view(duck, table.name, holding, theirs)
        made = write(duck, table.name, now)
    return enter(begun, Change(made, [file.pk for file in holding], corrects=True), now)


def _holding(table: Table, theirs: str) -> list[LakeFile]:
    """The first files that hold such rows, as many as can be written in one step; at least one if there is any."""
    rows, holding = 0, []
    with tabling.connect(modest=True) as duck:
        for file in LakeFile.objects.filter(table=table.name, replaced_at=None).order_by("path"):
            if duck.execute(f"SELECT 1 FROM {quoted(folder() / file.path)} WHERE {theirs} LIMIT 1").fetchall():
                rows += file.rows
                holding.append(file)
            if rows >= _TOGETHER:
                break
    return holding


def _seal_again(table: Table, marks: dict[int, int], begun: Watermark, now: datetime) -> None:
    database = OfDjango()
    where = f"{table.whose} IN ({numbers(set(marks.values()))}) AND id <= {begun.last_id}"
    rows = database.rows(select(table, table.stored, database.vendor, where))
    with tabling.connect(modest=True) as duck:
        tabling.create(duck, table.name, table.stored, rows)
        made = write(duck, table.name, now)
    enter(begun, Change(made, redone=list(marks), corrects=True), now)
