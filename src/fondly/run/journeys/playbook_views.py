"""What a playbook's next version would mean for clients on the way, moving them, and rehearsing with a real one."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fondly.core.planner.decide import decide
from fondly.design.playbooks import calendar_view, library, queries
from fondly.ground import clock
from fondly.ground.action import NotFound
from fondly.people.clients.models import Client
from fondly.people.team.screens import do_then, signed_in
from fondly.run.journeys import effect_page
from fondly.run.journeys.histories import load
from fondly.run.journeys.models import Journey

_LIVING = (Journey.State.ACTIVE, Journey.State.PAUSED)
_LATE = ("send", "spread", "skip")


@require_GET
@signed_in()
def effect_view(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """Who would get what if everyone lived the draft. Writes nothing."""
    draft = library.draft(playbook_id)
    context = effect_page.shown(draft) if draft is not None else {}
    if request.headers.get("HX-Request"):
        return render(request, "journeys/_effect.html", context)
    return render(request, "journeys/effect.html", context | _shown(playbook_id))


@require_POST
@signed_in()
def look(request: HttpRequest, playbook_id: int, version_id: int) -> HttpResponse:
    """Have the worker look at everyone on the way."""
    live = library.live(playbook_id)
    page = "playbook-move" if live is not None and live.pk == version_id else "playbook-effect"
    return do_then(
        request,
        "journeys.preview_version",
        reverse(page, args=[playbook_id]),
        playbook_id=playbook_id,
        version_id=version_id,
    )


@require_http_methods(["GET", "POST"])
@signed_in("run")
def move(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """After publishing: bring the clients on older versions along, or leave them."""
    live = library.live(playbook_id)
    if live is None:
        raise NotFound(_("Nothing of this playbook is published, so nobody can be moved."))
    if request.method == "POST":
        late = request.POST.get("late", "skip")
        return do_then(
            request,
            "journeys.move_to_version",
            reverse("playbook", args=[playbook_id]),
            playbook_id=playbook_id,
            to_version_id=live.pk,
            late=late if late in _LATE else "skip",
        )
    return render(request, "journeys/move.html", effect_page.shown(live) | {"live": live} | _shown(playbook_id))


@require_GET
@signed_in()
def rehearse_client(request: HttpRequest, playbook_id: int, client_id: int) -> HttpResponse:
    """The next 90 days of a real client under the draft, or the live version. Nothing is sent, nothing stored."""
    client = Client.objects.filter(pk=client_id, merged_into=None, erased_at=None).first()
    rows = Journey.objects.filter(client=client_id, playbook=playbook_id, state__in=_LIVING).select_related("client")
    journey = rows.order_by("-pk").first()
    if client is None or journey is None:
        raise NotFound(_("This client lives no journey of this playbook."))
    shown = queries.shown(playbook_id, writing=True)
    context = _shown(playbook_id) | {"client": client, "days": []}
    if shown.book is not None and journey.stage in shown.book.stages:
        context["days"] = _days(journey, shown.book)
    return render(request, "journeys/rehearse_client.html", context)


def _days(journey: Journey, book: Any) -> list[calendar_view.Day]:
    now = clock.now()
    history = load([journey], {journey.version_id: book}).histories[journey.pk]
    until = now + timedelta(days=calendar_view.DAYS)
    moments = decide(book, history, now, until=until).moments
    return calendar_view.days_of([m for m in moments if not m.settled and now <= m.at <= until], [])


def _shown(playbook_id: int) -> dict[str, Any]:
    shown = queries.shown(playbook_id, writing=True)
    return {"p": shown.playbook, "version": shown.version, "book": shown.book, "shown": shown, "tab": ""}
