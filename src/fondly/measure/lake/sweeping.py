"""Taking away what nobody needs: files that were replaced or never counted, events that are sealed for good."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from fondly.measure.events.models import BehaviourEvent
from fondly.measure.lake.catalogue import EVENTS, TABLES
from fondly.measure.lake.inside import folder
from fondly.measure.lake.models import LakeFile, Watermark

GRACE = timedelta(hours=1)  # somebody may still be reading a file that was replaced, or be writing one
KEEP_DAYS = 7  # a program that was offline sends again what we may have: so long a repeat is recognised
MOST = 5000


def sweep(now: datetime) -> int:
    """Delete files that are no longer, or never became, part of the lake; how many."""
    old = list(LakeFile.objects.filter(replaced_at__lt=now - GRACE))
    for file in old:
        (folder() / file.path).unlink(missing_ok=True)
    LakeFile.objects.filter(pk__in=[file.pk for file in old]).delete()
    return len(old) + len(list(_strays()))


def drop_sealed(now: datetime) -> int:
    """Delete events that are in the lake and too old for a repeat; how many, at most some thousands."""
    last_id = Watermark.objects.filter(table=EVENTS.name).values_list("last_id", flat=True).first() or 0
    oldest = list(BehaviourEvent.objects.filter(pk__lte=last_id).order_by("pk").values_list("pk", flat=True)[:MOST])
    done = BehaviourEvent.objects.filter(pk__in=oldest, received_at__lt=now - timedelta(days=KEEP_DAYS))
    return done.exclude(todo=BehaviourEvent.Todo.FOLLOW).delete()[0]


def _strays() -> Iterator[Path]:
    """Files that are in no manifest and not young, each after it was deleted."""
    known = set(LakeFile.objects.values_list("path", flat=True))
    before = time.time() - GRACE.total_seconds()  # the clock of the file system, which no demo moves
    for table in (table for table in TABLES.values() if table.sealed):
        for path in sorted((folder() / table.name).rglob("*.*")):
            if path.relative_to(folder()).as_posix() in known:
                continue
            with suppress(FileNotFoundError):  # another worker was faster
                if path.stat().st_mtime < before:
                    path.unlink()
                    yield path
