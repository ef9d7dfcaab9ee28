"""Who looks after whom."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.ground import clock
from fondly.ground.action import Actor, NotFound, Outcome, Undo, action
from fondly.people.clients import finding, hooks
from fondly.people.clients.models import Client
from fondly.people.team.models import User


@dataclass(frozen=True, slots=True)
class Assign:
    """owner_id None: nobody in particular."""

    client_ids: list[int]
    owner_id: int | None


@dataclass(frozen=True, slots=True)
class AssignEach:
    """For each client (client id, owner id)."""

    pairs: list[tuple[int, int | None]]


@dataclass(frozen=True, slots=True)
class Assigned:
    count: int


@action("clients.assign", permission="clients", summary="Give clients to an owner")
def assign(actor: Actor, given: Assign) -> Outcome[Assigned]:
    """Set the owner of these clients."""
    owner = _owner(given.owner_id)
    return _assign(
        [(pk, given.owner_id) for pk in dict.fromkeys(given.client_ids)], owner.name if owner else _("nobody")
    )


@action("clients.assign_each", permission="clients", summary="Give each client to an owner of its own")
def assign_each(actor: Actor, given: AssignEach) -> Outcome[Assigned]:
    """Set owners one by one: the inverse of clients.assign."""
    for owner_id in {owner_id for _pk, owner_id in given.pairs}:
        _owner(owner_id)
    return _assign(given.pairs, _("their own owners"))


def _assign(pairs: list[tuple[int, int | None]], to: str) -> Outcome[Assigned]:
    before = finding.each((pk for pk, _owner_id in pairs), "owner_id")
    by_owner: dict[int | None, set[int]] = {}
    for pk, owner_id in pairs:
        by_owner.setdefault(owner_id, set()).add(pk)
    for owner_id, ids in by_owner.items():
        Client.objects.filter(pk__among=ids).update(owner_id=owner_id, changed_at=clock.now())
    hooks.on_change(list(before))
    summary = ngettext("Gave %(n)d client to %(to)s", "Gave %(n)d clients to %(to)s", len(pairs)) % {
        "n": len(pairs),
        "to": to,
    }
    only = pairs[0][0] if len(pairs) == 1 else None
    undo = Undo("clients.assign_each", AssignEach(list(before.items())))
    return Outcome(Assigned(len(pairs)), summary, only, undo)


def _owner(owner_id: int | None) -> User | None:
    if owner_id is None:
        return None
    owner = User.objects.filter(pk=owner_id, is_active=True).first()
    if owner is None:
        raise NotFound(_("There is no such person in the team."))
    return owner
