"""The team: who is in it, what they may do, who stands in."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from fondly.ground import clock
from fondly.ground.action import NotFound, Refused, perform
from fondly.people.team import queries
from fondly.people.team.access import PERMISSIONS, require
from fondly.people.team.actions import (
    AddCover,
    ChangeUser,
    CreateDepartment,
    CreateRole,
    Invite,
    RemoveCover,
    RemoveDepartment,
    RoleGiven,
    RoleId,
    UserId,
)
from fondly.people.team.screens import act, number

MINOR = 100
# fn(now) -> what a room above adds to the team's page: "template" names the piece, the rest is for it.
parts: list[Callable[[datetime], dict[str, Any]]] = []


@require("read")
@require_GET
def team(request: HttpRequest) -> HttpResponse:
    """People with their roles, who covers for whom, roles and departments."""
    now = clock.now()
    more = [part(now) for part in parts]
    return render(request, "team/team.html", {**queries.team(now.date()), "permissions": PERMISSIONS, "parts": more})


@require("admin")
@never_cache
def invite(request: HttpRequest) -> HttpResponse:
    """The answer shows a link to hand over; it is shown once."""
    link, refusal, sent = "", None, request.POST
    if request.method == "POST":
        given = Invite(sent.get("email", ""), sent.get("name", ""), sent.getlist("roles"), "is_admin" in sent)
        try:
            link = _perform(request, "team.invite", given).link.get_secret_value()
        except Refused as caught:
            refusal = caught
    context = {"roles": queries.roles(), "link": link, "refusal": refusal, "sent": sent}
    return render(request, "team/invite.html", context, status=422 if refusal else 200)


@require("admin")
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    found = queries.person(user_id)
    if found is None:
        raise NotFound(_("There is no such person in the team."))
    if request.method == "POST":
        sent = request.POST
        roles, is_admin = sent.getlist("roles"), "is_admin" in sent
        act(request, "team.change_user", ChangeUser(user_id, sent["email"], sent["name"], roles, is_admin))
        return redirect("team")
    return render(request, "team/person.html", {"person": found, "roles": queries.roles()})


@require("admin")
@require_POST
@never_cache
def new_link(request: HttpRequest, user_id: int) -> HttpResponse:
    made = _perform(request, "team.new_link", UserId(user_id))
    context = {"person": queries.person(user_id), "roles": queries.roles(), "link": made.link.get_secret_value()}
    return render(request, "team/person.html", context)


@require("admin")
@require_POST
def switch(request: HttpRequest, user_id: int) -> HttpResponse:
    """On or off, as the button said."""
    act(request, "team.activate" if request.POST.get("to") == "on" else "team.deactivate", UserId(user_id))
    return redirect("team")


@require("admin")
def new_role(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        act(request, "team.create_role", CreateRole(name=request.POST.get("name", ""), **_role_fields(request)))
        return redirect("team")
    return _role_page(request, None)


@require("admin")
def role(request: HttpRequest, role_id: int) -> HttpResponse:
    if request.method == "POST":
        act(request, "team.change_role", RoleGiven(role_id=role_id, **_role_fields(request)))
        return redirect("team")
    return _role_page(request, role_id)


@require("admin")
@require_POST
def remove_role(request: HttpRequest, role_id: int) -> HttpResponse:
    act(request, "team.remove_role", RoleId(role_id))
    return redirect("team")


@require("admin")
@require_POST
def add_department(request: HttpRequest) -> HttpResponse:
    act(request, "team.create_department", CreateDepartment(request.POST.get("name", "")))
    return redirect("team")


@require("admin")
@require_POST
def remove_department(request: HttpRequest, department_id: int) -> HttpResponse:
    act(request, "team.remove_department", RemoveDepartment(department_id))
    return redirect("team")


@require("read")
@require_POST
def cover(request: HttpRequest) -> HttpResponse:
    sent = request.POST
    days = _day(sent.get("from_on", ""), "from_on"), _day(sent.get("to_on", ""), "to_on")
    given = AddCover(
        number(sent.get("user_id", "")) or 0, number(sent.get("by_id", "")) or 0, *days, sent.get("note", "")
    )
    act(request, "team.add_cover", given)
    return redirect("team")


@require("read")
@require_POST
def end_cover(request: HttpRequest, cover_id: int) -> HttpResponse:
    act(request, "team.remove_cover", RemoveCover(cover_id))
    return redirect("team")


def _perform(request: HttpRequest, name: str, given: Any) -> Any:
    return perform(name, request.actor, given).result  # type: ignore[attr-defined]


def _role_page(request: HttpRequest, role_id: int | None) -> HttpResponse:
    found = queries.role(role_id) if role_id is not None else None
    if role_id is not None and found is None:
        raise NotFound(_("There is no such role."))
    context = {"role": found, "permissions": PERMISSIONS, "departments": queries.departments()}
    return render(request, "team/role.html", context)


def _role_fields(request: HttpRequest) -> dict[str, Any]:
    sent = request.POST
    return {
        "title": sent.get("title", ""),
        "department": sent.get("department", ""),
        "permissions": sent.getlist("permissions"),
        "may_spend_minor": _money(sent.get("may_spend", "")),
        "may_offer": [part.strip() for part in sent.get("may_offer", "").split(",") if part.strip()],
    }


def _money(text: str) -> int:
    try:
        return round(float(text.replace(",", "") or 0) * MINOR)
    except (ValueError, OverflowError) as error:
        raise Refused(
            _("%(text)r is not an amount; write a number such as 150.") % {"text": text}, field="may_spend_minor"
        ) from error


def _day(text: str, field: str) -> Any:
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise Refused(_("Choose the first and the last day."), field=field)
    return found
