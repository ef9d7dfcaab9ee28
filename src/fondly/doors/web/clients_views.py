"""The Clients list, as a table or a board, and what is done with many clients at once."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from fondly.core.words import words_of
from fondly.design.playbooks.living import live_books
from fondly.doors.web import books, clients_board, clients_csv, clients_list, clients_rows
from fondly.ground import clock
from fondly.ground.action import Refused, perform
from fondly.ground.fresh import Fresh
from fondly.people.clients import queries
from fondly.people.clients.actions import NoteExport
from fondly.people.clients.models import Client
from fondly.people.team.models import User
from fondly.people.team.screens import do, do_then, local_instant, number, signed_in
from fondly.run.journeys.models import Journey

NAMES_SHOWN = 12
VERBS = {
    "assign": gettext_lazy("Give to"),
    "tag": gettext_lazy("Tag"),
    "start": gettext_lazy("Start the journey"),
    "pause": gettext_lazy("Pause until"),
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What will happen to whom, and who is left out and why."""

    ids: list[int]
    names: list[str]
    left_out: list[tuple[str, str]]  # name, reason
    sentence: str


@require_GET
@signed_in()
def clients(request: HttpRequest) -> HttpResponse:
    wanted, now = clients_list.reading(request.GET), clock.now()
    context: dict[str, Any] = {
        "wanted": wanted,
        "parts": _sentence(wanted),
        "views": queries.saved_views(request.user.pk or 0),
    }
    if wanted.layout:
        return render(request, "web/clients_board.html", {**context, "columns": clients_board.board(wanted, now)})
    page = clients_list.page(wanted, now)
    rows = clients_rows.shown(page.rows, dict(books.stage_options()), now)
    return render(request, "web/clients.html", {**context, "page": page, "rows": rows})


@require_GET
@signed_in()
def count(request: HttpRequest) -> HttpResponse:
    """How many fit the sentence, as a piece of the page: counting is not worth waiting for."""
    found = clients_list.count(clients_list.reading(request.GET), clock.now())
    words = _("(the first %(n)s)") if found > clients_list.MATCH_MOST else "(%(n)s)"
    return HttpResponse(words % {"n": f"{min(found, clients_list.MATCH_MOST):,}"})


@require_POST
@signed_in("export")
def take_out(request: HttpRequest) -> StreamingHttpResponse:
    """The selected, or all that match, as a CSV file."""
    ids, now = _ids(request, None), clock.now()
    perform("clients.note_export", request.actor, NoteExport(len(ids)))  # type: ignore[attr-defined]
    answer = StreamingHttpResponse(clients_csv.text(ids, now), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="clients-{now:%Y-%m-%d}.csv"'
    return answer


@require_POST
@signed_in()
def save_view(request: HttpRequest) -> HttpResponse:
    form = request.POST
    do(request, "clients.save_view", name=form.get("name", ""), address=form.get("address", ""),
       for_team=bool(form.get("for_team")))  # fmt: skip
    return redirect(f"/clients?{clients_list.reading(QueryDict(form.get('address', ''))).address()}")


@require_POST
@signed_in()
def remove_view(request: HttpRequest, view_id: int) -> HttpResponse:
    do(request, "clients.remove_view", view_id=view_id)
    return redirect("clients")


@require_POST
@signed_in("clients")
def bulk(request: HttpRequest) -> HttpResponse:
    """Show what would happen, to how many, and who is left out; nothing is changed yet."""
    verb = request.POST.get("verb", "")
    if verb not in VERBS:
        raise Refused(_("Choose what to do with them."))
    ids = _ids(request)
    context: dict[str, Any] = {
        "verb": verb,
        "preview": preview(verb, ids),
        "people": _people(),
        "books": live_books(),
        "tags": queries.tags() if verb == "tag" else [],
        "back": request.POST.get("back", ""),
        "key": uuid.uuid4().hex,
    }
    return render(request, "web/clients_bulk.html", context)


@require_POST
@signed_in("clients")
def bulk_do(request: HttpRequest) -> HttpResponse:
    """Do it to exactly those shown."""
    form, ids = request.POST, _ids(request)
    back = f"/clients?{form.get('back', '')}"
    match form.get("verb", ""):
        case "assign":
            return do_then(request, "clients.assign", back, client_ids=ids, owner_id=form.get("owner") or None)
        case "tag":
            action = "clients.untag" if form.get("off") else "clients.tag"
            return do_then(request, action, back, client_ids=ids, name=form.get("tag", ""))
        case "start":
            playbook, _colon, stage = form.get("start", "").partition(":")
            given = {"playbook_id": playbook, "stage": stage, "key": form.get("key", "")}
            return do_then(request, "journeys.start_many", back, client_ids=ids, **given)
        case "pause":
            until = local_instant(form.get("until", ""))
            return do_then(request, "journeys.pause_many", back, client_ids=ids, until=until, why=form.get("why", ""))
        case _:
            raise Refused(_("Choose what to do with them."))


def preview(verb: str, ids: list[int]) -> Preview:
    """Who takes part in `verb` and who cannot."""
    names = dict(Client.objects.filter(pk__in=ids, merged_into=None, erased_at=None).values_list("pk", "name"))
    states = dict(Journey.objects.filter(client__in=ids).order_by("started_at").values_list("client_id", "state"))
    out: list[tuple[str, str]] = []
    if verb == "pause":
        out = [(n, _("on no running journey")) for pk, n in names.items() if states.get(pk) != Journey.State.ACTIVE]
    if verb == "start":
        out = [(n, _("already on a journey")) for pk, n in names.items() if states.get(pk) in ("active", "paused")]
    gone = {name for name, _reason in out}
    taken = {pk: name for pk, name in names.items() if name not in gone}
    return Preview(list(taken), list(taken.values())[:NAMES_SHOWN], out, str(VERBS[verb]))


def _ids(request: HttpRequest, most: int | None = clients_list.MATCH_MOST) -> list[int]:
    if request.POST.get("all_matching"):
        wanted = clients_list.reading(QueryDict(request.POST.get("back", "")))
        return clients_list.matching_ids(wanted, clock.now(), most)
    ids = [pk for text in request.POST.getlist("ids") if (pk := number(text)) is not None]
    if not ids:
        raise Refused(_("Select at least one client first."))
    return list(dict.fromkeys(ids))


def _read_people() -> list[tuple[int, str]]:
    return list(User.objects.filter(is_active=True).order_by("name").values_list("pk", "name")[:300])


_people = Fresh(_read_people, 15.0)


def _sentence(wanted: clients_list.Filter) -> list[tuple[str, str, list[tuple[str, str]], str]]:
    stages = [("", _("any stage")), *books.stage_options(), ("-", _("no stage"))]
    feelings = [("", _("any way")), ("low", _("uneasy or worse")), ("even", _("even")), ("high", _("glad or better")),
                ("unknown", _("not known"))]  # fmt: skip
    owners = [("", _("anybody")), *((str(pk), name) for pk, name in _people()), ("-", _("nobody"))]
    orders = [("name", _("name")), ("silence", _("longest silence")), ("feeling", _("lowest feeling")),
              ("newest", _("newest"))]  # fmt: skip
    parts = [
        (_("in"), "stage", stages, wanted.stage),
        (_("who feel"), "feeling", feelings, wanted.feeling),
        (_("looked after by"), "owner", owners, wanted.owner),
        (_("last talked to"), "silence", [("", _("any time")), *clients_board.silences()], wanted.silence),
    ]
    personas = books.persona_options()
    if personas:
        options = [("", _("anyone")), *((name, words_of(name)) for name in personas)]
        parts.append((_("who are"), "persona", options, wanted.persona))
    tags = queries.tags()
    if tags or wanted.tag:
        options = [("", _("any tag")), *((name, name) for name in dict.fromkeys([*tags, wanted.tag]) if name)]
        parts.append((_("tagged"), "tag", options, wanted.tag))
    return [*parts, (_("by"), "order", orders, wanted.order)]
