"""Who may do what, and who stands in for whom."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from fondly.ground import clock
from fondly.ground.action import Actor
from fondly.people.team.models import Cover, Role, User
from fondly.people.team.screens import signed_in as require

__all__ = [
    "EVERYBODY",
    "PERMISSIONS",
    "actor_of",
    "may",
    "people_of",
    "permissions_of",
    "require",
    "roles_today",
    "stand_ins",
]

PERMISSIONS = {
    "read": _("See clients, journeys and numbers"),
    "clients": _("Add and change clients"),
    "run": _("Act on journeys and messages"),
    "design": _("Write and publish playbooks"),
    "import": _("Bring clients and histories in"),
    "export": _("Take data out"),
    "events": _("Send in behaviour events"),
    "admin": _("Everything, and who may do what"),
}
# A signed-in person sees the same history as everybody else; what they may change is their roles' business.
EVERYBODY = frozenset({"read"})


def actor_of(user: Any) -> Actor:
    """The actor behind a signed-in user; somebody who is not signed in may do nothing."""
    if not isinstance(user, User) or not user.is_active:
        return Actor("Somebody who is not signed in")
    return Actor(user.name or user.email, user.pk, permissions_of(user))


def permissions_of(user: User) -> frozenset[str]:
    """The names of all a user may do today: own roles, and the roles of those they cover for.

    Being an admin is personal: cover lends roles, never the admin's own power.
    """
    known = getattr(user, "_permissions", None)
    if known is None:
        known = user._permissions = _read_permissions(user)  # type: ignore[attr-defined]
    return known


def may(user: Any, permission: str) -> bool:
    return actor_of(user).may(permission)


def people_of(role_name: str, on: date) -> list[User]:
    """The active users who do the work of a role on a day; somebody away is replaced by who covers.

    When nobody covers (or the chain of cover ends in nobody), the role's own people stay responsible.
    """
    owners = list(User.objects.filter(roles__name=role_name, is_active=True).order_by("pk"))
    standins = stand_ins(on)
    return _unique(_follow(user, standins) for user in owners)


def stand_ins(on: date) -> dict[int, User]:
    """Who is away on a day -> the active user who covers. The newest cover counts."""
    covers = Cover.objects.filter(from_on__lte=on, to_on__gte=on, by__is_active=True).select_related("by")
    return {cover.user_id: cover.by for cover in covers.order_by("pk")}


def _follow(user: User, standins: dict[int, User]) -> User:
    seen = {user.pk}
    current = user
    while (standin := standins.get(current.pk)) is not None:
        if standin.pk in seen:
            return user  # everybody in the circle is away: it stays with the owner
        seen.add(standin.pk)
        current = standin
    return current


def _unique(users: Iterable[User]) -> list[User]:
    return list({user.pk: user for user in users}.values())


def roles_today(user: User) -> QuerySet[Role]:
    """A user's own roles, and those of whom they cover for; one may come twice."""
    # Both sides of midnight: "today" is not the same day in every zone of the team.
    today = clock.now().date()
    near = Q(users__covered__by=user, users__covered__from_on__lte=today + timedelta(days=1))
    near &= Q(users__covered__to_on__gte=today - timedelta(days=1), users__is_active=True)
    return Role.objects.filter(Q(users=user) | near)


def _read_permissions(user: User) -> frozenset[str]:
    if user.is_admin:
        return frozenset(PERMISSIONS)
    roles = roles_today(user).values_list("permissions", flat=True)
    own = {name for names in roles for name in names if name in PERMISSIONS}
    return EVERYBODY | own
