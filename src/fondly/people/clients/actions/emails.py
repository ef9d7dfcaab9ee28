"""The e-mail addresses of a contact."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from fondly.ground.action import Actor, Outcome, Refused, Undo, action
from fondly.people.clients import finding, identity
from fondly.people.clients.actions.contact_parts import MOST, ContactChanged, change, find, label, only_first, outcome
from fondly.people.clients.models import Contact, EmailAddress


@dataclass(frozen=True, slots=True)
class EmailDetails:
    address: str
    label: str = ""
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class AddEmail:
    contact_id: int
    address: str
    label: str = ""
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class ChangeEmail:
    email_id: int
    address: str | None = None
    label: str | None = None
    is_primary: bool | None = None


@dataclass(frozen=True, slots=True)
class RemoveEmail:
    email_id: int


@action("clients.add_email", permission="clients", summary="Add an e-mail address")
def add_email(actor: Actor, given: AddEmail) -> Outcome[ContactChanged]:
    """Add an address to a contact; the first one is the primary one."""
    contact = finding.contact(given.contact_id)
    email = insert_email(contact, EmailDetails(given.address, given.label, given.is_primary))
    undo = Undo("clients.remove_email", RemoveEmail(email.pk))
    return outcome(contact, _("Added an e-mail address of %(name)s") % {"name": contact.name}, undo, email.pk)


@action("clients.change_email", permission="clients", summary="Change an e-mail address")
def change_email(actor: Actor, given: ChangeEmail) -> Outcome[ContactChanged]:
    """Change an address, its label, or which one is used first."""
    email = _email(given.email_id)
    undo = Undo("clients.change_email", ChangeEmail(email.pk, email.address, email.label, email.is_primary))
    if given.address is not None:
        read = finding.usable(identity.email, given.address, field="address")
        _refuse_known_email(email.contact, read.key, email.pk)
        email.address, email.key = read.address, read.key
    change(email, given.label, given.is_primary)
    return outcome(
        email.contact, _("Changed an e-mail address of %(name)s") % {"name": email.contact.name}, undo, email.pk
    )


@action("clients.remove_email", permission="clients", summary="Remove an e-mail address")
def remove_email(actor: Actor, given: RemoveEmail) -> Outcome[ContactChanged]:
    """Remove an address from a contact."""
    email = _email(given.email_id)
    undo = Undo("clients.add_email", AddEmail(email.contact_id, email.address, email.label, email.is_primary))
    email.delete()
    return outcome(email.contact, _("Removed an e-mail address of %(name)s") % {"name": email.contact.name}, undo)


def insert_email(contact: Contact, details: EmailDetails) -> EmailAddress:
    """Add an address to a contact. Raises Refused."""
    read = finding.usable(identity.email, details.address, field="address")
    _refuse_known_email(contact, read.key)
    if contact.emails.count() >= MOST:
        raise Refused(_("A contact holds at most %(n)d e-mail addresses.") % {"n": MOST}, field="address")
    email = contact.emails.create(
        address=read.address,
        key=read.key,
        label=label(details.label),
        is_primary=details.is_primary or not contact.emails.exists(),
    )
    only_first(email)
    return email


def _refuse_known_email(contact: Contact, key: str, besides: int = 0) -> None:
    if contact.emails.filter(key=key).exclude(pk=besides).exists():
        raise Refused(_("%(name)s has this address already.") % {"name": contact.name}, field="address")


def _email(email_id: int) -> EmailAddress:
    return find(EmailAddress, email_id, _("There is no such e-mail address (any more)."))
