"""Take an import out again. What somebody changed since is listed and left."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from fondly.ground import clock
from fondly.ground.steps import Slice
from fondly.people.clients import hooks
from fondly.people.clients.identity import sort_key
from fondly.people.clients.imports.commit import SOURCE
from fondly.people.clients.imports.plan import ADDED, UPDATED
from fondly.people.clients.models import (
    Address,
    Client,
    Consent,
    EmailAddress,
    Import,
    ImportRow,
    Interaction,
    Phone,
    Tag,
)

DAYS = 30
LISTED = 200
_CHUNK = 500
# What may be on a timeline and still count as "nothing has happened": what the import and a start of journeys wrote.
_HARMLESS = ("imported", "entered", "left", "consent", "paused", "resumed")
_PARTS: dict[str, Any] = {"emails": EmailAddress, "phones": Phone, "places": Address, "consents": Consent, "tags": Tag}


@dataclass(slots=True)
class Undone:
    """What one slice took back. left: (row, client id, name, what was not taken back), the first 200."""

    removed: int = 0
    restored: int = 0
    left_count: int = 0
    left: list[tuple[int, int, str, str]] = field(default_factory=list)


def imported_clients(import_id: int, outcomes: Sequence[str] = (ADDED, UPDATED)) -> Iterator[int]:
    """The clients an import added or changed, each once, in the order of the file."""
    rows = ImportRow.objects.filter(batch_id=import_id, outcome__in=outcomes, client__isnull=False).order_by(
        "row", "pk"
    )
    seen: set[int] = set()
    for pk in rows.values_list("client_id", flat=True).iterator(chunk_size=2000):
        if pk not in seen:
            seen.add(pk)
            yield pk


def is_too_late(made: Import) -> bool:
    return clock.now() - made.at > timedelta(days=DAYS)


def size(made: Import) -> int:
    """How many rows there are to take back."""
    return _rows(made).count()


def undo(made: Import, cursor: dict[str, int] | None) -> Iterator[Slice]:
    """Put everything back, newest row first: what was changed before who was added."""
    done, last = (cursor["done"], cursor["last"]) if cursor else (0, sys.maxsize)
    for outcome in (UPDATED, ADDED):
        if cursor and outcome == UPDATED and cursor["adding"]:
            continue
        while rows := list(_rows(made).filter(outcome=outcome, pk__lt=last).order_by("-pk")[:_CHUNK]):
            result = Undone()
            _TAKE_BACK[outcome](made, rows, result)
            facts = [f"{made.pk}:{row.row}" for row in rows]
            Interaction.objects.filter(source=SOURCE, external_id__in=facts).delete()
            done, last = done + len(rows), rows[-1].pk
            yield Slice(done, {"done": done, "last": last, "adding": int(outcome == ADDED)}, asdict(result))
        last = sys.maxsize


def _rows(made: Import) -> QuerySet[ImportRow]:
    return ImportRow.objects.filter(batch=made, outcome__in=(UPDATED, ADDED), client__isnull=False)


def _restore_updated(made: Import, rows: Sequence[ImportRow], result: Undone) -> None:
    clients = Client.objects.in_bulk([row.client_id for row in rows if row.client_id])
    lists = _parts_there(rows)
    gone: dict[str, list[int]] = {name: [] for name in _PARTS}
    for row in rows:
        _restore(row, clients[row.client_id or 0], lists, gone, result)
    _save(list(clients.values()))
    for name, model in _PARTS.items():
        model.objects.filter(pk__in=gone[name]).delete()
    hooks.on_change(list(clients))


def _restore(
    row: ImportRow, client: Client, there: dict[str, set[int]], gone: dict[str, list[int]], result: Undone
) -> None:
    kept = [name for name, (old, new) in row.before.get("details", {}).items() if not _set_back(client, name, old, new)]
    kept += [
        name for name, (old, new) in row.before.get("fields", {}).items() if not _field_back(client, name, old, new)
    ]
    for name in _PARTS:
        made = row.before.get(name, [])
        gone[name] += [pk for pk in made if pk in there[name]]
        kept += [name] if any(pk not in there[name] for pk in made) else []
    client.sort_name = sort_key(client.name)
    if kept:
        _list(result, row.row, client, _("changed since: %(what)s") % {"what": ", ".join(kept)})
    else:
        client.changed_at = datetime.fromisoformat(row.before["changed_at"])
        result.restored += 1


def _set_back(client: Client, name: str, old: Any, new: Any) -> bool:
    if getattr(client, name) != new:
        return False
    setattr(client, name, old)
    return True


def _field_back(client: Client, name: str, old: Any, new: Any) -> bool:
    if client.fields.get(name) != new:
        return False
    rest = {key: value for key, value in client.fields.items() if key != name}
    client.fields = rest if old is None else {**rest, name: old}
    return True


def _parts_there(batch: Sequence[ImportRow]) -> dict[str, set[int]]:
    """Those of the parts the rows made that are still as they were made: not removed by somebody."""
    found: dict[str, set[int]] = {}
    for name, model in _PARTS.items():
        ids = [pk for row in batch for pk in row.before.get(name, [])]
        found[name] = set(model.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return found


def _save(clients: list[Client]) -> None:
    names = "name sort_name first_name last_name salutation language zone owner persona source fields memory"
    columns = [*names.split(" "), "value_minor", "currency", "external_id", "changed_at"]
    Client.objects.bulk_create(clients, update_conflicts=True, unique_fields=["id"], update_fields=columns)


def _remove_added(made: Import, rows: Sequence[ImportRow], result: Undone) -> None:
    by_client = {row.client_id: row.row for row in rows if row.client_id}
    lived = _lived(made, list(by_client))
    for client in Client.objects.filter(pk__in=lived).order_by("pk"):
        _list(result, by_client[client.pk], client, _("something has happened since"))
    free = [pk for pk in by_client if pk not in lived]
    Client.objects.filter(pk__in=free).delete()
    result.removed += len(free)


_TAKE_BACK = {UPDATED: _restore_updated, ADDED: _remove_added}


def _lived(made: Import, ids: list[int]) -> set[int]:
    """Clients that were changed, or with whom something happened, since the import."""
    clients = Client.objects.filter(pk__in=ids)
    changed = clients.filter(~Q(changed_at=made.at) | Q(merged_into__isnull=False))
    facts = Interaction.objects.filter(client_id__in=ids).exclude(kind__in=_HARMLESS)
    absorbed = Client.objects.filter(merged_into_id__in=ids)
    return {
        *changed.values_list("pk", flat=True),
        *facts.values_list("client_id", flat=True),
        *[pk for pk in absorbed.values_list("merged_into_id", flat=True) if pk is not None],
    }


def _list(result: Undone, row: int, client: Client, what: str) -> None:
    result.left_count += 1
    if len(result.left) < LISTED:
        result.left.append((row, client.pk, client.name, what))
