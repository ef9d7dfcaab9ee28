"""Postal addresses of a client."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from fondly.ground.action import Actor, NotFound, Outcome, Refused, Undo, action
from fondly.people.clients import finding, hooks, identity
from fondly.people.clients.models import Address, Client

_LIMITS = {"label": 40, "street": 300, "city": 120, "region": 120, "postcode": 20, "country": 80}
_MOST = 50


@dataclass(frozen=True, slots=True)
class AddAddress:
    client_id: int
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class ChangeAddress:
    """None leaves a part as it is."""

    address_id: int
    street: str | None = None
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class RemoveAddress:
    address_id: int


@dataclass(frozen=True, slots=True)
class AddressChanged:
    client_id: int
    address_id: int


@action("clients.add_address", permission="clients", summary="Add a postal address")
def add_address(actor: Actor, given: AddAddress) -> Outcome[AddressChanged]:
    """Add an address; at least one part must be there."""
    client = finding.client(given.client_id)
    parts = {name: _part(name, getattr(given, name)) for name in _LIMITS}
    if not any(value for name, value in parts.items() if name != "label"):
        raise Refused(_("The address is empty."), field="street")
    if client.addresses.count() >= _MOST:
        raise Refused(_("A client holds at most %(n)d addresses.") % {"n": _MOST})
    address = Address.objects.create(client=client, **parts)
    undo = Undo("clients.remove_address", RemoveAddress(address.pk))
    return _outcome(client, address.pk, _("Added an address of %(name)s") % {"name": client.name}, undo)


@action("clients.change_address", permission="clients", summary="Change a postal address")
def change_address(actor: Actor, given: ChangeAddress) -> Outcome[AddressChanged]:
    """Change parts of an address."""
    address, client = _find(given.address_id)
    undo = Undo("clients.change_address", ChangeAddress(address.pk, **{n: getattr(address, n) for n in _LIMITS}))
    for name in _LIMITS:
        if getattr(given, name) is not None:
            setattr(address, name, _part(name, getattr(given, name)))
    address.save()
    return _outcome(client, address.pk, _("Changed an address of %(name)s") % {"name": client.name}, undo)


@action("clients.remove_address", permission="clients", summary="Remove a postal address")
def remove_address(actor: Actor, given: RemoveAddress) -> Outcome[AddressChanged]:
    """Remove an address."""
    address, client = _find(given.address_id)
    inverse = AddAddress(client.pk, **{name: getattr(address, name) for name in _LIMITS})
    address.delete()
    summary = _("Removed an address of %(name)s") % {"name": client.name}
    return _outcome(client, given.address_id, summary, Undo("clients.add_address", inverse))


def _find(address_id: int) -> tuple[Address, Client]:
    address = Address.objects.filter(pk=address_id).first()
    if address is None:
        raise NotFound(_("There is no such address (any more)."))
    return address, finding.client(address.client_id)


def _part(name: str, text: str) -> str:
    if name == "street":
        return finding.usable(identity.paragraphs, text, _LIMITS[name], _("The street"), field=name)
    return finding.text(text, _LIMITS[name], _("The %(part)s") % {"part": name}, field=name)


def _outcome(client: Client, address_id: int, summary: str, undo: Undo) -> Outcome[AddressChanged]:
    finding.mark_edited(client, "addresses")
    finding.touched(client, "edited")
    hooks.on_change([client.pk])
    return Outcome(AddressChanged(client.pk, address_id), summary, client.pk, undo)
