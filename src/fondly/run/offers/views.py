"""The sheet to offer a client something, and the one to say yes or no."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fondly.ground import clock
from fondly.ground.action import NotFound
from fondly.people.clients import finding
from fondly.people.team.screens import do, go_back, sheet, signed_in
from fondly.run.journeys.moment_sheet import minor
from fondly.run.offers import authority, queries
from fondly.run.offers.actions import may_decide
from fondly.run.offers.models import Offer


@require_http_methods(["GET", "POST"])
@signed_in("run")
def offer_new(request: HttpRequest, client_id: int) -> HttpResponse:
    if request.method == "POST":
        form = request.POST
        do(request, "offers.make", client_id=client_id, offer=form.get("offer", ""), what=form.get("what", ""),
           cost_minor=minor(form.get("cost", "")), why=form.get("why", ""))  # fmt: skip
        return go_back(request, f"/c/{client_id}")
    mine = authority.authority_of(request.actor)  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "client": finding.shown(client_id),
        "offers": [(one, mine.covers(one, one.most_minor)) for one in authority.written().values()],
        "mine": mine,
        "given": queries.given_by(request.user.pk or 0, queries.month_start(clock.now())),
        "currency": authority.currency(),
    }
    return sheet(request, "offers/_new.html", context)


@require_GET
@signed_in()
def offer(request: HttpRequest, offer_id: int) -> HttpResponse:
    found = Offer.objects.select_related("client").filter(pk=offer_id).first()
    if found is None:
        raise NotFound(_("There is no such offer."))
    mine = found.state == Offer.State.WAITING and may_decide(request.actor, found)  # type: ignore[attr-defined]
    return sheet(request, "offers/_offer.html", {"offer": found, "client": found.client, "mine": mine})


@require_POST
@signed_in("run")
def approve(request: HttpRequest, offer_id: int) -> HttpResponse:
    do(request, "offers.approve", offer_id=offer_id, revision=request.POST.get("revision", ""))
    return go_back(request, "today")


@require_POST
@signed_in("run")
def decline(request: HttpRequest, offer_id: int) -> HttpResponse:
    form = request.POST
    do(request, "offers.decline", offer_id=offer_id, revision=form.get("revision", ""), why=form.get("why", ""))
    return go_back(request, "today")
