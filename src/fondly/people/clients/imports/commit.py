"""Carry out a plan: a batch of rows at a time, no query per row."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from fondly.ground import bulk, clock
from fondly.ground.steps import Slice
from fondly.people.clients import hooks, queries, timeline
from fondly.people.clients.identity import sort_key
from fondly.people.clients.imports import mapping as mappings
from fondly.people.clients.imports import plan as planning
from fondly.people.clients.imports.mapping import Mapping
from fondly.people.clients.imports.plan import ADDED, BAD, UPDATED, Decision, ImportPlan
from fondly.people.clients.models import Address, Client, Consent, Contact, EmailAddress, Import, ImportRow, Phone, Tag

SOURCE = "import"
_COUNTS = ("rows", "added", "updated", "same", "bad")
_BASE = ("name", "sort_name", "fields", "changed_at")


def commit(
    path: Path, *, by: str, file_name: str, file_hash: str, mapping: Mapping | None, cursor: dict[str, Any] | None
) -> Iterator[Slice]:
    """Bring the file in, a batch of rows a slice. Each slice tells, as its cursor, all that the file said so far.

    Raises UnreadableFileError or UnusableMappingError.
    """
    made = Import.objects.get(pk=cursor["import_id"]) if cursor else None
    source = planning.understand(path, file_name, mappings.from_json(made.mapping) if made else mapping)
    plan = planning.new_plan(source, file_name)
    if made is None or cursor is None:
        made = _begin(plan, by, file_hash)
    else:
        _go_on(plan, made, cursor)
    for batch in planning.decisions(source, plan):
        _carry_out(made, batch)
        for decision in batch:
            plan.count(decision)
        _save_counts(made, plan)
        told = {
            "import_id": made.pk,
            "notes": source.notes,
            "owners_unknown": plan.owners_unknown,
            "phones_unread": plan.phones_unread,
        }
        yield Slice(plan.rows, told, told)


def _go_on(plan: ImportPlan, made: Import, cursor: dict[str, Any]) -> None:
    for name in _COUNTS:
        setattr(plan, name, getattr(made, name))
    plan.owners_unknown, plan.phones_unread = dict(cursor["owners_unknown"]), cursor["phones_unread"]


def _begin(plan: ImportPlan, by: str, file_hash: str) -> Import:
    return Import.objects.create(
        file_name=plan.file_name[:200],
        file_hash=file_hash,
        format=plan.format[:30],
        mapping={**mappings.to_json(plan.mapping), "headers": plan.headers},
        state="running",
        at=clock.now(),
        by=by[:200],
    )


def _save_counts(made: Import, plan: ImportPlan) -> None:
    for name in _COUNTS:
        setattr(made, name, getattr(plan, name))
    made.save(update_fields=_COUNTS)


def _carry_out(made: Import, batch: Sequence[Decision]) -> None:
    added = [decision for decision in batch if decision.outcome == ADDED]
    updated = [decision for decision in batch if decision.outcome == UPDATED]
    log: dict[int, dict[str, Any]] = {}
    _insert(made, added)
    _update(made, updated, log)
    bulk.insert(ImportRow, [_row(made, decision, log) for decision in batch])
    timeline.record(*[_fact(made, decision) for decision in (*added, *updated)])
    if updated:
        hooks.on_change([_id_of(decision) for decision in updated])


def _row(made: Import, decision: Decision, log: dict[int, dict[str, Any]]) -> ImportRow:
    return ImportRow(
        batch=made,
        row=decision.row,
        outcome=decision.outcome,
        client_id=decision.target.client_id if decision.target else None,
        reason=_storable(" ".join(decision.reasons))[:300],
        before=log.get(decision.row, {}),
        cells=[_storable(cell) for cell in decision.cells] if decision.outcome == BAD else [],
        row_key=decision.record.key if decision.outcome != BAD else "",
    )


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd")


def _fact(made: Import, decision: Decision) -> timeline.NewFact:
    return timeline.NewFact(
        _id_of(decision),
        "imported",
        made.at,
        name=made.file_name,
        source=SOURCE,
        external_id=f"{made.pk}:{decision.row}",
    )


def _id_of(decision: Decision) -> int:
    if decision.target is None or decision.target.client_id is None:
        raise RuntimeError(f"row {decision.row} was planned for somebody who was not made")
    return decision.target.client_id


def _insert(made: Import, added: Sequence[Decision]) -> None:
    clients = Client.objects.bulk_create([_client(decision, made.at) for decision in added])
    for decision, client in zip(added, clients, strict=True):
        if decision.target is not None:
            decision.target.client_id = client.pk
    contacts = Contact.objects.bulk_create(
        [Contact(client=client, name=client.name, relation="self", is_primary=True) for client in clients]
    )
    _insert_parts(made, [(d, d.record, c.pk, True) for d, c in zip(added, contacts, strict=True)], {})


def _client(decision: Decision, at: datetime) -> Client:
    record = decision.record
    return Client(
        name=record.name,
        kind=record.kind,
        sort_name=sort_key(record.name),
        fields=record.fields,
        external_id=record.external_id,
        created_at=at,
        changed_at=at,
        **record.details,
    )


def _insert_parts(
    made: Import, work: Sequence[tuple[Decision, Any, int, bool]], log: dict[int, dict[str, Any]]
) -> None:
    """Addresses, numbers, places, consents and tags of a record or of changes; what was made is logged per row."""
    emails, phones, places, lines, tags = [], [], [], [], []
    spelled = {name.casefold(): name for name in queries.tags()} if any(new.tags for _d, new, *_ in work) else {}
    for decision, new, contact_id, first in work:
        client_id = _id_of(decision)
        emails += [(decision, _email(contact_id, e, first and n == 0)) for n, e in enumerate(new.emails)]
        phones += [(decision, _phone(contact_id, p, first and n == 0)) for n, p in enumerate(new.phones)]
        places += [(decision, Address(client_id=client_id, **place)) for place in new.places]
        tags += [(decision, Tag(client_id=client_id, name=spelled.setdefault(n.casefold(), n))) for n in new.tags]
        lines += [(decision, _consent(made, client_id, *pair)) for pair in new.consents.items()]
    for name, model, parts in (
        ("emails", EmailAddress, emails),
        ("phones", Phone, phones),
        ("places", Address, places),
        ("consents", Consent, lines),
        ("tags", Tag, tags),
    ):
        rows: Any = model
        rows.objects.bulk_create([part for _decision, part in parts])
        for decision, part in parts:
            log.setdefault(decision.row, {}).setdefault(name, []).append(part.pk)


def _email(contact_id: int, email: tuple[str, str, str], first: bool) -> EmailAddress:
    address, key, label = email
    return EmailAddress(contact_id=contact_id, address=address, key=key, label=label, is_primary=first)


def _phone(contact_id: int, phone: tuple[str, str, str], first: bool) -> Phone:
    number, extension, label = phone
    return Phone(contact_id=contact_id, number=number, extension=extension, label=label, is_primary=first)


def _consent(made: Import, client_id: int, purpose: str, state: str) -> Consent:
    source = f"{SOURCE} {made.file_name}"[:120]
    return Consent(client_id=client_id, channel="", purpose=purpose, state=state, source=source, at=made.at, by=made.by)


def _update(made: Import, updated: Sequence[Decision], log: dict[int, dict[str, Any]]) -> None:
    if not updated:
        return
    clients = Client.objects.in_bulk([_id_of(decision) for decision in updated])
    touched: set[str] = set(_BASE)
    for decision in updated:
        client, changes = clients[_id_of(decision)], decision.changes
        log[decision.row] = {
            "details": changes.details,
            "fields": changes.fields,
            "changed_at": client.changed_at.isoformat(),
        }
        touched.update(_set(client, decision, made.at))
    Client.objects.bulk_create(
        clients.values(), update_conflicts=True, unique_fields=["id"], update_fields=sorted(touched)
    )
    contacts = _primary_contacts(list(clients))
    work = [(d, d.changes, contacts[_id_of(d)], False) for d in updated]
    _insert_parts(made, work, log)


def _set(client: Client, decision: Decision, at: datetime) -> set[str]:
    for name, (_old, new) in decision.changes.details.items():
        setattr(client, name, new)
    client.sort_name = sort_key(client.name)
    client.fields = {**client.fields, **{name: new for name, (_old, new) in decision.changes.fields.items()}}
    client.changed_at = at
    return {name.removesuffix("_id") if name == "owner_id" else name for name in decision.changes.details}


def _primary_contacts(ids: list[int]) -> dict[int, int]:
    """Per client the contact that gets new addresses; made when there is none."""
    rows = Contact.objects.filter(client_id__in=ids).order_by("is_primary", "-pk").values_list("client_id", "pk")
    found = dict(rows)
    missing = Client.objects.filter(pk__in=[pk for pk in ids if pk not in found])
    for client in missing:
        contact = Contact.objects.create(client=client, name=client.name, relation="self", is_primary=True)
        found[client.pk] = contact.pk
    return found
