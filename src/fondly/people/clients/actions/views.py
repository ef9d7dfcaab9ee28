"""Views of the Clients list that people keep under a name, for themselves or for the team."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q
from django.utils.translation import gettext as _

from fondly.ground import clock
from fondly.ground.action import Actor, NotAllowed, NotFound, Outcome, Refused, Undo, action
from fondly.people.clients.models import SavedView

MOST = 50
_ADDRESS_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class SaveView:
    """address: the query string of the list, e.g. stage=selling&feeling=low. for_team: everybody sees it."""

    name: str
    address: str
    for_team: bool = False


@dataclass(frozen=True, slots=True)
class RemoveView:
    view_id: int


@dataclass(frozen=True, slots=True)
class ViewState:
    view_id: int
    name: str


@action("clients.save_view", permission="read", summary="Save a view of the Clients list")
def save_view(actor: Actor, given: SaveView) -> Outcome[ViewState]:
    """The same name again replaces what it showed."""
    name, owner_id = given.name.strip()[:60], _owner(actor, for_team=given.for_team)
    if not name:
        raise Refused(_("Give the view a name, for example: uneasy sellers."), field="name")
    address = urlencode(parse_qsl(given.address)[:20])
    if not address or len(address) > _ADDRESS_LIMIT:
        raise Refused(
            _("Choose something in the sentence first; everybody is one click away already."), field="address"
        )
    mine = SavedView.objects.filter(owner=owner_id)
    before = mine.filter(name=name).first()
    if before is None and mine.count() >= MOST:
        raise Refused(_("%(n)d views are enough. Remove one first.") % {"n": MOST})
    view, _new = SavedView.objects.update_or_create(
        owner_id=owner_id, name=name, defaults={"address": address, "at": clock.now()}
    )
    undo = _save_again(before) if before else Undo("clients.remove_view", RemoveView(view.pk))
    return Outcome(ViewState(view.pk, name), _("Saved the view “%(name)s”") % {"name": name}, undo=undo)


@action("clients.remove_view", permission="read", summary="Remove a saved view of the Clients list")
def remove_view(actor: Actor, given: RemoveView) -> Outcome[ViewState]:
    """One's own; one of the team's with the permission to change clients."""
    view = SavedView.objects.filter(Q(owner=None) | Q(owner=actor.user_id), pk=given.view_id).first()
    if view is None:
        raise NotFound(_("There is no such view."))
    _owner(actor, for_team=view.owner_id is None)
    undo = _save_again(view)
    view.delete()
    words = _("Removed the view “%(name)s”") % {"name": view.name}
    return Outcome(ViewState(given.view_id, view.name), words, undo=undo)


def _save_again(view: SavedView) -> Undo:
    """The view as it is now, for an undo."""
    return Undo("clients.save_view", SaveView(view.name, view.address, for_team=view.owner_id is None))


def _owner(actor: Actor, *, for_team: bool) -> int | None:
    """Whose view it is; None: the team's. Raises NotAllowed."""
    if not for_team:
        if actor.user_id is None:
            raise Refused(_("Only a person has views of their own. Save it for the team."), field="for_team")
        return actor.user_id
    if not actor.may("clients"):
        raise NotAllowed(_("You may not change the team's views. Save it for yourself."))
    return None
