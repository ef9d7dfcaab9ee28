"""What a template may speak of: the client, the one who writes, the business, the facts of the playbook.

Anything we do not know is absent, so that the template's own fallback is used; without one
the message goes to a person instead of out with a gap.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model

from fondly.core.playbook.model import Playbook as Book
from fondly.core.words import heading
from fondly.ground.models import Setting
from fondly.people.clients.models import Address, Client, Contact, EmailAddress
from fondly.run.journeys.rows import ClientRow

LINKS = "links"  # Setting: JSON, {"booking": "https://…"}; used as {{ booking.link }}
_BUSINESS = ("name", "phone", "address", "website", "email")


class Sources:
    """What many messages need, each read once. Made for one batch."""

    def __init__(self, client_ids: Iterable[int], user_ids: Iterable[int | None]) -> None:
        self._client_ids = set(client_ids)
        self._user_ids = sorted({pk for pk in user_ids if pk})

    @cached_property
    def recipients(self) -> dict[int, tuple[str, str]]:
        """client id -> (name of the contact, address): the primary contact's primary address."""
        rows = EmailAddress.objects.filter(contact__client__among=self._client_ids)
        ordered = rows.order_by("contact__is_primary", "is_primary", "-id")
        found = ordered.values_list("contact__client_id", "contact__name", "address")
        return {pk: (name, address) for pk, name, address in found}  # the best one comes last and stays

    @cached_property
    def users(self) -> dict[int, Any]:
        """People who write, by id."""
        return get_user_model()._default_manager.in_bulk(self._user_ids)

    @cached_property
    def addresses(self) -> dict[int, Address]:
        """client id -> postal address."""
        rows = Address.objects.filter(client__among=self._client_ids).order_by("-id")
        return {row.client_id: row for row in rows}

    @cached_property
    def contacts(self) -> dict[int, Contact]:
        rows = Contact.objects.filter(client__among=self._client_ids).order_by("is_primary", "-id")
        return {row.client_id: row for row in rows}

    @cached_property
    def business(self) -> dict[str, str]:
        names = [f"business.{name}" for name in _BUSINESS]
        stored = Setting.objects.filter(name__in=names).values_list("name", "value")
        return {name.removeprefix("business."): value for name, value in stored if value}

    @cached_property
    def links(self) -> dict[str, dict[str, str]]:
        try:
            stored = json.loads(Setting.get(LINKS) or "{}")
        except ValueError:
            return {}
        return {name: {"link": str(url)} for name, url in stored.items() if url} if isinstance(stored, dict) else {}


def context_of(
    sources: Sources, client: Client | ClientRow, book: Book, stage: str, user_id: int | None
) -> dict[str, Any]:
    """The values for one client, as plain dicts and text."""
    found: dict[str, Any] = {**sources.links}
    found["client"] = _client(client, sources.addresses.get(client.pk))
    found["facts"] = dict(book.brand.facts)
    found["business"] = {"name": book.name, **sources.business}
    known = book.stages.get(stage)
    found["stage"] = {"name": stage, "title": known.title if known is not None else heading(stage)}
    user = sources.users.get(user_id or 0)
    if user is not None:
        me = {"name": user.name, "first_name": user.first_name, "email": user.email, "phone": user.phone}
        found["me"] = _present(me)
    return found


def _client(client: Client | ClientRow, address: Address | None) -> dict[str, Any]:
    own = {
        "name": client.name,
        "first_name": client.first_name,
        "last_name": client.last_name,
        "salutation": client.salutation,
        "persona": client.persona,
    }
    postal = {}
    if address is not None:
        postal = {name: getattr(address, name) for name in ("street", "city", "region", "postcode", "country")}
    return {**_present(client.fields), **_present(client.values), **_present(postal), **_present(own)}


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}
