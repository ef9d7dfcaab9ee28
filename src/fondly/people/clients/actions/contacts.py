"""The people reachable for a client."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from fondly.ground.action import Actor, Outcome, Refused, Undo, action
from fondly.people.clients import finding, identity
from fondly.people.clients.actions.contact_parts import MOST, ContactChanged, outcome
from fondly.people.clients.actions.emails import EmailDetails, insert_email
from fondly.people.clients.actions.phones import PhoneDetails, insert_phone
from fondly.people.clients.models import Client, Contact


@dataclass(frozen=True, slots=True)
class ContactDetails:
    name: str
    relation: str = ""
    is_primary: bool = False
    emails: list[EmailDetails] = field(default_factory=list)
    phones: list[PhoneDetails] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AddContact:
    client_id: int
    name: str
    relation: str = ""
    email: str = ""
    phone: str = ""
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class ChangeContact:
    """None leaves a detail as it is."""

    contact_id: int
    name: str | None = None
    relation: str | None = None
    is_primary: bool | None = None


@dataclass(frozen=True, slots=True)
class RemoveContact:
    contact_id: int


@dataclass(frozen=True, slots=True)
class RestoreContact:
    client_id: int
    contact: ContactDetails


@action("clients.add_contact", permission="clients", summary="Add a contact to a client")
def add_contact(actor: Actor, given: AddContact) -> Outcome[ContactChanged]:
    """Add a person through whom the client is reached."""
    emails = [EmailDetails(given.email, is_primary=True)] if given.email.strip() else []
    phones = [PhoneDetails(given.phone, is_primary=True)] if given.phone.strip() else []
    client = finding.client(given.client_id)
    contact = _insert(client, ContactDetails(given.name, given.relation, given.is_primary, emails, phones))
    undo = Undo("clients.remove_contact", RemoveContact(contact.pk))
    return outcome(contact, _("Added the contact %(name)s") % {"name": contact.name}, undo)


@action("clients.change_contact", permission="clients", summary="Change a contact")
def change_contact(actor: Actor, given: ChangeContact) -> Outcome[ContactChanged]:
    """Change name, relation, or which contact is the first one."""
    contact = finding.contact(given.contact_id)
    undo = Undo("clients.change_contact", _contact_before(contact, given))
    if given.name is not None:
        contact.name = finding.usable(identity.name, given.name, field="name")
    if given.relation is not None:
        contact.relation = finding.text(given.relation, 80, _("The relation"), field="relation")
    if given.is_primary is not None:
        contact.is_primary = given.is_primary
        _only_primary(contact, given.is_primary)
    contact.save()
    return outcome(contact, _("Changed the contact %(name)s") % {"name": contact.name}, undo)


@action("clients.remove_contact", permission="clients", summary="Remove a contact")
def remove_contact(actor: Actor, given: RemoveContact) -> Outcome[ContactChanged]:
    """Remove a contact with its addresses and phones."""
    contact = finding.contact(given.contact_id)
    kept, contact_id = _details(contact), contact.pk
    contact.delete()
    contact.pk = contact_id
    undo = Undo("clients.restore_contact", RestoreContact(contact.client_id, kept))
    return outcome(contact, _("Removed the contact %(name)s") % {"name": contact.name}, undo)


@action("clients.restore_contact", permission="clients", summary="Put a removed contact back")
def restore_contact(actor: Actor, given: RestoreContact) -> Outcome[ContactChanged]:
    """Add a contact with all its addresses and phones: the inverse of clients.remove_contact."""
    contact = _insert(finding.client(given.client_id), given.contact)
    undo = Undo("clients.remove_contact", RemoveContact(contact.pk))
    return outcome(contact, _("Put back the contact %(name)s") % {"name": contact.name}, undo)


def _insert(client: Client, details: ContactDetails) -> Contact:
    if client.contacts.count() >= MOST:
        raise Refused(_("A client holds at most %(n)d contacts.") % {"n": MOST})
    contact = Contact.objects.create(
        client=client,
        name=finding.usable(identity.name, details.name, field="name"),
        relation=finding.text(details.relation, 80, _("The relation"), field="relation"),
        is_primary=details.is_primary or not client.contacts.filter(is_primary=True).exists(),
    )
    _only_primary(contact, contact.is_primary)
    for email in details.emails:
        insert_email(contact, email)
    for phone in details.phones:
        insert_phone(contact, phone, "")
    return contact


def _only_primary(contact: Contact, is_primary: bool) -> None:
    if is_primary:
        Contact.objects.filter(client_id=contact.client_id).exclude(pk=contact.pk).update(is_primary=False)


def _details(contact: Contact) -> ContactDetails:
    emails = [EmailDetails(e.address, e.label, e.is_primary) for e in contact.emails.order_by("pk")]
    phones = [PhoneDetails(p.number, p.extension, p.label, p.is_primary) for p in contact.phones.order_by("pk")]
    return ContactDetails(contact.name, contact.relation, contact.is_primary, emails, phones)


def _contact_before(contact: Contact, given: ChangeContact) -> ChangeContact:
    return ChangeContact(contact.pk, contact.name, contact.relation, contact.is_primary)
