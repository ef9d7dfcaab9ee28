"""What erasing one client means in this room: every text goes, numbers and keyed hashes stay."""

import json
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from fondly.ground import chain, clock
from fondly.ground.models import AuditEntry, UsedKey
from fondly.people.clients import consents, hooks, search
from fondly.people.clients.models import Client, EmailAddress, ImportRow, Interaction, Merge, Phone

ERASED_NAME = chain.ERASED
_NAMES = ("first_name", "last_name", "salutation")
_BLANKED = (*_NAMES, "language", "zone", "persona", "source", "memory", "currency", "external_id")


def everyone_of(client: Client) -> list[Client]:
    """The client and every record that was merged into it."""
    found = [client]
    for one in found:
        found.extend(Client.objects.filter(merged_into=one))
    return found


def scrub(client: Client, *, suppress: bool) -> None:
    """Erase one record. Inside a transaction; the hooks of the rooms above are called first."""
    hooks.on_erase(client.pk)
    texts = _telling_texts(client)
    if suppress:
        _suppress_all(client)
    _scrub_timeline(client)
    _scrub_traces(client, texts)
    client.contacts.all().delete()
    client.addresses.all().delete()
    client.tags.all().delete()
    client.consents.update(source="", by="", ip=None, wording_hash="")
    _scrub_record(client)
    search.forget()


def _suppress_all(client: Client) -> None:
    for key in EmailAddress.objects.filter(contact__client=client).values_list("key", flat=True):
        consents.suppress(key, "erased")


def _scrub_timeline(client: Client) -> None:
    """Kind, stage, touchpoint, time and scores stay for the counts; words and foreign keys go."""
    facts = Interaction.objects.filter(client=client)
    facts.update(text="", data={}, resource="", external_id="")
    facts.filter(kind__in=["note", "call", "meeting", "field", "received"]).update(name="")


def _scrub_record(client: Client) -> None:
    for name in _BLANKED:
        setattr(client, name, "")
    client.name = client.sort_name = ERASED_NAME
    client.fields, client.values, client.edited = {}, {}, []
    client.referrer = None
    client.erased_at = client.changed_at = clock.now()
    client.save()


def _telling_texts(client: Client) -> list[str]:
    """Texts by which other records may speak of this client."""
    emails = EmailAddress.objects.filter(contact__client=client).values_list("address", flat=True)
    phones = Phone.objects.filter(contact__client=client).values_list("number", flat=True)
    names = [client.name, *client.contacts.values_list("name", flat=True)]
    return [text for text in dict.fromkeys([*emails, *phones, *names]) if len(text) > 4]


def _scrub_traces(client: Client, texts: list[str]) -> None:
    ImportRow.objects.filter(client=client).update(before={}, cells=[], reason="")
    Merge.objects.filter(Q(survivor=client) | Q(absorbed=client)).update(before={}, by="", undone_at=clock.now())
    _scrub_activity(client, texts)
    for text in texts:
        _scrub_json(ImportRow, "cells", text, [], reason="")
        ImportRow.objects.filter(reason__icontains=text).update(reason="")
        _scrub_json(UsedKey, "result", text, {"result": {}, "summary": ERASED_NAME, "audit_id": None})


def _scrub_activity(client: Client, texts: list[str]) -> None:
    """Entries about the client lose all their words, others those parts that name the client."""
    entries = AuditEntry.objects.exclude(action=chain.SCRUB)
    blanked = chain.scrub(entries.filter(client_id=client.pk))
    for text in texts:
        blanked |= chain.scrub(entries.filter(summary__icontains=text), ["summary"])
        blanked |= chain.scrub(_telling(entries, "input", text), ["input"])
        blanked |= chain.scrub(_telling(entries, "undo_input", text), ["undo"])
    chain.tell(blanked)


def _scrub_json(model: Any, field: str, text: str, empty: object, **also: object) -> None:
    _telling(model.objects.all(), field, text).update(**{field: empty, **also})


def _telling(rows: QuerySet[Any], field: str, text: str) -> QuerySet[Any]:
    """Those whose JSON holds the text: SQLite keeps letters beyond ASCII escaped, PostgreSQL as they are."""
    escaped = json.dumps(text)[1:-1]
    rows = rows.annotate(_text=Cast(field, TextField()))
    return rows.filter(Q(_text__icontains=text) | Q(_text__icontains=escaped))
