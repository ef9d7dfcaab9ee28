"""The people reachable for a client, their e-mail addresses and phones."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from fondly.ground.action import Actor, NotFound, Outcome, Refused, Undo, action
from fondly.people.clients import finding, hooks, identity, regions
from fondly.people.clients.models import Client, Contact, EmailAddress, Phone

_MOST = 50  # contacts of a client; addresses or phones of a contact


@dataclass(frozen=True, slots=True)
class EmailDetails:
    address: str
    label: str = ""
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class PhoneDetails:
    number: str
    extension: str = ""
    label: str = ""
    is_primary: bool = False


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


@dataclass(frozen=True, slots=True)
class AddPhone:
    """region: two letters of the country for a number without a country code."""

    contact_id: int
    number: str
    label: str = ""
    is_primary: bool = False
    region: str = ""
    extension: str = ""


@dataclass(frozen=True, slots=True)
class ChangePhone:
    phone_id: int
    number: str | None = None
    label: str | None = None
    is_primary: bool | None = None


@dataclass(frozen=True, slots=True)
class RemovePhone:
    phone_id: int


@dataclass(frozen=True, slots=True)
class ContactChanged:
    client_id: int
    contact_id: int
    part_id: int | None = None  # the e-mail address or phone


@action("clients.add_contact", permission="clients", summary="Add a contact to a client")
def add_contact(actor: Actor, given: AddContact) -> Outcome[ContactChanged]:
    """Add a person through whom the client is reached."""
    emails = [EmailDetails(given.email, is_primary=True)] if given.email.strip() else []
    phones = [PhoneDetails(given.phone, is_primary=True)] if given.phone.strip() else []
    client = finding.client(given.client_id)
    contact = _insert(client, ContactDetails(given.name, given.relation, given.is_primary, emails, phones))
    undo = Undo("clients.remove_contact", RemoveContact(contact.pk))
    return _outcome(contact, _("Added the contact %(name)s") % {"name": contact.name}, undo)


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
    return _outcome(contact, _("Changed the contact %(name)s") % {"name": contact.name}, undo)


@action("clients.remove_contact", permission="clients", summary="Remove a contact")
def remove_contact(actor: Actor, given: RemoveContact) -> Outcome[ContactChanged]:
    """Remove a contact with its addresses and phones."""
    contact = finding.contact(given.contact_id)
    kept, contact_id = _details(contact), contact.pk
    contact.delete()
    contact.pk = contact_id
    undo = Undo("clients.restore_contact", RestoreContact(contact.client_id, kept))
    return _outcome(contact, _("Removed the contact %(name)s") % {"name": contact.name}, undo)


@action("clients.restore_contact", permission="clients", summary="Put a removed contact back")
def restore_contact(actor: Actor, given: RestoreContact) -> Outcome[ContactChanged]:
    """Add a contact with all its addresses and phones: the inverse of clients.remove_contact."""
    contact = _insert(finding.client(given.client_id), given.contact)
    undo = Undo("clients.remove_contact", RemoveContact(contact.pk))
    return _outcome(contact, _("Put back the contact %(name)s") % {"name": contact.name}, undo)


@action("clients.add_email", permission="clients", summary="Add an e-mail address")
def add_email(actor: Actor, given: AddEmail) -> Outcome[ContactChanged]:
    """Add an address to a contact; the first one is the primary one."""
    contact = finding.contact(given.contact_id)
    email = _insert_email(contact, EmailDetails(given.address, given.label, given.is_primary))
    undo = Undo("clients.remove_email", RemoveEmail(email.pk))
    return _outcome(contact, _("Added an e-mail address of %(name)s") % {"name": contact.name}, undo, email.pk)


@action("clients.change_email", permission="clients", summary="Change an e-mail address")
def change_email(actor: Actor, given: ChangeEmail) -> Outcome[ContactChanged]:
    """Change an address, its label, or which one is used first."""
    email = _email(given.email_id)
    undo = Undo("clients.change_email", ChangeEmail(email.pk, email.address, email.label, email.is_primary))
    if given.address is not None:
        read = finding.usable(identity.email, given.address, field="address")
        _refuse_known_email(email.contact, read.key, email.pk)
        email.address, email.key = read.address, read.key
    if given.label is not None:
        email.label = finding.text(given.label, 40, _("The label"), field="label")
    if given.is_primary is not None:
        email.is_primary = given.is_primary
    email.save()
    _one_primary(email)
    return _outcome(
        email.contact, _("Changed an e-mail address of %(name)s") % {"name": email.contact.name}, undo, email.pk
    )


@action("clients.remove_email", permission="clients", summary="Remove an e-mail address")
def remove_email(actor: Actor, given: RemoveEmail) -> Outcome[ContactChanged]:
    """Remove an address from a contact."""
    email = _email(given.email_id)
    undo = Undo("clients.add_email", AddEmail(email.contact_id, email.address, email.label, email.is_primary))
    email.delete()
    return _outcome(email.contact, _("Removed an e-mail address of %(name)s") % {"name": email.contact.name}, undo)


@action("clients.add_phone", permission="clients", summary="Add a phone number")
def add_phone(actor: Actor, given: AddPhone) -> Outcome[ContactChanged]:
    """Add a number to a contact; the first one is the primary one."""
    contact = finding.contact(given.contact_id)
    details = PhoneDetails(given.number, given.extension, given.label, given.is_primary)
    phone = _insert_phone(contact, details, given.region)
    undo = Undo("clients.remove_phone", RemovePhone(phone.pk))
    return _outcome(contact, _("Added a phone number of %(name)s") % {"name": contact.name}, undo, phone.pk)


@action("clients.change_phone", permission="clients", summary="Change a phone number")
def change_phone(actor: Actor, given: ChangePhone) -> Outcome[ContactChanged]:
    """Change a number, its label, or which one is called first."""
    phone = _phone(given.phone_id)
    undo = Undo("clients.change_phone", ChangePhone(phone.pk, _written(phone), phone.label, phone.is_primary))
    if given.number is not None:
        read = finding.usable(identity.phone, given.number, _region(phone.contact), field="number")
        phone.number, phone.extension = read.number, read.extension
    if given.label is not None:
        phone.label = finding.text(given.label, 40, _("The label"), field="label")
    if given.is_primary is not None:
        phone.is_primary = given.is_primary
    phone.save()
    _one_primary(phone)
    return _outcome(
        phone.contact, _("Changed a phone number of %(name)s") % {"name": phone.contact.name}, undo, phone.pk
    )


@action("clients.remove_phone", permission="clients", summary="Remove a phone number")
def remove_phone(actor: Actor, given: RemovePhone) -> Outcome[ContactChanged]:
    """Remove a number from a contact."""
    phone = _phone(given.phone_id)
    inverse = AddPhone(phone.contact_id, phone.number, phone.label, phone.is_primary, extension=phone.extension)
    phone.delete()
    summary = _("Removed a phone number of %(name)s") % {"name": phone.contact.name}
    return _outcome(phone.contact, summary, Undo("clients.add_phone", inverse))


def _insert(client: Client, details: ContactDetails) -> Contact:
    if client.contacts.count() >= _MOST:
        raise Refused(_("A client holds at most %(n)d contacts.") % {"n": _MOST})
    contact = Contact.objects.create(
        client=client,
        name=finding.usable(identity.name, details.name, field="name"),
        relation=finding.text(details.relation, 80, _("The relation"), field="relation"),
        is_primary=details.is_primary or not client.contacts.filter(is_primary=True).exists(),
    )
    _only_primary(contact, contact.is_primary)
    for email in details.emails:
        _insert_email(contact, email)
    for phone in details.phones:
        _insert_phone(contact, phone, "")
    return contact


def _insert_email(contact: Contact, details: EmailDetails) -> EmailAddress:
    read = finding.usable(identity.email, details.address, field="address")
    _refuse_known_email(contact, read.key)
    if contact.emails.count() >= _MOST:
        raise Refused(_("A contact holds at most %(n)d e-mail addresses.") % {"n": _MOST}, field="address")
    email = contact.emails.create(
        address=read.address,
        key=read.key,
        label=finding.text(details.label, 40, _("The label"), field="label"),
        is_primary=details.is_primary or not contact.emails.exists(),
    )
    _one_primary(email)
    return email


def _insert_phone(contact: Contact, details: PhoneDetails, region: str) -> Phone:
    read = finding.usable(
        identity.phone, details.number, regions.of_country(region) or _region(contact), field="number"
    )
    extension = details.extension or read.extension
    if contact.phones.filter(number=read.number, extension=extension).exists():
        raise Refused(_("%(name)s has this number already.") % {"name": contact.name}, field="number")
    if contact.phones.count() >= _MOST:
        raise Refused(_("A contact holds at most %(n)d phone numbers.") % {"n": _MOST}, field="number")
    phone = contact.phones.create(
        number=read.number,
        extension=finding.text(extension, 10, _("The extension"), field="extension"),
        label=finding.text(details.label, 40, _("The label"), field="label"),
        is_primary=details.is_primary or not contact.phones.exists(),
    )
    _one_primary(phone)
    return phone


def _refuse_known_email(contact: Contact, key: str, besides: int | None = None) -> None:
    others = contact.emails.filter(key=key)
    if (others.exclude(pk=besides) if besides else others).exists():
        raise Refused(_("%(name)s has this address already.") % {"name": contact.name}, field="address")


def _only_primary(contact: Contact, is_primary: bool) -> None:
    if is_primary:
        Contact.objects.filter(client_id=contact.client_id).exclude(pk=contact.pk).update(is_primary=False)


def _one_primary(part: EmailAddress | Phone) -> None:
    if part.is_primary:
        type(part).objects.filter(contact_id=part.contact_id).exclude(pk=part.pk).update(is_primary=False)


def _region(contact: Contact) -> str:
    country = contact.client.addresses.values_list("country", flat=True).first() or ""
    return regions.best(country, contact.client.zone)


def _written(phone: Phone) -> str:
    return f"{phone.number} x{phone.extension}" if phone.extension else phone.number


def _details(contact: Contact) -> ContactDetails:
    emails = [EmailDetails(e.address, e.label, e.is_primary) for e in contact.emails.order_by("pk")]
    phones = [PhoneDetails(p.number, p.extension, p.label, p.is_primary) for p in contact.phones.order_by("pk")]
    return ContactDetails(contact.name, contact.relation, contact.is_primary, emails, phones)


def _contact_before(contact: Contact, given: ChangeContact) -> ChangeContact:
    return ChangeContact(contact.pk, contact.name, contact.relation, contact.is_primary)


def _email(email_id: int) -> EmailAddress:
    email = EmailAddress.objects.select_related("contact").filter(pk=email_id).first()
    if email is None:
        raise NotFound(_("There is no such e-mail address (any more)."))
    finding.client(email.contact.client_id)
    return email


def _phone(phone_id: int) -> Phone:
    phone = Phone.objects.select_related("contact").filter(pk=phone_id).first()
    if phone is None:
        raise NotFound(_("There is no such phone number (any more)."))
    finding.client(phone.contact.client_id)
    return phone


def _outcome(contact: Contact, summary: str, undo: Undo, part_id: int | None = None) -> Outcome[ContactChanged]:
    client = Client.objects.get(pk=contact.client_id)
    finding.mark_edited(client, "contacts")
    finding.touched(client, "edited")
    hooks.on_change([client.pk])
    return Outcome(ContactChanged(contact.client_id, contact.pk, part_id), summary, contact.client_id, undo)
