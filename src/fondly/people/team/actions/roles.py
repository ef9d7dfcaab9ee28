"""Roles, what they may do and spend, and the departments they belong to."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.core.words import words_of
from fondly.ground.action import Actor, NotFound, Outcome, Refused, Undo, action
from fondly.people.team.access import PERMISSIONS
from fondly.people.team.models import Department, Role


@dataclass(frozen=True, slots=True)
class CreateRole:
    """may_spend_minor: how much a person of this role may give away at a time, in minor units (cents)."""

    name: str
    title: str = ""
    department: str = ""
    permissions: list[str] = field(default_factory=list)
    may_spend_minor: int = 0
    may_offer: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RoleGiven:
    role_id: int
    title: str
    department: str
    permissions: list[str]
    may_spend_minor: int
    may_offer: list[str]


@dataclass(frozen=True, slots=True)
class RoleId:
    role_id: int


@dataclass(frozen=True, slots=True)
class CreateDepartment:
    name: str


@dataclass(frozen=True, slots=True)
class DepartmentId:
    department_id: int


@dataclass(frozen=True, slots=True)
class RemoveDepartment:
    department_id: int


@action("team.create_role", permission="admin", summary="Add a role")
def create_role(actor: Actor, given: CreateRole) -> Outcome[RoleId]:
    _check_new(given.name)
    role = Role(name=given.name)
    _fill(role, given)
    return Outcome(
        RoleId(role.pk),
        _("The role %(role)s was added") % {"role": shown(role)},
        undo=Undo("team.remove_role", RoleId(role.pk)),
    )


@action("team.change_role", permission="admin", summary="Change what a role may do")
def change_role(actor: Actor, given: RoleGiven) -> Outcome[RoleId]:
    role = find_role(given.role_id)
    before = RoleGiven(
        role.pk,
        role.title,
        role.department.name if role.department else "",
        role.permissions,
        role.may_spend_minor,
        role.may_offer,
    )
    _fill(role, given)
    return Outcome(
        RoleId(role.pk),
        _("The role %(role)s was changed") % {"role": shown(role)},
        undo=Undo("team.change_role", before),
    )


@action("team.remove_role", permission="admin", summary="Remove a role nobody has")
def remove_role(actor: Actor, given: RoleId) -> Outcome[RoleId]:
    role = find_role(given.role_id)
    holders = role.users.count()
    if holders:
        raise Refused(
            ngettext(
                "%(n)d person has the role %(role)s. Give them another one first.",
                "%(n)d people have the role %(role)s. Give them another one first.",
                holders,
            )
            % {"n": holders, "role": shown(role)}
        )
    before = CreateRole(
        role.name,
        role.title,
        role.department.name if role.department else "",
        role.permissions,
        role.may_spend_minor,
        role.may_offer,
    )
    role.delete()
    return Outcome(
        given, _("The role %(role)s was removed") % {"role": shown(role)}, undo=Undo("team.create_role", before)
    )


@action("team.create_department", permission="admin", summary="Add a department")
def create_department(actor: Actor, given: CreateDepartment) -> Outcome[DepartmentId]:
    name = " ".join(given.name.split())[:80]
    if not name:
        raise Refused(_("A department needs a name."), field="name")
    if Department.objects.filter(name__iexact=name).exists():
        raise Refused(_("There is a department called %(name)s already.") % {"name": name}, field="name")
    made = Department.objects.create(name=name)
    undo = Undo("team.remove_department", RemoveDepartment(made.pk))
    return Outcome(DepartmentId(made.pk), _("The department %(name)s was added") % {"name": name}, undo=undo)


@action("team.remove_department", permission="admin", summary="Remove a department")
def remove_department(actor: Actor, given: RemoveDepartment) -> Outcome[DepartmentId]:
    """Its roles stay, without a department."""
    department = Department.objects.filter(pk=given.department_id).first()
    if department is None:
        raise NotFound(_("There is no such department."))
    department.delete()
    undo = Undo("team.create_department", CreateDepartment(department.name))
    return Outcome(
        DepartmentId(given.department_id),
        _("The department %(department)s was removed") % {"department": department.name},
        undo=undo,
    )


def find_role(role_id: int) -> Role:
    role = Role.objects.select_related("department").filter(pk=role_id).first()
    if role is None:
        raise NotFound(_("There is no such role."))
    return role


def shown(role: Role) -> str:
    return role.title or words_of(role.name)


def _fill(role: Role, given: CreateRole | RoleGiven) -> None:
    unknown = [name for name in given.permissions if name not in PERMISSIONS]
    if unknown:
        raise Refused(
            _("%(name)r is not a permission; choose from %(known)s.")
            % {"name": unknown[0], "known": ", ".join(PERMISSIONS)},
            field="permissions",
        )
    if given.may_spend_minor < 0:
        raise Refused(_("The spending limit cannot be below zero."), field="may_spend_minor")
    role.title = " ".join(given.title.split())[:80]
    role.department = _department(given.department)
    role.permissions = sorted(set(given.permissions))
    role.may_spend_minor, role.may_offer = given.may_spend_minor, list(given.may_offer)
    role.save()


def _department(name: str) -> Department | None:
    if not name:
        return None
    found = Department.objects.filter(name__iexact=name).first()
    if found is None:
        raise Refused(_("There is no department called %(name)r.") % {"name": name}, field="department")
    return found


def _check_new(name: str) -> None:
    try:
        validate_slug(name)
    except ValidationError as error:
        raise Refused(
            _("%(name)r cannot be a role's name: use letters, digits and underscores, as in the playbook.")
            % {"name": name},
            field="name",
        ) from error
    if Role.objects.filter(name=name).exists():
        raise Refused(_("There is a role called %(name)r already.") % {"name": name}, field="name")
