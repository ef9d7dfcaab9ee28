"""Cover: who acts while somebody is away."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from fondly.ground.action import Actor, NotAllowed, NotFound, Outcome, Refused, Undo, action
from fondly.people.team.actions.users import find
from fondly.people.team.models import Cover


@dataclass(frozen=True, slots=True)
class AddCover:
    """`by_id` acts for `user_id` from the first to the last day, both included."""

    user_id: int
    by_id: int
    from_on: date
    to_on: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class CoverAdded:
    cover_id: int


@dataclass(frozen=True, slots=True)
class RemoveCover:
    cover_id: int


@action("team.add_cover", permission="read", summary="Let somebody cover for a person who is away")
def add_cover(actor: Actor, given: AddCover) -> Outcome[CoverAdded]:
    """People arrange their own cover; an admin arranges anybody's."""
    _own_or_admin(actor, given.user_id)
    away, by = find(given.user_id), find(given.by_id)
    if away.pk == by.pk:
        raise Refused(_("Nobody can cover for themselves."), field="by_id")
    if not by.is_active:
        raise Refused(_("%(name)s is switched off and cannot cover.") % {"name": by.name}, field="by_id")
    if given.to_on < given.from_on:
        raise Refused(_("The last day is before the first day."), field="to_on")
    cover = Cover.objects.create(
        user=away, by=by, from_on=given.from_on, to_on=given.to_on, note=given.note.strip()[:200]
    )
    summary = _("%(by)s covers for %(away)s from %(first)s to %(last)s") % {
        "by": by.name,
        "away": away.name,
        "first": given.from_on,
        "last": given.to_on,
    }
    return Outcome(CoverAdded(cover.pk), summary, undo=Undo("team.remove_cover", RemoveCover(cover.pk)))


@action("team.remove_cover", permission="read", summary="End a cover")
def remove_cover(actor: Actor, given: RemoveCover) -> Outcome[CoverAdded]:
    cover = Cover.objects.select_related("user", "by").filter(pk=given.cover_id).first()
    if cover is None:
        raise NotFound(_("There is no such cover."))
    _own_or_admin(actor, cover.user_id)
    again = AddCover(cover.user_id, cover.by_id, cover.from_on, cover.to_on, cover.note)
    cover.delete()
    summary = _("%(by)s no longer covers for %(away)s") % {"by": cover.by.name, "away": cover.user.name}
    return Outcome(CoverAdded(given.cover_id), summary, undo=Undo("team.add_cover", again))


def _own_or_admin(actor: Actor, user_id: int) -> None:
    if actor.user_id != user_id and not actor.may("admin"):
        raise NotAllowed(_("You can arrange your own cover. For somebody else, ask an admin."))
