"""Pages that belong to no room: the way in, Activity with Undo, the command palette's people."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fondly.doors.web import middleware, queries
from fondly.ground.actions import UndoEntry
from fondly.people.team.screens import act_then, go_back, number, signed_in


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return redirect("today" if request.user.is_authenticated else "/sign-in")


@require_GET
@signed_in()
def activity(request: HttpRequest) -> HttpResponse:
    """Who did what, newest first; Undo for thirty days."""
    page = queries.activity(number(request.GET.get("before", "")), request.GET.get("who", ""))
    context: dict[str, Any] = {"page": page, "who": request.GET.get("who", ""), "people": queries.actors()}
    context["errands"] = queries.errands_going_on()
    return render(request, "web/activity.html", context)


@require_POST
@signed_in()
def undo(request: HttpRequest, audit_id: int) -> HttpResponse:
    return act_then(request, "audit.undo", UndoEntry(audit_id), go_back(request, "activity").url)


@require_GET
@signed_in()
def palette(request: HttpRequest) -> HttpResponse:
    """For the command palette: people found by name, and touchpoints; at most eight of each."""
    text = request.GET.get("q", "")
    return JsonResponse({"people": queries.people(text), "touchpoints": queries.touchpoints(text)})


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the right token: too old, or not ours. Nothing was changed."""
    if request.headers.get("HX-Request"):
        words = _("This page was open for too long. Load it anew and send the form again; nothing was changed.")
        return middleware.refused_fragment(words)
    came_from = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    context = {"back": came_from if safe else "", "no_cookies": not request.COOKIES}
    return render(request, "403_csrf.html", context, status=403)
