"""What rooms above the team add to its page: one name per stage, what waits for whom, who may give how much."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from fondly.core.words import heading, words_of
from fondly.design.playbooks.living import live_books
from fondly.ground.wording import gettext as _
from fondly.people.team.access import people_of
from fondly.people.team.models import User
from fondly.run.journeys.models import Moment
from fondly.run.journeys.today import LATE
from fondly.run.offers import authority, queries


@dataclass(slots=True)
class Desk:
    """Of one person, or of a role that several people share or nobody has. given_minor: this month."""

    name: str
    due: int = 0
    late: int = 0
    anything: bool = False
    spend_minor: int = 0
    offers: list[str] = field(default_factory=list)
    given_minor: int = 0


def parts(now: datetime) -> dict[str, Any]:
    """For web/_team_parts.html."""
    on = now.astimezone(timezone.get_current_timezone()).date()
    holders = _Holders(on)
    return {
        "template": "web/_team_parts.html",
        "stages": [(live.name, list(_stages(live.book.stages.values(), holders))) for live in live_books()],
        "desks": _desks(now, holders),
        "currency": authority.currency(),
    }


class _Holders(dict[str, list[User]]):
    """Who does the work of a role on this day, looked up once each."""

    def __init__(self, on: date) -> None:
        super().__init__()
        self._on = on

    def __missing__(self, role: str) -> list[User]:
        self[role] = people_of(role, self._on)
        return self[role]


def _stages(stages: Iterable[Any], holders: _Holders) -> Iterable[tuple[str, str, list[str]]]:
    """(title, role, names)."""
    for stage in stages:
        yield stage.title or heading(stage.name), words_of(stage.owner), [user.name for user in holders[stage.owner]]


def _desks(now: datetime, holders: _Holders) -> list[Desk]:
    given = queries.given_since(queries.month_start(now))
    users = User.objects.filter(is_active=True).prefetch_related("roles").order_by("name", "pk")
    desks = {user.pk: _desk(user, given.get(user.pk, 0)) for user in users}
    shared: dict[str, Desk] = {}
    for (assignee, role), (due, late) in _due(now).items():
        owners = [assignee] if assignee in desks else [user.pk for user in holders[role]]
        desk = desks.get(owners[0]) if len(owners) == 1 else None
        desk = desk or shared.setdefault(role, Desk(heading(role)))
        desk.due += due
        desk.late += late
    return [*desks.values(), *shared.values()]


def _desk(user: User, given_minor: int) -> Desk:
    own = authority.of_roles(user.roles.all())
    offers = [_("every offer")] if authority.ANY in own.offers else sorted(map(words_of, own.offers))
    return Desk(user.name, 0, 0, user.is_admin, own.spend_minor, offers, given_minor)


def _due(now: datetime) -> dict[tuple[int | None, str], tuple[int, int]]:
    """Moments that wait for a person, by assignee and role: (all, late)."""
    late = Count("pk", filter=Q(at__lte=now - LATE))
    rows = Moment.objects.filter(state=Moment.State.DUE, at__lte=now).order_by().values_list("assignee", "role")
    return {(assignee, role): (n, m) for assignee, role, n, m in rows.annotate(Count("pk"), late_=late)}
