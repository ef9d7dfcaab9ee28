"""Roles come from the playbook: publishing one makes the roles it names."""

from fondly.core.playbook.model import Playbook
from fondly.core.playbook.model import Role as WrittenRole
from fondly.core.words import heading
from fondly.people.team.models import Department, Role

# What somebody with a role in the playbook needs for their daily work. An admin can widen or narrow it.
DAILY_WORK = ["clients", "read", "run"]
MINOR = 100


def sync_roles(playbook: Playbook) -> list[Role]:
    """Make the roles a playbook names and this install has not; keep spending limits and offers as written.

    Permissions and departments of roles that exist are an admin's decision and stay.
    """
    known = {role.name: role for role in Role.objects.filter(name__in=playbook.team.roles)}
    return [_sync(known.get(name), written) for name, written in playbook.team.roles.items()]


def _sync(role: Role | None, written: WrittenRole) -> Role:
    if role is None:
        role = Role(
            name=written.name,
            title=heading(written.name),
            permissions=DAILY_WORK,
            department=_department(written.department),
        )
    role.may_spend_minor = minor(written.may_spend)
    role.may_offer = list(written.may_offer)
    role.save()
    return role


def _department(name: str) -> Department | None:
    return Department.objects.get_or_create(name=name[:80])[0] if name else None


def minor(written: str) -> int:
    """`150`, `up to 1000`, `99.50` in the playbook's currency -> minor units; 0 when no number is written."""
    digits = "".join(letter for letter in str(written) if letter.isdigit() or letter == ".").strip(".")
    try:
        return round(float(digits) * MINOR) if digits else 0
    except ValueError:
        return 0
