"""Users for tests."""

from datetime import UTC, datetime

from fondly.ground.action import SYSTEM, perform
from fondly.people.team.actions import CreateUser
from fondly.people.team.models import Role, User

PASSWORD = "seven calm otters"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def make_user(
    name: str, *, admin: bool = False, roles: dict[str, list[str]] | None = None, password: bool = False
) -> User:
    """A user; roles: role name -> permissions."""
    for role, permissions in (roles or {}).items():
        Role.objects.update_or_create(name=role, defaults={"permissions": permissions})
    given = CreateUser(f"{name.lower()}@example.com", name, list(roles or {}), admin)
    user = User.objects.get(pk=perform("team.create_user", SYSTEM, given).result.user_id)
    if password:
        user.set_password(PASSWORD)
        user.save()
    return user
