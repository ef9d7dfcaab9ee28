"""Keys for scripts: shown once, kept hashed, never more powerful than their owner."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from pydantic import SecretStr

from fondly.ground import clock
from fondly.ground.action import Actor, NotAllowed, NotFound, Outcome, Refused, action
from fondly.people.team import tokens
from fondly.people.team.access import PERMISSIONS
from fondly.people.team.actions.users import find
from fondly.people.team.models import ApiToken

PREFIX = "fondly_"


@dataclass(frozen=True, slots=True)
class CreateToken:
    """scopes: names of permissions you have yourself. expires_at: null for a key without end."""

    name: str
    scopes: list[str]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenMade:
    token_id: int
    token: SecretStr


@dataclass(frozen=True, slots=True)
class RevokeToken:
    token_id: int


@action("team.create_token", permission="read", summary="Make a key for scripts")
def create_token(actor: Actor, given: CreateToken) -> Outcome[TokenMade]:
    """The key is in the answer once and can never be read again."""
    user = find(actor.user_id or 0)
    name = " ".join(given.name.split())[:80]
    if not name:
        raise Refused(_("Give the key a name, so that you know later what it is for."), field="name")
    _check_scopes(actor, given.scopes)
    if given.expires_at is not None and given.expires_at <= clock.now():
        raise Refused(_("The key would have ended before it begins."), field="expires_at")
    secret = PREFIX + tokens.make()
    made = ApiToken.objects.create(
        user=user,
        name=name,
        token_hash=tokens.hashed(secret),
        hint=secret[-4:],
        scopes=sorted(set(given.scopes)),
        made_at=clock.now(),
        expires_at=given.expires_at,
    )
    return Outcome(TokenMade(made.pk, SecretStr(secret)), _("The key %(name)s was made") % {"name": name})


@action("team.revoke_token", permission="read", summary="End a key for scripts")
def revoke_token(actor: Actor, given: RevokeToken) -> Outcome[RevokeToken]:
    """At once and for good. Your own keys, or anybody's for an admin."""
    token = ApiToken.objects.filter(pk=given.token_id).first()
    if token is None or (token.user_id != actor.user_id and not actor.may("admin")):
        raise NotFound(_("There is no such key."))
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
    return Outcome(given, _("The key %(name)s was ended") % {"name": token.name})


def _check_scopes(actor: Actor, scopes: list[str]) -> None:
    if not scopes:
        raise Refused(_("Choose what the key may do."), field="scopes")
    for scope in scopes:
        if scope not in PERMISSIONS:
            raise Refused(
                _("%(scope)r is not a permission; choose from %(known)s.")
                % {"scope": scope, "known": ", ".join(PERMISSIONS)},
                field="scopes",
            )
        if not actor.may(scope):
            raise NotAllowed(
                _("You may not do %(scope)r yourself, so a key of yours may not either.") % {"scope": scope}
            )
