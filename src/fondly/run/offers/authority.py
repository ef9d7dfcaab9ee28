"""What somebody may give without asking: the roles' limits, and what the playbooks have to give."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fondly.core.words import words_of
from fondly.design.playbooks.living import live_books
from fondly.ground.action import Actor
from fondly.people.team.access import roles_today
from fondly.people.team.models import Role, User
from fondly.people.team.roles import minor

ANY = "any"
_OPEN = re.compile(r"\s*up to\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Written:
    """One of the playbook's offers. most_minor: what it costs, or at most when it is_open ("up to 1000")."""

    name: str
    what: str
    most_minor: int
    is_open: bool
    currency: str


@dataclass(frozen=True, slots=True)
class Authority:
    """spend_minor: at a time, for anything. offers: names of the playbook's offers, or "any"."""

    spend_minor: int = 0
    offers: frozenset[str] = field(default_factory=frozenset)
    unlimited: bool = False

    def covers(self, written: Written | None, cost_minor: int) -> bool:
        """Whether this may be given without asking. written None: something that is no offer of the playbook."""
        if self.unlimited:
            return True
        if written is None:
            return cost_minor <= self.spend_minor
        return bool({ANY, written.name} & self.offers) and cost_minor <= written.most_minor


def authority_of(actor: Actor) -> Authority:
    """All roles the actor has today, also lent ones, together. Admins decide for themselves."""
    if actor.may("admin"):
        return Authority(unlimited=True)
    user = User.objects.filter(pk=actor.user_id or 0, is_active=True).first()
    return of_roles(roles_today(user)) if user is not None else Authority()


def of_user(user: User) -> Authority:
    """The same for somebody who is signed in."""
    return Authority(unlimited=True) if user.is_admin else of_roles(roles_today(user))


def of_roles(roles: Iterable[Role]) -> Authority:
    """What these roles together allow."""
    known = list(roles)
    offers = frozenset(name for role in known for name in role.may_offer)
    return Authority(max((role.may_spend_minor for role in known), default=0), offers)


def written() -> Mapping[str, Written]:
    """What the live playbooks have to give, by name; where two have the same name, the first one's."""
    found: dict[str, Written] = {}
    for live in live_books():
        for name, given in live.book.offers.items():
            costs = str(given.get("costs") or "")
            is_open = _OPEN.match(costs) is not None
            what = str(given.get("is") or words_of(name))
            found.setdefault(name, Written(name, what, minor(costs), is_open, live.book.currency))
    return found


def currency() -> str:
    """The first live playbook's: limits are written in it, so what somebody gives in their own words costs it too."""
    return next((live.book.currency for live in live_books() if live.book.currency), "")
