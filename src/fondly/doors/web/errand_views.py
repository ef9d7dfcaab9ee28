"""How far something is that takes longer than a person should wait; and stopping it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fondly.ground import errands
from fondly.ground.action import NotFound
from fondly.ground.models import Errand
from fondly.people.team.screens import do, filled, signed_in


@require_GET
@signed_in()
def errand(request: HttpRequest, errand_id: int) -> HttpResponse:
    """n of m while it goes on; what came of it afterwards. The same after any reload."""
    found = Errand.objects.filter(pk=errand_id).defer("input").first()
    if found is None:
        raise NotFound(_("There is no such errand."))
    context: dict[str, Any] = {"errand": found, "here": request.path}
    if not found.is_going_on:
        context |= {"next": filled(found.page, found.result), "undoable": errands.is_undoable(found)}
    return render(request, "web/_errand.html" if request.headers.get("HX-Request") else "web/errand.html", context)


@require_POST
@signed_in()
def stop(request: HttpRequest, errand_id: int) -> HttpResponse:
    do(request, "errands.stop", errand_id=errand_id)
    return redirect("errand", errand_id)
