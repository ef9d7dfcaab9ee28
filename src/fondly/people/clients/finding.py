"""Find a record to change, or say in words why it cannot be changed."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from fondly.core.planner.zones import find_zone
from fondly.ground import clock
from fondly.ground.action import NotFound, Refused
from fondly.ground.locking import locked
from fondly.people.clients import identity
from fondly.people.clients.models import Address, Client, Contact, EmailAddress, Phone

Part = TypeVar("Part", Contact, Address, EmailAddress, Phone)
Value = TypeVar("Value")
MOST_AT_ONCE = 50_000


def client(client_id: int) -> Client:
    """The client, locked for change. Raises NotFound, or Refused when erased or merged away."""
    found = Client.objects.select_for_update().filter(pk=client_id).first()
    if found is None:
        raise NotFound(_("There is no client with the number %(id)s.") % {"id": client_id})
    refuse_gone(found)
    return found


def shown(client_id: int) -> Client:
    """The client for a page where something will be added, not locked. Raises as `client` does."""
    found = Client.objects.filter(pk=client_id).first()
    if found is None:
        raise NotFound(_("There is no such client. The record may have been erased."))
    refuse_gone(found)
    return found


def each(client_ids: Iterable[int], column: str) -> dict[int, Any]:
    """This column of each of these clients, locked for change.

    Raises NotFound when one is gone, Refused for none or too many at once.
    """
    ids = list(dict.fromkeys(client_ids))
    if not 1 <= len(ids) <= MOST_AT_ONCE:
        raise Refused(_("Choose between 1 and %(n)s clients.") % {"n": f"{MOST_AT_ONCE:,}"}, field="client_ids")
    living = Client.objects.filter(pk__among=set(ids), erased_at=None, merged_into=None)
    known = dict(locked(living.order_by("pk")).values_list("pk", column))
    missing = next((pk for pk in ids if pk not in known), None)
    if missing is not None:
        raise NotFound(_("There is no client with the number %(id)s (any more).") % {"id": missing})
    return known


def refuse_gone(found: Client) -> None:
    if found.erased_at is not None:
        raise Refused(_("The data of this client have been erased; nothing can be added."))
    if found.merged_into_id is not None:
        raise Refused(
            _("%(name)s was merged into client %(id)s. Change that one, or undo the merge first.")
            % {"name": found.name, "id": found.merged_into_id}
        )


def contact(contact_id: int) -> Contact:
    """The contact, with its client locked for change."""
    found = Contact.objects.filter(pk=contact_id).first()
    if found is None:
        raise NotFound(_("There is no such contact (any more)."))
    client(found.client_id)
    return found


def usable(read: Callable[..., Value], *values: str | int, field: str) -> Value:
    """What `read` makes of the values; what it cannot use becomes a Refused that names the field."""
    try:
        return read(*values)
    except identity.UnusableError as error:
        raise Refused(str(error), field=field) from error


def text(value: str, limit: int, what: str, *, field: str) -> str:
    """One line of at most `limit` characters."""
    return usable(identity.line, value, limit, what, field=field)


def zone(value: str) -> str:
    """An IANA zone name or ""; Refused otherwise."""
    name = value.strip()
    if name and find_zone(name) is None:
        raise Refused(
            _("“%(zone)s” is not a time zone. Use a name like Europe/London or America/New_York.")
            % {"zone": name[:60]},
            field="zone",
        )
    return name


def touched(found: Client, *names: str) -> None:
    """Save these fields and the moment of change."""
    found.changed_at = clock.now()
    found.save(update_fields=[*names, "changed_at"])


def mark_edited(found: Client, *names: str) -> None:
    """Remember that a person set these by hand, so that no import overwrites them."""
    found.edited = sorted({*found.edited, *names})
