"""Making one file of many small ones of the same month, so that readers open few."""

from datetime import datetime

from django.db.models import Count

from fondly.measure.lake import tabling
from fondly.measure.lake.entering import Change, begin, enter
from fondly.measure.lake.files import view, write
from fondly.measure.lake.models import LakeFile

MANY = 8  # small files of one month
LARGE = 250_000  # rows; such a file is left as it is
_TOGETHER = 1_000_000  # rows written at once


def compact(now: datetime) -> bool:
    """Unite the small files of one month; False when no month has many."""
    small = LakeFile.objects.filter(replaced_at=None, rows__lt=LARGE)
    crowded = small.values_list("table", "month").annotate(files=Count("pk")).filter(files__gt=MANY)
    first = crowded.order_by("table", "month").first()
    if first is None:
        return False
    table, month, _files = first
    begun = begin(table)
    files = _fitting(list(small.filter(table=table, month=month).order_by("rows", "pk")))
    with tabling.connect(modest=True) as duck:
        view(duck, table, files)
        made = write(duck, table, now)
    return enter(begun, Change(made, [file.pk for file in files]), now)


def _fitting(files: list[LakeFile]) -> list[LakeFile]:
    """The smallest ones, as many as together are not too large."""
    rows, fitting = 0, []
    for file in files:
        rows += file.rows
        if rows > _TOGETHER:
            break
        fitting.append(file)
    return fitting
