"""Bring a file of clients in, and take it out again for 30 days."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.ground import clock
from fondly.ground.action import Actor, NotFound, Outcome, Refused, Undo, action
from fondly.ground.locking import locked
from fondly.ground.steps import Slice, Steps, Walked
from fondly.people.clients.imports import mapping as mappings
from fondly.people.clients.imports import plan as planning
from fondly.people.clients.imports import undo as undoing
from fondly.people.clients.imports import uploads
from fondly.people.clients.imports.commit import commit
from fondly.people.clients.imports.mapping import Mapping, UnusableMappingError
from fondly.people.clients.imports.plan import ADDED
from fondly.people.clients.imports.reading import UnreadableFileError
from fondly.people.clients.models import Import

_IDS = 20_000  # ids in a result; imported_clients() gives all


@dataclass(frozen=True, slots=True)
class ImportFile:
    """upload: the id of a stored file (imports.store). mapping: as mapping.to_json writes it; none: recognise it.

    save_mapping_as: keep the mapping under this name for the next file with the same columns.
    """

    upload: str
    file_name: str
    mapping: dict[str, Any] | None = None
    save_mapping_as: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """client_ids: those added, the first 20,000; run.journeys can start them on a playbook."""

    import_id: int
    rows: int
    added: int
    updated: int
    same: int
    bad: int
    client_ids: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class UndoImport:
    import_id: int


@dataclass(frozen=True, slots=True)
class LeftAsItIs:
    row: int
    client_id: int
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class ImportUndone:
    """left: what was changed since and therefore stays, the first 200 of left_count."""

    import_id: int
    removed: int
    restored: int
    left_count: int
    left: list[LeftAsItIs]


def _import_size(actor: Actor, given: ImportFile) -> int:
    """Rows of the file."""
    upload = uploads.find(given.upload, given.file_name)
    with _in_words():
        source = planning.understand(upload.path, upload.file_name, _mapping(given))
        return sum(1 for _row in source.table.rows())


def _import_slices(actor: Actor, given: ImportFile, cursor: dict[str, Any] | None) -> Iterator[Slice]:
    upload = uploads.find(given.upload, given.file_name)
    with _in_words():
        yield from commit(
            upload.path,
            by=actor.name,
            file_name=upload.file_name,
            file_hash=upload.id,
            mapping=_mapping(given),
            cursor=cursor,
        )


@action(
    "clients.import",
    permission="import",
    summary="Bring clients in from a file",
    steps=Steps(_import_size, _import_slices),
)
def import_file(actor: Actor, given: ImportFile, walked: Walked) -> Outcome[Imported]:
    """Add whom the file names, and bring up to date whom it changes. Nobody is put on a journey; nothing is sent."""
    told = walked.made[-1]
    made = Import.objects.get(pk=told["import_id"])
    made.state, made.done_at = "done" if walked.whole else "failed", clock.now()
    made.save(update_fields=["state", "done_at"])
    if given.save_mapping_as.strip():
        mappings.save(given.save_mapping_as.strip(), mappings.from_json(made.mapping))
    return _outcome(made, told["notes"] + planning.closing_notes(told["owners_unknown"], told["phones_unread"]))


def _undo_size(actor: Actor, given: UndoImport) -> int:
    return undoing.size(_to_undo(given, Import.objects.all()))


def _undo_slices(actor: Actor, given: UndoImport, cursor: dict[str, int] | None) -> Iterator[Slice]:
    return undoing.undo(_to_undo(given, Import.objects.all()), cursor)


@action(
    "clients.undo_import",
    permission="import",
    summary="Take an import out again",
    steps=Steps(_undo_size, _undo_slices),
)
def undo_import(actor: Actor, given: UndoImport, walked: Walked) -> Outcome[ImportUndone]:
    """Remove whom it added and put back what it changed, for 30 days. What changed since is listed and left."""
    made = _to_undo(given, locked(Import.objects.all()))
    if walked.whole:
        made.state, made.undone_at = "undone", clock.now()
        made.save(update_fields=["state", "undone_at"])
    removed, restored, left_count = (
        sum(some[name] for some in walked.made) for name in ("removed", "restored", "left_count")
    )
    left = [LeftAsItIs(*values) for some in walked.made for values in some["left"]][: undoing.LISTED]
    result = ImportUndone(made.pk, removed, restored, left_count, left)
    summary = _("Took out %(file)s: %(removed)d clients removed, %(restored)d put back, %(left)d left") % {
        "file": made.file_name,
        "removed": removed,
        "restored": restored,
        "left": left_count,
    }
    return Outcome(result, summary)


def _to_undo(given: UndoImport, rows: QuerySet[Import]) -> Import:
    made = rows.filter(pk=given.import_id).first()
    if made is None:
        raise NotFound(_("There is no such import."))
    if made.undone_at is not None:
        raise Refused(_("This import was taken out already."))
    if made.state == "running":
        raise Refused(_("This import is still going on. Stop it first."))
    if undoing.is_too_late(made):
        raise Refused(_("An import can be taken out for %(n)d days; this one is older.") % {"n": undoing.DAYS})
    return made


def _mapping(given: ImportFile) -> Mapping | None:
    return mappings.from_json(given.mapping) if given.mapping is not None else None


@contextmanager
def _in_words() -> Iterator[None]:
    """What a file or its mapping cannot do is a refusal."""
    try:
        yield
    except (UnreadableFileError, UnusableMappingError) as error:
        raise Refused(str(error), field="mapping" if isinstance(error, UnusableMappingError) else "upload") from error


def _outcome(made: Import, notes: list[str]) -> Outcome[Imported]:
    ids = list(islice(undoing.imported_clients(made.pk, (ADDED,)), _IDS))
    result = Imported(made.pk, made.rows, made.added, made.updated, made.same, made.bad, ids, notes)
    summary = ngettext(
        "Brought in %(file)s: %(added)d client added", "Brought in %(file)s: %(added)d clients added", made.added
    )
    return Outcome(
        result,
        summary % {"file": made.file_name, "added": made.added},
        undo=Undo("clients.undo_import", UndoImport(made.pk)),
    )
