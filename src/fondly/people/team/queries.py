"""Reads for the team's pages."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet

from fondly.people.team.models import Cover, Department, Role, User


def team(on: date) -> dict[str, Any]:
    """Everybody with their roles, cover that has not ended by `on`, roles and departments."""
    covers = Cover.objects.filter(to_on__gte=on).select_related("user", "by").order_by("from_on", "pk")
    return {
        "people": User.objects.prefetch_related("roles").order_by("-is_active", "name", "pk"),
        "covers": covers,
        "away": {cover.user_id: cover for cover in covers if cover.from_on <= on},
        "roles": roles(),
        "departments": departments(),
    }


def roles() -> QuerySet[Role]:
    return Role.objects.select_related("department").annotate(people=Count("users")).order_by("name")


def role(role_id: int) -> Role | None:
    return roles().filter(pk=role_id).first()


def departments() -> Sequence[Department]:
    return list(Department.objects.order_by("name"))


def person(user_id: int) -> User | None:
    return User.objects.prefetch_related("roles").filter(pk=user_id).first()


def has_admin() -> bool:
    """Whether anybody can look after this install yet."""
    return User.objects.filter(is_admin=True, is_active=True).exists()
