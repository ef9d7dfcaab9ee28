"""Whether the lake is what its manifest says, for the doctor."""

from dataclasses import dataclass

from django.db.models import Sum

from fondly.measure.lake.catalogue import INTERACTIONS
from fondly.measure.lake.inside import OfDjango, folder
from fondly.measure.lake.models import LakeFile, Redo, Watermark


@dataclass(frozen=True, slots=True)
class Checked:
    """missing: files that are not there or of another size. astray: by how many rows they differ from the timeline."""

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
    """Of clients whose facts changed nothing can be said until they are sealed again."""
    if Redo.objects.exists():
        return 0
    last_id = Watermark.objects.filter(table=INTERACTIONS.name).values_list("last_id", flat=True).first() or 0
    facts = OfDjango().rows(f"SELECT count(*) FROM {INTERACTIONS.source} WHERE id <= {last_id}")[0][0]
    sealed = LakeFile.objects.filter(table=INTERACTIONS.name, replaced_at=None).aggregate(rows=Sum("rows"))["rows"]
    return abs(facts - (sealed or 0))
