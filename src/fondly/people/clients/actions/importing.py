"""Bring a file of clients in, and take it out again for 30 days."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.ground.action import Actor, NotAllowed, NotFound, Outcome, Refused, Undo, action, perform
from fondly.people.clients.imports import mapping as mappings
from fondly.people.clients.imports import undo as undoing
from fondly.people.clients.imports import uploads
from fondly.people.clients.imports.commit import Progress, commit
from fondly.people.clients.imports.mapping import Mapping, UnusableMappingError
from fondly.people.clients.imports.plan import ADDED, ImportPlan
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
class CloseImport:
    """An import that was committed batch by batch (see run_import) gets its place in the audit trail."""

    import_id: int


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


@action("clients.import", permission="import", summary="Bring clients in from a file")
def import_file(actor: Actor, given: ImportFile) -> Outcome[Imported]:
    """Everything or nothing, in one transaction. Nobody is put on a journey and nothing is sent."""
    made, plan = _commit(actor, given, None, each_batch=False)
    return _outcome(made, plan.notes)


@action("clients.close_import", permission="import", summary="Finish an import")
def close_import(actor: Actor, given: CloseImport) -> Outcome[Imported]:
    """Note a finished import in Activity, so that it can be undone from there."""
    made = Import.objects.filter(pk=given.import_id, state="done").first()
    if made is None:
        raise NotFound(_("There is no such finished import."))
    return _outcome(made, [])


@action("clients.undo_import", permission="import", summary="Take an import out again")
def undo_import(actor: Actor, given: UndoImport) -> Outcome[ImportUndone]:
    """Remove whom it added and put back what it changed, for 30 days. What changed since is listed and left."""
    made = Import.objects.select_for_update().filter(pk=given.import_id).first()
    if made is None:
        raise NotFound(_("There is no such import."))
    if made.undone_at is not None:
        raise Refused(_("This import was taken out already."))
    if undoing.is_too_late(made):
        raise Refused(_("An import can be taken out for %(n)d days; this one is older.") % {"n": undoing.DAYS})
    undone = undoing.undo(made)
    left = [LeftAsItIs(one.row, one.client_id, one.name, one.what) for one in undone.left]
    result = ImportUndone(made.pk, undone.removed, undone.restored, undone.left_count, left)
    summary = _("Took out %(file)s: %(removed)d clients removed, %(restored)d put back, %(left)d left") % {
        "file": made.file_name,
        "removed": undone.removed,
        "restored": undone.restored,
        "left": undone.left_count,
    }
    return Outcome(result, summary)


def run_import(actor: Actor, given: ImportFile, progress: Progress | None = None) -> Imported:
    """The same as clients.import for large files: every 500 rows are a transaction of their own.

    If it is stopped, importing the same file again goes on where it was. Raises Refused.
    """
    if not actor.may("import"):
        raise NotAllowed(_("%(name)s may not bring clients in. An admin can allow it in Team.") % {"name": actor.name})
    made, plan = _commit(actor, given, progress, each_batch=True)
    done: Imported = perform("clients.close_import", actor, CloseImport(made.pk)).result
    return Imported(
        done.import_id, done.rows, done.added, done.updated, done.same, done.bad, done.client_ids, plan.notes
    )


def _commit(
    actor: Actor, given: ImportFile, progress: Progress | None, *, each_batch: bool
) -> tuple[Import, ImportPlan]:
    upload = uploads.find(given.upload, given.file_name)
    try:
        mapping = mappings.from_json(given.mapping) if given.mapping is not None else None
        made, plan = commit(
            Path(upload.path),
            actor=actor,
            file_name=upload.file_name,
            file_hash=upload.id,
            mapping=mapping,
            progress=progress,
            each_batch=each_batch,
        )
    except (UnreadableFileError, UnusableMappingError) as error:
        raise Refused(str(error), field="mapping" if isinstance(error, UnusableMappingError) else "upload") from error
    _keep_mapping(given, plan.mapping)
    return made, plan


def _keep_mapping(given: ImportFile, mapping: Mapping) -> None:
    if given.save_mapping_as.strip():
        mappings.save(given.save_mapping_as.strip(), mapping)


def _outcome(made: Import, notes: list[str]) -> Outcome[Imported]:
    ids = [pk for pk, _n in zip(undoing.imported_clients(made.pk, (ADDED,)), range(_IDS), strict=False)]
    result = Imported(made.pk, made.rows, made.added, made.updated, made.same, made.bad, ids, list(notes))
    summary = ngettext(
        "Brought in %(file)s: %(added)d client added", "Brought in %(file)s: %(added)d clients added", made.added
    )
    return Outcome(
        result,
        summary % {"file": made.file_name, "added": made.added},
        undo=Undo("clients.undo_import", UndoImport(made.pk)),
    )
