"""Facts about a client, edited in place: one at a time, with the old value kept for undo."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fondly.ground import clock
from fondly.ground.action import Actor, Conflict, NotFound, Outcome, Refused, Undo, action
from fondly.people.clients import finding, hooks, identity, timeline
from fondly.people.clients.models import Client

FieldValue = str | int | float | bool | None
_FIELDS_LIMIT = 200
_LIMITS = {
    "first_name": 100,
    "last_name": 100,
    "salutation": 100,
    "language": 12,
    "persona": 60,
    "source": 120,
    "external_id": 200,
}
CHANGEABLE = ("name", "kind", "zone", "memory", "value_minor", "currency", "referrer_id", *_LIMITS)


@dataclass(frozen=True, slots=True)
class ChangeClient:
    """field: one of CHANGEABLE. was: what the person saw; if it is no longer so, the change is refused."""

    client_id: int
    field: str
    value: str
    was: str | None = None
    by_hand: bool = True


@dataclass(frozen=True, slots=True)
class SetField:
    """A field of the playbook. Dates as ISO text (2026-03-01); None removes the field."""

    client_id: int
    name: str
    value: FieldValue
    by_hand: bool = True


@dataclass(frozen=True, slots=True)
class SetValue:
    """What matters to the client, in their words; empty removes it."""

    client_id: int
    question: str
    words: str


@dataclass(frozen=True, slots=True)
class Changed:
    client_id: int
    value: str
    changed_at: datetime


@action("clients.change", permission="clients", summary="Change a client's details")
def change(actor: Actor, given: ChangeClient) -> Outcome[Changed]:
    """Change one detail."""
    if given.field not in CHANGEABLE:
        raise NotFound(_("There is no detail called %(name)s.") % {"name": given.field[:60]})
    client = finding.client(given.client_id)
    old, was_edited = _as_text(getattr(client, given.field)), given.field in client.edited
    if given.was is not None and given.was != old:
        raise Conflict(_("Somebody changed this meanwhile to “%(now)s”. Look again.") % {"now": old[:100]})
    names = _assign(client, given.field, given.value)
    new = _as_text(getattr(client, given.field))
    _note_hand(client, given.field, given.by_hand)
    finding.touched(client, *names, "edited")
    hooks.on_change([client.pk])
    undo = Undo("clients.change", ChangeClient(client.pk, given.field, old, new, was_edited))
    summary = _("Changed %(field)s of %(name)s") % {"field": _word(given.field), "name": client.name}
    return Outcome(Changed(client.pk, new, client.changed_at), summary, client.pk, undo)


@action("clients.set_field", permission="clients", summary="Set a field of a client")
def set_field(actor: Actor, given: SetField) -> Outcome[Changed]:
    """Set or remove one playbook field; the journeys are planned again if that changes it."""
    client = finding.client(given.client_id)
    name, value = clean_field(given.name, given.value)
    old, mark = client.fields.get(name), f"fields.{name}"
    was_edited = mark in client.edited
    client.fields = _with(client.fields, name, value)
    if len(client.fields) > _FIELDS_LIMIT:
        raise Refused(_("A client holds at most %(n)d fields.") % {"n": _FIELDS_LIMIT}, field="name")
    _note_hand(client, mark, given.by_hand)
    finding.touched(client, "fields", "edited")
    if value != old:
        _record_field(actor, client, name, old, value)
        hooks.on_change([client.pk])
    undo = Undo("clients.set_field", SetField(client.pk, name, old, was_edited))
    summary = _("Set %(field)s of %(name)s") % {"field": name, "name": client.name}
    return Outcome(Changed(client.pk, _as_text(value), client.changed_at), summary, client.pk, undo)


@action("clients.set_value", permission="clients", summary="Note what matters to a client")
def set_value(actor: Actor, given: SetValue) -> Outcome[Changed]:
    """Keep the client's own words on one question."""
    client = finding.client(given.client_id)
    question = finding.text(given.question, 120, _("The question"), field="question")
    words = finding.usable(identity.paragraphs, given.words, 2000, _("The answer"), field="words")
    old = client.values.get(question, "")
    client.values = _with(client.values, question, words or None)
    finding.touched(client, "values")
    undo = Undo("clients.set_value", SetValue(client.pk, question, old))
    summary = _("Noted what matters to %(name)s") % {"name": client.name}
    return Outcome(Changed(client.pk, words, client.changed_at), summary, client.pk, undo)


def clean_field(name: str, value: FieldValue) -> tuple[str, FieldValue]:
    """A field's name and value fit to be kept. Raises Refused."""
    clean = finding.text(name, 60, _("The field's name"), field="name")
    if not clean:
        raise Refused(_("The field has no name."), field="name")
    if isinstance(value, str):
        value = finding.usable(identity.paragraphs, value, 5000, _("The value"), field=clean) or None
    if isinstance(value, float) and value - value != 0:
        raise Refused(_("The number of %(field)s is not finite.") % {"field": clean}, field=clean)
    return clean, value


def clean_fields(fields: dict[str, FieldValue]) -> dict[str, FieldValue]:
    pairs = [clean_field(name, value) for name, value in fields.items()]
    return {name: value for name, value in pairs if value is not None}


def _assign(client: Client, field: str, value: str) -> list[str]:
    """Set the detail and what follows from it; the names of what changed."""
    if field == "name":
        return _rename(client, finding.usable(identity.name, value, field="name"))
    setattr(client, field, _clean(client, field, value))
    return [field]


def _clean(client: Client, field: str, value: str) -> Any:
    if field in _LIMITS:
        return finding.text(value, _LIMITS[field], _word(field), field=field)
    return {
        "kind": _clean_kind,
        "zone": lambda _client, text: finding.zone(text),
        "memory": _clean_memory,
        "value_minor": _clean_number,
        "currency": _clean_currency,
        "referrer_id": _clean_referrer,
    }[field](client, value)


def _rename(client: Client, name: str) -> list[str]:
    was = identity.split_name(client.name)
    if (client.first_name, client.last_name) == was and client.kind == Client.Kind.PERSON:
        client.first_name, client.last_name = identity.split_name(name)
    client.contacts.filter(relation="self", name=client.name).update(name=name)
    client.name, client.sort_name = name, identity.sort_key(name)
    return ["name", "sort_name", "first_name", "last_name"]


def _clean_kind(_client: Client, text: str) -> str:
    if text not in Client.Kind.values:
        raise Refused(_("A client is a person, household or organisation."), field="kind")
    return text


def _clean_memory(_client: Client, text: str) -> str:
    return finding.usable(identity.paragraphs, text, 10_000, _("What to remember"), field="memory")


def _clean_number(_client: Client, text: str) -> int:
    try:
        number = int(text or 0)
    except ValueError:
        number = -(2**63)
    if abs(number) >= 10**15:
        raise Refused(_("The value must be a whole number of the smallest unit (cents)."), field="value_minor")
    return number


def _clean_currency(_client: Client, text: str) -> str:
    code = text.strip().upper()
    if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise Refused(_("A currency has three letters, like EUR or USD."), field="currency")
    return code


def _clean_referrer(client: Client, text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdigit() or int(text) == client.pk:
        raise Refused(_("Choose another client as the one who recommended us."), field="referrer_id")
    return finding.client(int(text)).pk


def _note_hand(client: Client, mark: str, by_hand: bool) -> None:
    if by_hand:
        finding.mark_edited(client, mark)
    else:
        client.edited = [name for name in client.edited if name != mark]


def _record_field(actor: Actor, client: Client, name: str, old: FieldValue, new: FieldValue) -> None:
    timeline.record(
        timeline.NewFact(
            client.pk,
            "field",
            clock.now(),
            name=name,
            text=_as_text(new),
            by_id=actor.user_id,
            data={"from": old, "to": new},
        )
    )


def _with(known: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    kept = {key: held for key, held in known.items() if key != name}
    return kept if value is None else {**kept, name: value}


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _word(field: str) -> str:
    return field.removesuffix("_id").removesuffix("_minor").replace("_", " ")
