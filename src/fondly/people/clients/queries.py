"""Reads of this room for its screens."""

from typing import Any, NamedTuple

from django.db import connection

from fondly.ground import reading
from fondly.people.clients.models import Address, Client, Consent, Contact, Interaction
from fondly.people.clients.search import search

PEOPLE_VERBS = frozenset({
    "add_contact", "change_contact", "remove_contact", "add_email", "change_email", "remove_email", "add_phone",
    "change_phone", "remove_phone", "add_address", "change_address", "remove_address",
})  # fmt: skip
_ALIKE_MOST = 10
_TAGS_MOST = 500
_ALL_OF = {"sqlite": "json_group_array", "postgresql": "jsonb_agg"}
# From one name to the next by the index: cheap however many clients have them.
_TAGS = """
WITH RECURSIVE known(name) AS (
  SELECT min(name) FROM clients_tag
  UNION ALL
  SELECT (SELECT min(name) FROM clients_tag WHERE name > known.name) FROM known WHERE known.name IS NOT NULL)
SELECT name FROM known WHERE name IS NOT NULL LIMIT %s"""
_VIEWS = "SELECT id, name, address FROM clients_savedview WHERE owner_id IS NULL OR owner_id = %s ORDER BY name, id"


def personas() -> list[str]:
    """The personas clients have, for suggestions."""
    known = Client.objects.exclude(persona="").order_by("persona").values_list("persona", flat=True)
    return list(known.distinct()[:40])


def tags() -> list[str]:
    """The tags clients have, in the order of the alphabet."""
    return sorted((name for (name,) in reading.rows(_TAGS, [_TAGS_MOST])), key=str.casefold)


def tags_of(client: str) -> str:
    """SQL for all tags of a client; pass what it gives through `tag_names`. client: the column with the number."""
    return f"(SELECT {_ALL_OF[connection.vendor]}(name) FROM clients_tag WHERE client_id = {client})"  # noqa: S608


def tag_names(value: Any) -> list[str]:
    """In the order of the alphabet."""
    if value in (None, "[]"):  # PostgreSQL's and SQLite's none: most clients, on every row of a list
        return []
    return sorted(reading.parsed(value), key=str.casefold)


def reach(client_id: int) -> dict[str, Any]:
    """Contacts with their e-mails and phones, and postal addresses. Four queries."""
    contacts = Contact.objects.filter(client=client_id).prefetch_related("emails", "phones")
    return {
        "contacts": list(contacts.order_by("-is_primary", "id")),
        "addresses": list(Address.objects.filter(client=client_id).order_by("id")),
    }


def consent_history(client_id: int) -> list[Consent]:
    """The whole ledger of one client, newest first."""
    return list(Consent.objects.filter(client=client_id).order_by("-at", "-id")[:500])


def last_talk(client_id: int) -> Interaction | None:
    """The last real contact."""
    return Interaction.objects.filter(client=client_id, is_contact=True).order_by("-at", "-id").first()


def alike(client_id: int, text: str) -> list[Client]:
    """Records that may be the same client: found by the text, else by this client's own name."""
    wanted = text.strip() or Client.objects.filter(pk=client_id).values_list("name", flat=True).first() or ""
    ids = [hit.client_id for hit in search(wanted, _ALIKE_MOST + 1) if hit.client_id != client_id]
    return list(Client.objects.filter(pk__in=ids, merged_into=None, erased_at=None)[:_ALIKE_MOST])


class View(NamedTuple):
    """A saved sentence of the Clients list, as the page shows it."""

    pk: int
    name: str
    address: str


def saved_views(user_id: int) -> list[View]:
    """The team's views and the user's own, by name."""
    return [View(*row) for row in reading.rows(_VIEWS, [user_id])]
