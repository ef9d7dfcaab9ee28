"""The Clients list, as a table or a board, with its saved views."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fondly.core.words import words_of
from fondly.doors.web import books, clients_board, clients_list, clients_rows
from fondly.ground import clock
from fondly.ground.fresh import Fresh
from fondly.people.clients import queries
from fondly.people.team.models import User
from fondly.people.team.screens import do, signed_in


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


def _read_people() -> list[tuple[int, str]]:
    return list(User.objects.filter(is_active=True).order_by("name").values_list("pk", "name")[:300])


people = Fresh(_read_people, 15.0)


def _sentence(wanted: clients_list.Filter) -> list[tuple[str, str, list[tuple[str, str]], str]]:
    stages = [("", _("any stage")), *books.stage_options(), ("-", _("no stage"))]
    feelings = [("", _("any way")), ("low", _("uneasy or worse")), ("even", _("even")), ("high", _("glad or better")),
                ("unknown", _("not known"))]  # fmt: skip
    owners = [("", _("anybody")), *((str(pk), name) for pk, name in people()), ("-", _("nobody"))]
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
