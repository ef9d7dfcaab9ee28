"""Tags: words on clients, put on and taken off one client or many at once."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.ground import bulk, clock
from fondly.ground.action import Actor, Outcome, Refused, Undo, action
from fondly.people.clients import finding, queries
from fondly.people.clients.models import Client, Tag


@dataclass(frozen=True, slots=True)
class TagClients:
    """Put the tag on these clients."""

    client_ids: list[int]
    name: str


@dataclass(frozen=True, slots=True)
class UntagClients:
    """Take the tag off these clients."""

    client_ids: list[int]
    name: str


@dataclass(frozen=True, slots=True)
class Tagged:
    """count: for how many this changed something."""

    name: str
    count: int


@action("clients.tag", permission="clients", summary="Put a tag on clients")
def tag(actor: Actor, given: TagClients) -> Outcome[Tagged]:
    """Those who have it keep it; a tag that only differs in capital letters from a known one is that one."""
    name = _name(given.name)
    known = finding.each(given.client_ids, "name")
    fresh = known.keys() - _having(known, name)
    bulk.add(Tag, ("client_id", "name"), [(pk, name) for pk in sorted(fresh)], known="ignore")
    words = ngettext("Put “%(tag)s” on %(n)s client", "Put “%(tag)s” on %(n)s clients", len(fresh))
    return _outcome(name, fresh, words, known, Undo("clients.untag", UntagClients(sorted(fresh), name)))


@action("clients.untag", permission="clients", summary="Take a tag off clients")
def untag(actor: Actor, given: UntagClients) -> Outcome[Tagged]:
    """Those who do not have it are left as they are."""
    name = _name(given.name)
    known = finding.each(given.client_ids, "name")
    had = _having(known, name)
    Tag.objects.filter(client__among=had, name=name).delete()
    words = ngettext("Took “%(tag)s” off %(n)s client", "Took “%(tag)s” off %(n)s clients", len(had))
    return _outcome(name, had, words, known, Undo("clients.tag", TagClients(sorted(had), name)))


def _name(text: str) -> str:
    """The tag as it is written already, else as it was typed."""
    name = finding.text(text, 40, _("The tag"), field="name")
    if not name:
        raise Refused(_("The tag has no name."), field="name")
    return next((known for known in queries.tags() if known.casefold() == name.casefold()), name)


def _having(clients: dict[int, str], name: str) -> set[int]:
    return set(Tag.objects.filter(client__among=set(clients), name=name).values_list("client_id", flat=True))


def _outcome(name: str, changed: set[int], words: str, known: dict[int, str], undo: Undo) -> Outcome[Tagged]:
    Client.objects.filter(pk__among=changed).update(changed_at=clock.now())
    only = next(iter(known)) if len(known) == 1 else None
    summary = words % {"tag": name, "n": f"{len(changed):,}"}
    return Outcome(Tagged(name, len(changed)), summary, only, undo if changed else None)
