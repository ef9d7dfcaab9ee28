"""What every change of a contact, of its addresses and its phones has in common."""

from dataclasses import dataclass
from typing import TypeVar

from django.utils.translation import gettext as _

from fondly.ground.action import NotFound, Outcome, Undo
from fondly.people.clients import finding, hooks
from fondly.people.clients.models import Client, Contact, EmailAddress, Phone

Part = TypeVar("Part", EmailAddress, Phone)
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


def find(kind: type[Part], part_id: int, missing: str) -> Part:
    """The address or phone, with its client locked for change. missing: what to say when there is none (any more)."""
    part = kind.objects.select_related("contact").filter(pk=part_id).first()
    if part is None:
        raise NotFound(missing)
    finding.client(part.contact.client_id)
    return part


def label(text: str) -> str:
    return finding.text(text, 40, _("The label"), field="label")


def change(part: EmailAddress | Phone, new_label: str | None, is_primary: bool | None) -> None:
    """Keep what was changed of an address or phone; None leaves its label, or its place, as it was."""
    if new_label is not None:
        part.label = label(new_label)
    if is_primary is not None:
        part.is_primary = is_primary
    part.save()
    only_first(part)


def only_first(part: EmailAddress | Phone) -> None:
    """Make the others of its contact come after it, if it is to be the first one."""
    if part.is_primary:
        type(part).objects.filter(contact_id=part.contact_id).exclude(pk=part.pk).update(is_primary=False)
