"""The phones of a contact."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from fondly.ground.action import Actor, Outcome, Refused, Undo, action
from fondly.people.clients import finding, identity, regions
from fondly.people.clients.actions.contact_parts import MOST, ContactChanged, change, find, label, only_first, outcome
from fondly.people.clients.models import Contact, Phone


@dataclass(frozen=True, slots=True)
class PhoneDetails:
    number: str
    extension: str = ""
    label: str = ""
    is_primary: bool = False


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


@action("clients.add_phone", permission="clients", summary="Add a phone number")
def add_phone(actor: Actor, given: AddPhone) -> Outcome[ContactChanged]:
    """Add a number to a contact; the first one is the primary one."""
    contact = finding.contact(given.contact_id)
    details = PhoneDetails(given.number, given.extension, given.label, given.is_primary)
    phone = insert_phone(contact, details, given.region)
    undo = Undo("clients.remove_phone", RemovePhone(phone.pk))
    return outcome(contact, _("Added a phone number of %(name)s") % {"name": contact.name}, undo, phone.pk)


@action("clients.change_phone", permission="clients", summary="Change a phone number")
def change_phone(actor: Actor, given: ChangePhone) -> Outcome[ContactChanged]:
    """Change a number, its label, or which one is called first."""
    phone = _phone(given.phone_id)
    undo = Undo("clients.change_phone", ChangePhone(phone.pk, _written(phone), phone.label, phone.is_primary))
    if given.number is not None:
        read = finding.usable(identity.phone, given.number, _region(phone.contact), field="number")
        _refuse_known_phone(phone.contact, read.number, read.extension, phone.pk)
        phone.number, phone.extension = read.number, read.extension
    change(phone, given.label, given.is_primary)
    return outcome(
        phone.contact, _("Changed a phone number of %(name)s") % {"name": phone.contact.name}, undo, phone.pk
    )


@action("clients.remove_phone", permission="clients", summary="Remove a phone number")
def remove_phone(actor: Actor, given: RemovePhone) -> Outcome[ContactChanged]:
    """Remove a number from a contact."""
    phone = _phone(given.phone_id)
    inverse = AddPhone(phone.contact_id, phone.number, phone.label, phone.is_primary, extension=phone.extension)
    phone.delete()
    summary = _("Removed a phone number of %(name)s") % {"name": phone.contact.name}
    return outcome(phone.contact, summary, Undo("clients.add_phone", inverse))


def insert_phone(contact: Contact, details: PhoneDetails, region: str) -> Phone:
    """Add a number to a contact. region: where it is dialled without a country code. Raises Refused."""
    read = finding.usable(
        identity.phone, details.number, regions.of_country(region) or _region(contact), field="number"
    )
    extension = details.extension or read.extension
    _refuse_known_phone(contact, read.number, extension)
    if contact.phones.count() >= MOST:
        raise Refused(_("A contact holds at most %(n)d phone numbers.") % {"n": MOST}, field="number")
    phone = contact.phones.create(
        number=read.number,
        extension=finding.text(extension, 10, _("The extension"), field="extension"),
        label=label(details.label),
        is_primary=details.is_primary or not contact.phones.exists(),
    )
    only_first(phone)
    return phone


def _refuse_known_phone(contact: Contact, number: str, extension: str, besides: int = 0) -> None:
    if contact.phones.filter(number=number, extension=extension).exclude(pk=besides).exists():
        raise Refused(_("%(name)s has this number already.") % {"name": contact.name}, field="number")


def _region(contact: Contact) -> str:
    country = contact.client.addresses.values_list("country", flat=True).first() or ""
    return regions.best(country, contact.client.zone)


def _written(phone: Phone) -> str:
    return f"{phone.number} x{phone.extension}" if phone.extension else phone.number


def _phone(phone_id: int) -> Phone:
    return find(Phone, phone_id, _("There is no such phone number (any more)."))
