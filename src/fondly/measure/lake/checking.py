"""Whether the lake is what its manifest says, for the doctor."""

from dataclasses import dataclass

from django.db.models import Sum

from fondly.measure.lake.catalogue import NOTED
from fondly.measure.lake.inside import OfDjango, folder
from fondly.measure.lake.models import LakeFile, Redo, Watermark
from fondly.measure.lake.shape import Table


@dataclass(frozen=True, slots=True)
class Checked:
    """missing: files that are not there or of another size. astray: by how many rows they differ from the database."""

    files: int
    rows: int
    bytes: int
    missing: int
    astray: int


def check() -> Checked:
    """Look at every file's size, and count the facts that should be in them."""
    here = LakeFile.objects.filter(replaced_at=None)
    found = here.aggregate(rows=Sum("rows"), bytes=Sum("bytes"))
    missing = sum(_size(path) != size for path, size in here.values_list("path", "bytes"))
    return Checked(here.count(), found["rows"] or 0, found["bytes"] or 0, missing, _astray())


def _size(path: str) -> int:
    try:
        return (folder() / path).stat().st_size
    except OSError:
        return -1


def _astray() -> int:
    """Of tables with rows that changed nothing can be said until those are sealed again."""
    marked = set(Redo.objects.values_list("table", flat=True).distinct())
    ends = dict(Watermark.objects.values_list("table", "last_id"))
    sums = LakeFile.objects.filter(replaced_at=None).values_list("table").annotate(rows=Sum("rows"))
    sealed = dict(sums.order_by("table"))
    return sum(
        abs(_rows_up_to(table, ends[table.name]) - sealed.get(table.name, 0))
        for table in NOTED
        if table.name in ends and table.name not in marked
    )


def _rows_up_to(table: Table, last_id: int) -> int:
    return int(OfDjango().rows(f"SELECT count(*) FROM {table.source} WHERE id <= {last_id}")[0][0])
