"""What every change of a contact, of its addresses and its phones has in common."""

from dataclasses import dataclass

from fondly.ground.action import Outcome, Undo
from fondly.people.clients import finding, hooks
from fondly.people.clients.models import Client, Contact, EmailAddress, Phone

MOST = 50  # contacts of a client; addresses or phones of a contact


@dataclass(frozen=True, slots=True)
class ContactChanged:
    client_id: int
    contact_id: int
    part_id: int | None = None  # the e-mail address or phone


def outcome(contact: Contact, summary: str, undo: Undo, part_id: int | None = None) -> Outcome[ContactChanged]:
    """What was done to a contact of a client; imports leave contacts a person edited as they are."""
    client = Client.objects.get(pk=contact.client_id)
    finding.mark_edited(client, "contacts")
    finding.touched(client, "edited")
    hooks.on_change([client.pk])
    return Outcome(ContactChanged(contact.client_id, contact.pk, part_id), summary, contact.client_id, undo)


def only_first(part: EmailAddress | Phone) -> None:
    """Make the others of its contact come after it, if it is to be the first one."""
    if part.is_primary:
        type(part).objects.filter(contact_id=part.contact_id).exclude(pk=part.pk).update(is_primary=False)
