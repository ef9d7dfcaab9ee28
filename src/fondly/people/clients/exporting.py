"""Everything we hold about one client, as plain JSON values: for the client's own copy, and for tests."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from fondly.ground.action import NotFound
from fondly.people.clients import hooks
from fondly.people.clients.models import Address, Client, Consent, Contact, EmailAddress, Interaction, Phone

_CONTACT_PARTS = ("address", "number", "extension", "label", "is_primary")


def export_client(client_id: int) -> dict[str, Any]:
    """The client, contacts, addresses, consents, timeline, and what the rooms above hold. Raises NotFound.

    Keys and hashes that would let somebody act for the client are not part of it.
    """
    client = Client.objects.select_related("owner").filter(pk=client_id).first()
    if client is None:
        raise NotFound(_("There is no client with the number %(id)s.") % {"id": client_id})
    data: dict[str, Any] = {
        "client": _client(client),
        "contacts": [_contact(contact) for contact in client.contacts.order_by("pk")],
        "addresses": _rows(Address.objects.filter(client=client), {"id", "client"}),
        "consents": _rows(Consent.objects.filter(client=client), {"id", "client", "wording_hash"}),
        "timeline": _rows(Interaction.objects.filter(client=client).order_by("at", "pk"), {"client", "key"}),
        "merged_records": [export_client(one.pk) for one in Client.objects.filter(merged_into=client)],
    }
    for part in hooks.on_export(client_id):
        data.update(part)
    return data


def told(rows: QuerySet[Any], columns: Iterable[str]) -> list[dict[str, Any]]:
    """These columns of the rows, oldest first, as plain JSON values: for what the rooms above hold."""
    found = rows.order_by("pk").values(*columns)
    return [{name: _plain(value) for name, value in row.items()} for row in found]


def _client(client: Client) -> dict[str, Any]:
    details = _row(client, {"sort_name", "owner", "referrer", "merged_into", "edited", "is_demo"})
    tags = list(client.tags.order_by("name").values_list("name", flat=True))
    return {**details, "owner": client.owner.name if client.owner else "", "tags": tags}


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        **_row(contact, {"id", "client"}),
        "emails": _rows(EmailAddress.objects.filter(contact=contact), {"id", "contact", "key"}),
        "phones": _rows(Phone.objects.filter(contact=contact), {"id", "contact"}),
    }


def _rows(rows: QuerySet[Any], without: Iterable[str]) -> list[dict[str, Any]]:
    hidden = set(without)
    return [_row(row, hidden) for row in (rows if rows.ordered else rows.order_by("pk")).iterator()]


def _row(record: Model, without: Iterable[str]) -> dict[str, Any]:
    hidden = set(without)
    fields = [field for field in record._meta.concrete_fields if field.name not in hidden]
    return {field.name: _plain(field.value_from_object(record)) for field in fields}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
