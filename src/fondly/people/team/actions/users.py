"""Users: invite, change, deactivate. A user is never deleted: the history names them."""

from dataclasses import dataclass, field
from zoneinfo import available_timezones

from allauth.account.models import EmailAddress as SignInAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import F
from django.utils.translation import gettext as _
from pydantic import SecretStr

from fondly.ground import clock
from fondly.ground.action import Actor, NotFound, Outcome, Refused, Undo, action
from fondly.people.team import links
from fondly.people.team.models import ApiToken, Role, User

THEMES = ("system", "light", "dark")


@dataclass(frozen=True, slots=True)
class CreateUser:
    email: str
    name: str
    roles: list[str] = field(default_factory=list)
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class UserId:
    user_id: int


@dataclass(frozen=True, slots=True)
class Invite:
    email: str
    name: str
    roles: list[str] = field(default_factory=list)
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Invited:
    """link is shown once; it works once within `days` days."""

    user_id: int
    link: SecretStr
    days: int


@dataclass(frozen=True, slots=True)
class ChangeUser:
    user_id: int
    email: str
    name: str
    roles: list[str]
    is_admin: bool


@dataclass(frozen=True, slots=True)
class LinkMade:
    link: SecretStr
    days: int


@dataclass(frozen=True, slots=True)
class ChangeSelf:
    name: str
    phone: str = ""
    zone: str = ""
    language: str = "en"
    theme: str = "system"
    single_keys: bool = True


@action("team.create_user", permission="admin", summary="Add a user")
def create_user(actor: Actor, given: CreateUser) -> Outcome[UserId]:
    """A user without a password: they get in by a link. Refused when the address is taken or malformed."""
    user = _add(given.email, given.name, given.roles, given.is_admin)
    return Outcome(
        UserId(user.pk),
        _("%(name)s was added to the team") % {"name": user.name},
        undo=Undo("team.deactivate", UserId(user.pk)),
    )


@action("team.invite", permission="admin", summary="Invite somebody to the team")
def invite(actor: Actor, given: Invite) -> Outcome[Invited]:
    """A user and a one-time link to hand over by any way; no mail server is needed."""
    user = _add(given.email, given.name, given.roles, given.is_admin)
    link = links.make("invite", user)
    outcome = Invited(user.pk, SecretStr(link.url), link.days)
    return Outcome(
        outcome, _("%(name)s was invited") % {"name": user.name}, undo=Undo("team.deactivate", UserId(user.pk))
    )


@action("team.new_link", permission="admin", summary="Make a link for a new password")
def new_link(actor: Actor, given: UserId) -> Outcome[LinkMade]:
    """For somebody who forgot their password. Their second factor, if any, is still asked for."""
    user = find(given.user_id)
    if not user.is_active:
        raise Refused(_("%(name)s is switched off. Switch them on first.") % {"name": user.name}, field="user_id")
    link = links.make("reset" if user.has_usable_password() else "invite", user)
    return Outcome(
        LinkMade(SecretStr(link.url), link.days), _("A sign-in link was made for %(name)s") % {"name": user.name}
    )


@action("team.change_user", permission="admin", summary="Change a user")
def change_user(actor: Actor, given: ChangeUser) -> Outcome[UserId]:
    """Name, address, roles, admin. The last admin stays one."""
    user = find(given.user_id)
    before = ChangeUser(user.pk, user.email, user.name, role_names(user), user.is_admin)
    if user.is_admin and not given.is_admin:
        _keep_an_admin(user)
    email = _free_address(given.email, except_id=user.pk)
    user.name, user.is_admin = _named(given.name), given.is_admin
    moved, user.email = user.email != email, email
    user.save(update_fields=["name", "email", "is_admin"])
    user.roles.set(_roles(given.roles))
    if moved:
        _verify(user)
    return Outcome(
        UserId(user.pk), _("%(name)s was changed") % {"name": user.name}, undo=Undo("team.change_user", before)
    )


@action("team.deactivate", permission="admin", summary="Switch a user off")
def deactivate(actor: Actor, given: UserId) -> Outcome[UserId]:
    """They are signed out everywhere at once, and their keys and links stop working."""
    user = find(given.user_id)
    if user.pk == actor.user_id:
        raise Refused(_("You cannot switch yourself off. Ask another admin."), field="user_id")
    if user.is_admin:
        _keep_an_admin(user)
    User.objects.filter(pk=user.pk).update(is_active=False, sessions_ended=F("sessions_ended") + 1)
    ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=clock.now())
    user.links.filter(used_at=None).update(used_at=clock.now())
    return Outcome(
        UserId(user.pk),
        _("%(name)s was switched off") % {"name": user.name},
        undo=Undo("team.activate", UserId(user.pk)),
    )


@action("team.activate", permission="admin", summary="Switch a user on again")
def activate(actor: Actor, given: UserId) -> Outcome[UserId]:
    """They may sign in again; keys that were revoked stay revoked."""
    user = find(given.user_id)
    User.objects.filter(pk=user.pk).update(is_active=True)
    return Outcome(
        UserId(user.pk),
        _("%(name)s was switched on") % {"name": user.name},
        undo=Undo("team.deactivate", UserId(user.pk)),
    )


@action("team.change_self", permission="read", summary="Change your own profile")
def change_self(actor: Actor, given: ChangeSelf) -> Outcome[UserId]:
    user = find(actor.user_id or 0)
    before = ChangeSelf(user.name, user.phone, user.zone, user.language, user.theme, user.single_keys)
    if given.zone and given.zone not in available_timezones():
        raise Refused(
            _("%(zone)r is not a time zone; write one such as America/New_York.") % {"zone": given.zone}, field="zone"
        )
    if given.theme not in THEMES:
        raise Refused(
            _("%(theme)r is not a theme; choose %(known)s.") % {"theme": given.theme, "known": ", ".join(THEMES)},
            field="theme",
        )
    user.name, user.phone, user.zone = _named(given.name), given.phone.strip()[:40], given.zone
    user.language, user.theme, user.single_keys = given.language[:12], given.theme, given.single_keys
    user.save(update_fields=["name", "phone", "zone", "language", "theme", "single_keys"])
    return Outcome(UserId(user.pk), _("Your profile was changed"), undo=Undo("team.change_self", before))


def find(user_id: int) -> User:
    """The user, or NotFound."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound(_("There is no such user."))
    return user


def role_names(user: User) -> list[str]:
    return list(user.roles.order_by("name").values_list("name", flat=True))


def _add(email: str, name: str, roles: list[str], is_admin: bool) -> User:
    user = User(email=_free_address(email), name=_named(name), is_admin=is_admin, joined_at=clock.now())
    user.set_unusable_password()
    user.save()
    user.roles.set(_roles(roles))
    _verify(user)
    return user


def _verify(user: User) -> None:
    """The address an admin wrote down counts as verified: passkeys and second factors ask for that."""
    SignInAddress.objects.filter(user=user).delete()
    SignInAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


def _named(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned:
        raise Refused(_("A name is needed."), field="name")
    if len(cleaned) > 150:
        raise Refused(_("The name is too long; 150 letters are enough."), field="name")
    return cleaned


def _free_address(email: str, except_id: int = 0) -> str:
    cleaned = email.strip().lower()
    try:
        validate_email(cleaned)
    except ValidationError as error:
        raise Refused(_("%(email)r is not an e-mail address.") % {"email": email}, field="email") from error
    if User.objects.filter(email__iexact=cleaned).exclude(pk=except_id).exists():
        raise Refused(_("%(email)s belongs to somebody in the team already.") % {"email": cleaned}, field="email")
    return cleaned


def _roles(names: list[str]) -> list[Role]:
    found = {role.name: role for role in Role.objects.filter(name__in=names)}
    missing = [name for name in names if name not in found]
    if missing:
        raise Refused(_("There is no role called %(name)r.") % {"name": missing[0]}, field="roles")
    return list(found.values())


def _keep_an_admin(leaving: User) -> None:
    others = User.objects.filter(is_admin=True, is_active=True).exclude(pk=leaving.pk).select_for_update()
    if not others.exists():
        raise Refused(
            _("%(name)s is the only admin. Make somebody else an admin first.") % {"name": leaving.name},
            field="is_admin",
        )
