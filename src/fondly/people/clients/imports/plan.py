"""What a file would do, row by row. The same plan is shown before and carried out after."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from itertools import islice
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.people.clients import consents, regions
from fondly.people.clients.imports import formats, guess
from fondly.people.clients.imports import mapping as mappings
from fondly.people.clients.imports.mapping import Mapping
from fondly.people.clients.imports.matching import PLACE_PARTS, Known, People, match
from fondly.people.clients.imports.reading import Row, Table, UnreadableFileError, open_table
from fondly.people.clients.imports.records import UNREAD_PHONE, Reader, Record
from fondly.people.clients.models import Import, ImportRow
from fondly.people.team.models import User

BATCH = 500
_PREVIEW = 20
_PROBLEMS = 1000  # rows kept in the plan; the error file has all
ADDED, UPDATED, SAME, BAD = "added", "updated", "same", "bad"


@dataclass(slots=True)
class Changes:
    """What a row brings that we did not know. Old values are kept for undo."""

    details: dict[str, list[Any]] = field(default_factory=dict)  # attribute -> [old, new]
    fields: dict[str, list[Any]] = field(default_factory=dict)  # field -> [old, new]
    emails: list[tuple[str, str, str]] = field(default_factory=list)
    phones: list[tuple[str, str, str]] = field(default_factory=list)
    places: list[dict[str, str]] = field(default_factory=list)
    consents: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(getattr(self, part.name) for part in fields(self))

    def words(self) -> list[str]:
        names = [*self.details, *self.fields]
        names += [kind for kind in ("emails", "phones", "places", "consents", "tags") if getattr(self, kind)]
        return [name.replace("_", " ") for name in names]


@dataclass(slots=True)
class Decision:
    """What one row does. reasons: of a bad row why; else what is worth knowing."""

    row: int
    outcome: str
    record: Record
    target: Known | None = None
    changes: Changes = field(default_factory=Changes)
    reasons: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)  # of bad rows


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row as it is shown."""

    row: int
    outcome: str
    name: str
    client_id: int | None
    reasons: list[str]
    changes: list[str]


@dataclass(slots=True)
class ImportPlan:
    """What a file would do. problems holds the first 1,000 bad rows; the counts and the error file hold all."""

    file_name: str
    format: str
    headers: list[str]
    mapping: Mapping
    notes: list[str] = field(default_factory=list)
    rows: int = 0
    added: int = 0
    updated: int = 0
    same: int = 0
    bad: int = 0
    preview: list[PlannedRow] = field(default_factory=list)
    problems: list[PlannedRow] = field(default_factory=list)
    owners_unknown: dict[str, int] = field(default_factory=dict)
    phones_unread: int = 0

    def count(self, decision: Decision) -> None:
        self.rows += 1
        setattr(self, decision.outcome, getattr(self, decision.outcome) + 1)
        if len(self.preview) < _PREVIEW:
            self.preview.append(shown(decision))
        if decision.outcome == BAD and len(self.problems) < _PROBLEMS:
            self.problems.append(shown(decision))


@dataclass(frozen=True, slots=True)
class Source:
    """A file opened and understood."""

    table: Table
    mapping: Mapping
    notes: list[str]


def plan_import(path: Path | str, *, file_name: str = "", mapping: Mapping | None = None) -> ImportPlan:
    """Read the whole file and say what it would do. Writes nothing.

    Raises UnreadableFileError (nothing can be read) or UnusableMappingError (the mapping does not fit).
    """
    source = understand(Path(path), file_name, mapping)
    plan = new_plan(source, file_name or Path(path).name)
    for batch in decisions(source, plan):
        for decision in batch:
            plan.count(decision)
    finish(plan)
    return plan


def understand(path: Path, file_name: str = "", mapping: Mapping | None = None) -> Source:
    """Open the file and find what its columns mean: as told, as saved, as recognised, or as guessed."""
    table = open_table(path, file_name)
    if next(table.rows(), None) is None:
        raise UnreadableFileError(
            _("%(file)s has a header and no rows. Export it again with the clients in it.")
            % {"file": file_name or path.name}
        )
    chosen = mappings.check(mapping or likely(table), table.headers)
    settled = guess.settle_orders(table, chosen, chosen.region or regions.home())
    return Source(table, settled, [*table.notes, *settled.notes])


def likely(table: Table) -> Mapping:
    """The mapping saved for these columns, that of a recognised export, or a guess; the order of dates still open."""
    saved = mappings.saved_for(table.headers)
    if saved is not None:
        return saved
    known = formats.recognised(table.headers)
    return formats.mapping_of(known, table.headers) if known else guess.guess(table)


def new_plan(source: Source, file_name: str) -> ImportPlan:
    return ImportPlan(file_name, source.mapping.format, source.table.headers, source.mapping, list(source.notes))


def decisions(source: Source, plan: ImportPlan) -> Iterator[list[Decision]]:
    """Batch by batch what each row does. Whoever carries it out sets target.client_id before the next batch."""
    reader, people, owners = Reader(source.mapping, regions.home()), People(), _owners()
    rows = islice(source.table.rows(), plan.rows, None)  # those that were carried out before are left out
    try:
        while batch := list(islice(rows, BATCH)):
            records = [reader.read(row) for row in batch]
            people.load([record for record in records if not record.problems])
            yield [
                _decide(record, row, people, source.mapping, owners, plan)
                for record, row in zip(records, batch, strict=True)
            ]
    finally:
        people.close()


def finish(plan: ImportPlan) -> None:
    """Say what is worth knowing about the file as a whole."""
    plan.notes += closing_notes(plan.owners_unknown, plan.phones_unread)


def closing_notes(owners_unknown: dict[str, int], phones_unread: int) -> list[str]:
    """What is known only at the end of the file. owners_unknown: name -> rows."""
    notes = []
    for owner, count in sorted(owners_unknown.items(), key=lambda pair: -pair[1])[:5]:
        text = ngettext(
            "“%(owner)s” (%(n)d row) is nobody in the team; those clients get no owner.",
            "“%(owner)s” (%(n)d rows) is nobody in the team; those clients get no owner.",
            count,
        )
        notes.append(text % {"owner": owner, "n": count})
    if phones_unread:
        text = ngettext(
            "%(n)d phone number has no country code and the country of the business is not known; it is kept as "
            "written in the field “%(field)s”. Set the business's time zone or --region, and try again.",
            "%(n)d phone numbers have no country code and the country of the business is not known; they are kept "
            "as written in the field “%(field)s”. Set the business's time zone or --region, and try again.",
            phones_unread,
        )
        notes.append(text % {"n": phones_unread, "field": UNREAD_PHONE})
    return notes


def imported_plan(import_id: int, notes: list[str]) -> ImportPlan:
    """The plan of an import that was carried out, as far as it is told. notes: those it ended with."""
    made = Import.objects.get(pk=import_id)
    bad = ImportRow.objects.filter(batch=made, outcome=BAD).order_by("pk")[:_PROBLEMS]
    return ImportPlan(
        made.file_name, made.format, made.mapping["headers"], mappings.from_json(made.mapping), notes,
        made.rows, made.added, made.updated, made.same, made.bad,
        problems=[PlannedRow(row.row, BAD, "", None, [row.reason], []) for row in bad],
    )  # fmt: skip


def earlier_import(file_hash: str) -> Import | None:
    """The last time the same file was brought in."""
    return Import.objects.filter(file_hash=file_hash, state="done").order_by("-at").first()


def shown(decision: Decision) -> PlannedRow:
    target = decision.target.client_id if decision.target else None
    words = decision.changes.words() if decision.outcome == UPDATED else []
    return PlannedRow(decision.row, decision.outcome, decision.record.name, target, decision.reasons, words)


def _owners() -> dict[str, int]:
    """E-mail addresses and names of the team, in small letters; a name two people share names nobody."""
    found: dict[str, int] = {}
    double: set[str] = set()
    for pk, email, name in User.objects.filter(is_active=True).values_list("pk", "email", "name"):
        for word in {email.casefold(), name.casefold()} - {""}:
            (double.add(word) if word in found else found.__setitem__(word, pk))
    return {word: pk for word, pk in found.items() if word not in double}


def _decide(
    record: Record, row: Row, people: People, mapping: Mapping, owners: dict[str, int], plan: ImportPlan
) -> Decision:
    if record.problems:
        return Decision(record.row, BAD, record, reasons=record.problems, cells=row.cells)
    _take_owner(record, owners, plan)
    plan.phones_unread += UNREAD_PHONE in record.fields
    candidates = people.candidates(record)
    target = match(record, candidates)
    if target is None:
        return _add(record, people, candidates)
    changes = _changes(target, record, mapping.keep)
    reasons = [_("The same as row %(row)d.") % {"row": target.row}] if target.row else []
    if changes:
        _apply(target, changes)
    if record.key not in target.row_keys:
        target.row_keys.append(record.key)
    people.changed(target)
    return Decision(record.row, UPDATED if changes else SAME, record, target, changes, reasons)


def _take_owner(record: Record, owners: dict[str, int], plan: ImportPlan) -> None:
    if not record.owner:
        return
    owner_id = owners.get(record.owner.casefold())
    if owner_id is not None:
        record.details["owner_id"] = owner_id
    elif record.owner in plan.owners_unknown or len(plan.owners_unknown) < 1000:
        plan.owners_unknown[record.owner] = plan.owners_unknown.get(record.owner, 0) + 1


def _add(record: Record, people: People, candidates: list[Known]) -> Decision:
    known = Known(None, record.row, record.name, dict(record.details), dict(record.fields))
    known.details["external_id"] = record.external_id
    known.emails = [key for _address, key, _label in record.emails]
    known.phones = [f"{number}/{extension}" for number, extension, _label in record.phones]
    known.places = [{part: place.get(part, "") for part in PLACE_PARTS} for place in record.places]
    known.consents = dict(record.consents)
    known.tags = [name.casefold() for name in record.tags]
    known.row_keys = [record.key]
    people.changed(known)
    reasons = []
    if candidates:
        reasons.append(
            _("Shares an address or number with %(name)s; kept apart because the names differ.")
            % {"name": candidates[0].name}
        )
    return Decision(record.row, ADDED, record, known, reasons=reasons)


def _changes(known: Known, record: Record, keep: bool) -> Changes:
    """What is new. Blank cells say nothing; what a person set by hand stays; a no is never overwritten by a yes."""
    changes = Changes()
    new = {
        **_renamed(known, record),
        **{n: v for n, v in record.details.items() if n not in ("first_name", "last_name")},
    }
    for name, value in new.items():
        old = known.name if name == "name" else known.details.get(name)
        if value != old and name not in known.edited and _may_replace(name, old, keep):
            changes.details[name] = [old, value]
    if record.external_id and not known.details.get("external_id"):
        changes.details["external_id"] = ["", record.external_id]
    for name, value in record.fields.items():
        old = known.fields.get(name)
        if value != old and f"fields.{name}" not in known.edited and (old in (None, "") or not keep):
            changes.fields[name] = [old, value]
    _new_parts(changes, known, record)
    for purpose, state in record.consents.items():
        if known.consents.get(purpose) not in (state, consents.WITHDRAWN):
            changes.consents[purpose] = state
    changes.tags = [name for name in record.tags if name.casefold() not in known.tags]
    return changes


def _may_replace(name: str, old: Any, keep: bool) -> bool:
    if old in (None, "", 0):
        return True
    return not keep and name not in ("memory", "owner_id")  # a person's own words, and who looks after whom, stay


def _renamed(known: Known, record: Record) -> dict[str, Any]:
    """A new name counts when the other system's number says it is them, or when we had none."""
    sure = bool(record.external_id) and record.external_id == known.details.get("external_id")
    if not record.is_named or record.name == known.name or not (sure or not known.is_named):
        return {}
    parts = {name: record.details.get(name, "") for name in ("first_name", "last_name")}
    return {"name": record.name, **parts}


def _new_parts(changes: Changes, known: Known, record: Record) -> None:
    if "contacts" not in known.edited:
        changes.emails = [email for email in record.emails if email[1] not in known.emails]
        changes.phones = [phone for phone in record.phones if f"{phone[0]}/{phone[1]}" not in known.phones]
    if "addresses" not in known.edited:
        there = {_place_key(place) for place in known.places}
        changes.places = [place for place in record.places if _place_key(place) not in there]


def _place_key(place: dict[str, str]) -> tuple[str, ...]:
    return tuple(place.get(part, "").casefold() for part in ("street", "city", "postcode"))


def _apply(known: Known, changes: Changes) -> None:
    for name, (_old, new) in changes.details.items():
        if name == "name":
            known.name = new
        else:
            known.details[name] = new
    known.fields = {**known.fields, **{name: new for name, (_old, new) in changes.fields.items()}}
    known.emails += [key for _address, key, _label in changes.emails]
    known.phones += [f"{number}/{extension}" for number, extension, _label in changes.phones]
    known.places += [{part: place.get(part, "") for part in PLACE_PARTS} for place in changes.places]
    known.consents.update(changes.consents)
    known.tags += [name.casefold() for name in changes.tags]
