"""The one transaction by which a piece of work becomes part of the lake, or by which all of it is thrown away."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from fondly.measure.lake.inside import folder
from fondly.measure.lake.models import Forgotten, LakeFile, Redo, Watermark, new_state


@dataclass(frozen=True, slots=True)
class Change:
    """made comes instead of replaced (numbers of LakeFile); the marks that are settled with it go.

    corrects: rows that were sealed already are others, or gone.
    """

    made: Sequence[LakeFile] = ()
    replaced: Collection[int] = ()
    last_id: int | None = None
    redone: Collection[int] = ()
    forgotten: Collection[int] = ()
    corrects: bool = False


def begin(table: str) -> Watermark:
    """How far a table is sealed, as work begins."""
    return Watermark.objects.get_or_create(table=table)[0]


def enter(begun: Watermark, change: Change, now: datetime) -> bool:
    """False, and nothing done, if somebody else has changed the table's files since the work began."""
    fresh: dict[str, Any] = {"turn": F("turn") + 1}
    if change.last_id is not None:
        fresh["last_id"] = change.last_id
    if change.corrects:
        fresh["state"] = new_state()
    with transaction.atomic():
        if not Watermark.objects.filter(pk=begun.pk, turn=begun.turn).update(**fresh):
            _throw_away(change.made)
            return False
        LakeFile.objects.filter(pk__in=change.replaced).update(replaced_at=now)
        LakeFile.objects.bulk_create(change.made)
        Redo.objects.filter(pk__in=change.redone).delete()
        Forgotten.objects.filter(pk__in=change.forgotten).delete()
    return True


def _throw_away(made: Sequence[LakeFile]) -> None:
    for file in made:
        (folder() / file.path).unlink(missing_ok=True)
