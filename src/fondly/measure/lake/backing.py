"""The lake in backups: sealed facts can be sealed again from the database, events that have left it can not."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.db import connection, transaction
from django.db.models import F

from fondly.ground import clock
from fondly.measure.lake.catalogue import EVENTS, NOTED
from fondly.measure.lake.inside import folder
from fondly.measure.lake.models import LakeFile, Redo, Watermark, new_state
from fondly.measure.lake.sweeping import GRACE


def to_keep() -> list[Path]:
    """The files that hold what is nowhere else, also those a copy of the database made just now may still name."""
    if not _is_there():
        return []
    known = LakeFile.objects.filter(table=EVENTS.name).exclude(replaced_at__lt=clock.now() - GRACE / 2)
    return [folder() / path for path in known.order_by("path").values_list("path", flat=True)]


def begin_again() -> None:
    """Seal all once more; of events, go on with the files that are there. For a lake that is not this database's.

    A restored database may be from before there was a lake.
    """
    if not _is_there():
        return
    with transaction.atomic():
        LakeFile.objects.filter(pk__in=list(_lost())).delete()
        seal_anew([table.name for table in NOTED])


def seal_anew(tables: Sequence[str]) -> None:
    """Forget what was sealed of these."""
    with transaction.atomic():
        LakeFile.objects.filter(table__in=tables).delete()
        Redo.objects.filter(table__in=tables).delete()
        sealed = Watermark.objects.filter(table__in=tables, last_id__gt=0)
        sealed.update(last_id=0, turn=F("turn") + 1, state=new_state())


def _is_there() -> bool:
    """A backup is also made before an upgrade brings the lake's tables."""
    return LakeFile._meta.db_table in connection.introspection.table_names()


def _lost() -> Iterator[int]:
    for file in LakeFile.objects.filter(table=EVENTS.name):
        if not (folder() / file.path).is_file():
            yield file.pk
