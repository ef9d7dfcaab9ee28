"""Whose key this is. Asked for every request of a program, so it is one small statement of our own."""

from dataclasses import dataclass
from datetime import timedelta

from fondly.ground import clock, instants, reading
from fondly.people.team import tokens
from fondly.people.team.access import permissions_of
from fondly.people.team.models import ApiToken, User

_FIND = """SELECT t.id, t.name, t.scopes, t.used_at, t.expires_at, t.revoked_at, u.id, u.name, u.is_admin, u.is_active
FROM team_apitoken t JOIN team_user u ON u.id = t.user_id WHERE t.token_hash = %s"""
_SEEN_EVERY = timedelta(minutes=1)


class KeyRefused(Exception):
    """This key opens nothing; the message says why."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a key. permissions: what the key may do, never more than its owner."""

    token_id: int
    user_id: int
    name: str
    permissions: frozenset[str]


def holder(secret: str) -> Holder:
    """The holder of a key that is good now; notes that it was used. Raises KeyRefused."""
    rows = reading.rows(_FIND, [tokens.hashed(secret)])
    now = clock.now()
    if not rows or rows[0][5] is not None or not rows[0][9]:
        raise KeyRefused("This key is not known here, or it was ended.")
    token_id, token_name, scopes, used_at, expires_at, _, user_id, user_name, is_admin, _ = rows[0]
    if expires_at is not None and instants.read(expires_at) <= now:
        raise KeyRefused("This key's time is over. Make a new one under Your account.")
    if used_at is None or now - instants.read(used_at) > _SEEN_EVERY:
        ApiToken.objects.filter(pk=token_id).update(used_at=now)
    owner = User(pk=user_id, name=user_name, is_admin=is_admin)
    permissions = permissions_of(owner) & frozenset(reading.parsed(scopes))
    return Holder(token_id, user_id, f"{user_name} ({token_name})", permissions)
