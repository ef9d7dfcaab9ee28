"""Two records found to be one: merge, and take the merge apart again.

The survivor gets what the other has; what it had itself stays. Everything moved or filled is
written down in Merge.before, so that un-merge puts both back; what a person changed since stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from fondly.ground import clock
from fondly.ground.action import Actor, NotFound, Outcome, Refused, Undo, action
from fondly.people.clients import consents, finding, hooks, identity, timeline
from fondly.people.clients.models import Address, Client, Consent, Contact, EmailAddress, Interaction, Merge, Phone, Tag

_SOURCE = "merge"
_BLANK_FILLS = (
    *("first_name", "last_name", "salutation", "language", "zone", "owner_id"),
    *("persona", "source", "referrer_id", "currency", "external_id"),
)
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class MergeClients:
    """The absorbed record disappears into the survivor."""

    survivor_id: int
    absorbed_id: int


@dataclass(frozen=True, slots=True)
class Merged:
    merge_id: int
    survivor_id: int


@dataclass(frozen=True, slots=True)
class UnmergeClients:
    merge_id: int


@dataclass(frozen=True, slots=True)
class Unmerged:
    survivor_id: int
    absorbed_id: int
    kept: list[str]  # details of the survivor that a person changed since; they were left


@action("clients.merge", permission="clients", summary="Merge two records of one client")
def merge(actor: Actor, given: MergeClients) -> Outcome[Merged]:
    """Unite two records. Consents become the stricter of both; journeys are united by their own room."""
    if given.survivor_id == given.absorbed_id:
        raise Refused(_("Choose two different clients to merge."))
    survivor, absorbed = _both(given.survivor_id, given.absorbed_id)
    made = Merge.objects.create(survivor=survivor, absorbed=absorbed, at=clock.now(), by=actor.name[:200])
    made.before = {
        "contacts": _move_contacts(survivor, absorbed),
        "addresses": _move(Address, absorbed, survivor),
        "interactions": _move(Interaction, absorbed, survivor),
        "referred": _move_referred(absorbed, survivor),
        "tags": _move_tags(absorbed, survivor),
        "consents": _stricter(survivor, absorbed, actor),
        "filled": _fill(survivor, absorbed),
        "rooms": {_id_of(room): room(survivor.pk, absorbed.pk) for room in hooks.on_merge},
    }
    made.save(update_fields=["before"])
    absorbed.merged_into = survivor
    finding.touched(absorbed, "merged_into")
    _note(survivor, absorbed, made, actor)
    _refresh(survivor)
    summary = _("Merged %(absorbed)s into %(survivor)s") % {"absorbed": absorbed.name, "survivor": survivor.name}
    undo = Undo("clients.unmerge", UnmergeClients(made.pk))
    return Outcome(Merged(made.pk, survivor.pk), summary, survivor.pk, undo)


@action("clients.unmerge", permission="clients", summary="Take a merge apart")
def unmerge(actor: Actor, given: UnmergeClients) -> Outcome[Unmerged]:
    """Put both records back. Refused when the survivor was merged further or erased."""
    made = Merge.objects.select_for_update().filter(pk=given.merge_id).first()
    if made is None:
        raise NotFound(_("There is no such merge."))
    if made.undone_at is not None:
        raise Refused(_("This merge was taken apart already."))
    survivor = finding.client(made.survivor_id)
    _refuse_out_of_order(made)
    absorbed = Client.objects.select_for_update().get(pk=made.absorbed_id)
    absorbed.merged_into = None
    finding.touched(absorbed, "merged_into")
    kept = _put_back(made, survivor, absorbed)
    for room in hooks.on_unmerge:
        room(survivor.pk, absorbed.pk, made.before.get("rooms", {}).get(_id_of(room), {}))
    made.undone_at = clock.now()
    made.save(update_fields=["undone_at"])
    _refresh(survivor, absorbed)
    summary = _("Took %(absorbed)s and %(survivor)s apart") % {"absorbed": absorbed.name, "survivor": survivor.name}
    return Outcome(Unmerged(survivor.pk, absorbed.pk, kept), summary, survivor.pk)


def _both(survivor_id: int, absorbed_id: int) -> tuple[Client, Client]:
    """Lock in the order of their numbers, so that two opposite merges cannot wait for each other."""
    low, high = sorted((survivor_id, absorbed_id))
    found = {low: finding.client(low), high: finding.client(high)}
    return found[survivor_id], found[absorbed_id]


def _id_of(room: Any) -> str:
    """on_merge and on_unmerge functions of one module share the memo."""
    return str(room.__module__)


def _move(model: Any, source: Client, target: Client, ids: Iterable[int] | None = None) -> list[int]:
    moved = list(model.objects.filter(client=source).values_list("pk", flat=True)) if ids is None else list(ids)
    for start in range(0, len(moved), _CHUNK):
        model.objects.filter(pk__in=moved[start : start + _CHUNK], client=source).update(client=target)
    return moved


def _move_referred(source: Client, target: Client) -> list[int]:
    ids = list(Client.objects.filter(referrer=source).exclude(pk=target.pk).values_list("pk", flat=True))
    for start in range(0, len(ids), _CHUNK):
        Client.objects.filter(pk__in=ids[start : start + _CHUNK]).update(referrer=target)
    return ids


def _move_tags(source: Client, target: Client) -> list[int]:
    """What both have stays on both."""
    new = Tag.objects.filter(client=source).exclude(name__in=target.tags.values("name"))
    return _move(Tag, source, target, list(new.values_list("pk", flat=True)))


def _move_contacts(survivor: Client, absorbed: Client) -> dict[str, Any]:
    """A contact of the same name takes the new addresses and phones; other contacts move as they are."""
    memo: dict[str, Any] = {"moved": [], "emails": [], "phones": [], "lowered": []}
    own = list(survivor.contacts.order_by("pk"))
    for contact in absorbed.contacts.order_by("pk"):
        twin = next((c for c in own if identity.same_name(c.name, contact.name)), None)
        if twin is not None:
            memo["emails"] += _move_parts(EmailAddress, contact, twin, "key")
            memo["phones"] += _move_parts(Phone, contact, twin, "number")
        else:
            memo["moved"].append([contact.pk, contact.is_primary])
            contact.client, contact.is_primary = survivor, contact.is_primary and not own
            contact.save()
    return memo


def _move_parts(model: Any, source: Contact, target: Contact, key: str) -> list[list[Any]]:
    known = set(model.objects.filter(contact=target).values_list(key, flat=True))
    has_primary = model.objects.filter(contact=target, is_primary=True).exists()
    memo = []
    for part in model.objects.filter(contact=source).order_by("pk"):
        if getattr(part, key) in known:
            continue
        memo.append([part.pk, source.pk, target.pk, part.is_primary])
        part.contact, part.is_primary = target, part.is_primary and not has_primary
        part.save()
    return memo


def _fill(survivor: Client, absorbed: Client) -> dict[str, list[Any]]:
    """Blank details are taken over. Returns detail -> [before, after]."""
    filled = {name: getattr(absorbed, name) for name in _BLANK_FILLS}
    new = {name: value for name, value in filled.items() if value and not getattr(survivor, name)}
    if new.get("referrer_id") == survivor.pk:
        del new["referrer_id"]
    for name in ("fields", "values"):
        new[name] = {**getattr(absorbed, name), **getattr(survivor, name)}
    new["memory"] = "\n\n".join(part for part in (survivor.memory, absorbed.memory) if part)
    new["edited"] = sorted({*survivor.edited, *absorbed.edited})
    if absorbed.currency in ("", survivor.currency) or not survivor.value_minor:
        new["value_minor"] = survivor.value_minor + absorbed.value_minor
    changed = {
        name: [getattr(survivor, name), value] for name, value in new.items() if value != getattr(survivor, name)
    }
    for name, (_old, value) in changed.items():
        setattr(survivor, name, value)
    finding.touched(survivor, *changed)
    return changed


def _stricter(survivor: Client, absorbed: Client, actor: Actor) -> list[int]:
    """Ledger lines that make the survivor's consents the stricter of both. Returns their numbers."""
    ledgers = consents.newest([survivor.pk, absorbed.pk])
    mine, theirs = ledgers.get(survivor.pk, {}), ledgers.get(absorbed.pk, {})
    lines = []
    for channel, purpose in sorted({*mine, *theirs}):
        wanted = _stricter_state(mine, theirs, channel, purpose)
        if wanted:
            lines.append(_merge_line(survivor, channel, purpose, wanted, actor))
    return lines


def _stricter_state(mine: dict[Any, Any], theirs: dict[Any, Any], channel: str, purpose: str) -> str:
    ours, other = (consents.verdict(lines, channel, purpose) for lines in (mine, theirs))
    if isinstance(ours, consents.Line) or isinstance(other, consents.Line):
        return consents.WITHDRAWN
    return consents.GIVEN if other is True and ours is not True else ""


def _merge_line(survivor: Client, channel: str, purpose: str, state: str, actor: Actor) -> int:
    line = Consent.objects.create(
        client=survivor,
        channel=channel,
        purpose=purpose,
        state=state,
        source=_SOURCE,
        at=clock.now(),
        by=actor.name[:200],
    )
    return line.pk


def _note(survivor: Client, absorbed: Client, made: Merge, actor: Actor) -> None:
    timeline.record(
        timeline.NewFact(
            survivor.pk,
            "merged",
            clock.now(),
            text=absorbed.name,
            by_id=actor.user_id,
            data={"client": absorbed.pk},
            source=_SOURCE,
            external_id=str(made.pk),
        )
    )


def _refuse_out_of_order(made: Merge) -> None:
    later = Merge.objects.filter(survivor_id=made.survivor_id, pk__gt=made.pk, undone_at=None).first()
    if later is not None:
        raise Refused(_("%(name)s was merged in later. Take that merge apart first.") % {"name": later.absorbed.name})


def _put_back(made: Merge, survivor: Client, absorbed: Client) -> list[str]:
    before = made.before
    _contacts_back(before["contacts"], survivor, absorbed)
    _move(Address, survivor, absorbed, before["addresses"])
    _move(Interaction, survivor, absorbed, before["interactions"])
    _move(Tag, survivor, absorbed, before.get("tags", []))
    Client.objects.filter(pk__in=before["referred"], referrer=survivor).update(referrer=absorbed)
    Interaction.objects.filter(source=_SOURCE, external_id=str(made.pk)).delete()
    Consent.objects.filter(pk__in=before["consents"], client=survivor).delete()
    _carry_withdrawals(made, survivor, absorbed)
    return _unfill(survivor, before["filled"])


def _contacts_back(memo: dict[str, Any], survivor: Client, absorbed: Client) -> None:
    for pk, is_primary in memo["moved"]:
        Contact.objects.filter(pk=pk, client=survivor).update(client=absorbed, is_primary=is_primary)
    for name, model in (("emails", EmailAddress), ("phones", Phone)):
        for pk, old, new, is_primary in memo[name]:
            model.objects.filter(pk=pk, contact_id=new).update(contact_id=old, is_primary=is_primary)


def _unfill(survivor: Client, filled: dict[str, list[Any]]) -> list[str]:
    """Details go back to what they were unless a person changed them since."""
    restored = [name for name, (_old, new) in filled.items() if getattr(survivor, name) == new]
    for name in restored:
        setattr(survivor, name, filled[name][0])
    finding.touched(survivor, *restored)
    return sorted(set(filled) - set(restored))


def _carry_withdrawals(made: Merge, survivor: Client, absorbed: Client) -> None:
    """A no said while the two were one counts for both."""
    said = Consent.objects.filter(client=survivor, state=consents.WITHDRAWN, at__gte=made.at).exclude(source=_SOURCE)
    for line in said.order_by("at", "pk"):
        line.pk, line.client = None, absorbed
        line.save(force_insert=True)


def _refresh(*clients: Client) -> None:
    ids = [client.pk for client in clients]
    timeline.refresh_feelings(ids)
    for pk in ids:
        timeline.refresh_contact(pk)
    hooks.on_change(ids)
