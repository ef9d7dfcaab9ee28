"""The Client page and what is done on a client's journeys and promises."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from fondly.design.playbooks.living import live_books
from fondly.doors.web import books, client_page
from fondly.ground import clock
from fondly.ground.action import NotFound
from fondly.listen.promises.models import Promise
from fondly.people.clients.models import Client
from fondly.people.team.models import User
from fondly.people.team.screens import do, go_back, local_instant, sheet, signed_in
from fondly.run.journeys.exits import REASONS
from fondly.run.journeys.models import Journey

CHIPS = (("", gettext_lazy("Everything")), ("talks", gettext_lazy("Talks and notes")),
         ("messages", gettext_lazy("Messages")), ("answers", gettext_lazy("Answers")),
         ("journey", gettext_lazy("Journey")), ("record", gettext_lazy("Record")))  # fmt: skip
_LEAVING = ("goal", "declined", "cancelled", "unsubscribed", "person")


@require_GET
@signed_in()
def client(request: HttpRequest, client_id: int) -> HttpResponse:
    now = clock.now()
    page = client_page.load(client_id, now, request.GET.get("show", ""), request.GET.get("older", ""))
    if page.client.merged_into_id:
        return redirect("client", page.client.merged_into_id)
    if request.headers.get("HX-Request") and request.GET.get("older"):
        return render(request, "web/_timeline.html", {"p": page})
    return render(request, "web/client.html", {"p": page, "chips": CHIPS, "local": local_time(page.client, now)})


@require_GET
@signed_in()
def journey_form(request: HttpRequest, client_id: int, form: str) -> HttpResponse:
    """The sheets "move", "pause", "leave" and "start"."""
    found = _client(client_id)
    living = Journey.objects.filter(client=found, state__in=("active", "paused")).select_related("version", "playbook")
    context: dict[str, Any] = {
        "client": found,
        "form": form,
        "journeys": [(j, _stages(j)) for j in living],
        "books": live_books(),
        "reasons": [(name, REASONS[name]) for name in _LEAVING],
        "people": list(User.objects.filter(is_active=True).order_by("name").values_list("pk", "name")[:300]),
    }
    return sheet(request, "web/_journey_form.html", context)


@require_POST
@signed_in("run")
def journey_act(request: HttpRequest, client_id: int, form: str) -> HttpResponse:
    values = request.POST
    match form:
        case "start":
            playbook, _colon, stage = values.get("start", "").partition(":")
            do(request, "journeys.start", client_id=client_id, playbook_id=playbook, stage=stage,
               matter=values.get("matter", ""))  # fmt: skip
        case "move":
            do(request, "journeys.move", journey_id=values.get("journey", ""), stage=values.get("stage", ""),
               why=values.get("why", ""))  # fmt: skip
        case "pause":
            until = local_instant(values.get("until", ""))
            for journey_id in values.getlist("journeys"):
                do(request, "journeys.pause", journey_id=journey_id, until=until, why=values.get("why", ""))
        case "resume":
            do(request, "journeys.resume", journey_id=values.get("journey", ""))
        case "leave":
            do(request, "journeys.exit", journey_id=values.get("journey", ""), reason=values.get("reason", ""),
               note=values.get("note", ""))  # fmt: skip
        case "owner":
            do(request, "clients.assign", client_ids=[client_id], owner_id=values.get("owner") or None)
        case _:
            raise NotFound(_("There is no such action."))
    return go_back(request, f"/c/{client_id}")


@require_GET
@signed_in()
def promise(request: HttpRequest, promise_id: int) -> HttpResponse:
    found = Promise.objects.select_related("client").filter(pk=promise_id).first()
    if found is None:
        raise NotFound(_("There is no such promise."))
    is_late = found.state == Promise.State.OPEN and found.due_at is not None and found.due_at < clock.now()
    return sheet(request, "web/_promise.html", {"promise": found, "client": found.client, "is_late": is_late})


@require_GET
@signed_in()
def promise_new(request: HttpRequest, client_id: int) -> HttpResponse:
    return sheet(request, "web/_promise.html", {"promise": None, "client": _client(client_id)})


@require_POST
@signed_in("run")
def promise_make(request: HttpRequest, client_id: int) -> HttpResponse:
    due_at = local_instant(request.POST.get("due_at", "")) or ""
    do(request, "promises.make", client_id=client_id, what=request.POST.get("what", ""), due_at=due_at)
    return go_back(request, f"/c/{client_id}")


@require_POST
@signed_in("run")
def promise_act(request: HttpRequest, promise_id: int, act: str) -> HttpResponse:
    """keep, break or change."""
    form = request.POST
    values: dict[str, Any] = {"promise_id": promise_id, "revision": form.get("revision", "")}
    if act == "change":
        values |= {"due_at": local_instant(form.get("due_at", "")) or "", "why": form.get("note", "")}
    else:
        values["note"] = form.get("note", "")
    do(request, f"promises.{act}", **values)
    return go_back(request, "today")


def local_time(found: Client, now: datetime) -> str:
    """The hour where the client is, "" when their zone is not known."""
    try:
        return now.astimezone(ZoneInfo(found.zone)).strftime("%H:%M") if found.zone else ""
    except (ZoneInfoNotFoundError, ValueError):
        return ""


def _client(client_id: int) -> Client:
    found = Client.objects.filter(pk=client_id, erased_at=None).first()
    if found is None:
        raise NotFound(_("There is no such client. The record may have been erased."))
    return found


def _stages(journey: Journey) -> list[tuple[str, str]]:
    book = books.book_of(journey.version_id, journey.version.content_hash)
    return [(name, books.stage_title(book, name)) for name in (book.stages if book else ())]
