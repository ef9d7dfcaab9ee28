"""A new client, and taking it back."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from fondly.ground import clock
from fondly.ground.action import Actor, Outcome, Refused, Undo, action
from fondly.people.clients import finding, identity, regions
from fondly.people.clients.actions.editing import FieldValue, clean_fields
from fondly.people.clients.models import Client, Contact, EmailAddress, Phone
from fondly.people.team.models import User


@dataclass(frozen=True, slots=True)
class CreateClient:
    name: str
    kind: str = "person"
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    zone: str = ""
    owner_id: int | None = None
    persona: str = ""
    source: str = ""
    referrer_id: int | None = None
    fields: dict[str, FieldValue] = field(default_factory=dict)
    external_id: str = ""
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class ClientCreated:
    client_id: int


@dataclass(frozen=True, slots=True)
class DiscardClient:
    client_id: int


@action("clients.create", permission="clients", summary="Add a client")
def create(actor: Actor, given: CreateClient) -> Outcome[ClientCreated]:
    """Add a client with one contact: themself. Two clients may share an e-mail address (couples, offices)."""
    email = finding.usable(identity.email, given.email, field="email") if given.email.strip() else None
    client = _new_client(given)
    region = regions.best(zone=client.zone)
    phone = finding.usable(identity.phone, given.phone, region, field="phone") if given.phone.strip() else None
    client.save()
    contact = Contact.objects.create(client=client, name=client.name, relation="self", is_primary=True)
    if email:
        EmailAddress.objects.create(contact=contact, address=email.address, key=email.key, is_primary=True)
    if phone:
        Phone.objects.create(contact=contact, number=phone.number, extension=phone.extension, is_primary=True)
    summary = _("Added %(name)s") % {"name": client.name}
    return Outcome(ClientCreated(client.pk), summary, client.pk, Undo("clients.discard", DiscardClient(client.pk)))


@action("clients.discard", permission="clients", summary="Take back a new client")
def discard(actor: Actor, given: DiscardClient) -> Outcome[ClientCreated]:
    """Remove a client with whom nothing has happened yet."""
    client = finding.client(given.client_id)
    if client.interactions.exclude(kind="imported").exists():
        raise Refused(
            _("Things have happened with %(name)s since; the client is kept. Erase instead.") % {"name": client.name}
        )
    client.delete()
    return Outcome(ClientCreated(given.client_id), _("Took back the new client %(name)s") % {"name": client.name})


def _new_client(given: CreateClient) -> Client:
    if given.kind not in Client.Kind.values:
        raise Refused(_("A client is a person, household or organisation."), field="kind")
    name = finding.usable(identity.name, given.name, field="name")
    split = identity.split_name(name) if given.kind == Client.Kind.PERSON else ("", "")
    now = clock.now()
    return Client(
        kind=given.kind,
        name=name,
        first_name=finding.text(given.first_name, 100, _("The first name"), field="first_name") or split[0],
        last_name=finding.text(given.last_name, 100, _("The last name"), field="last_name") or split[1],
        sort_name=identity.sort_key(name),
        language=finding.text(given.language, 12, _("The language"), field="language"),
        zone=finding.zone(given.zone),
        owner_id=_owner(given.owner_id),
        persona=finding.text(given.persona, 60, _("The persona"), field="persona"),
        source=finding.text(given.source, 120, _("The source"), field="source"),
        referrer_id=finding.client(given.referrer_id).pk if given.referrer_id else None,
        fields=clean_fields(given.fields),
        external_id=finding.text(given.external_id, 200, _("The number in the other system"), field="external_id"),
        is_demo=given.is_demo,
        created_at=now,
        changed_at=now,
    )


def _owner(owner_id: int | None) -> int | None:
    if owner_id is not None and not User.objects.filter(pk=owner_id, is_active=True).exists():
        raise Refused(_("There is no such person in the team."), field="owner_id")
    return owner_id
