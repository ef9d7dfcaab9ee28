"""The Clients list and what is done with many clients at once."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from fondly.core.words import words_of
from fondly.design.playbooks.living import live_books
from fondly.doors.web import books, clients_list, clients_rows
from fondly.ground import clock
from fondly.ground.action import Refused
from fondly.ground.fresh import Fresh
from fondly.people.clients.models import Client
from fondly.people.team.models import User
from fondly.people.team.screens import do_then, local_instant, number, signed_in
from fondly.run.journeys.models import Journey

NAMES_SHOWN = 12
VERBS = {
    "assign": gettext_lazy("Give to"),
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
    wanted = clients_list.reading(request.GET)
    now, titles = clock.now(), dict(books.stage_options())
    page = clients_list.page(wanted, now)
    rows = clients_rows.shown(page.rows, titles, now)
    return render(
        request, "web/clients.html", {"wanted": wanted, "page": page, "rows": rows, "parts": _sentence(wanted)}
    )


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


def _ids(request: HttpRequest) -> list[int]:
    if request.POST.get("all_matching"):
        return clients_list.matching_ids(clients_list.reading(QueryDict(request.POST.get("back", ""))))
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
    ]
    personas = books.persona_options()
    if personas:
        options = [("", _("anyone")), *((name, words_of(name)) for name in personas)]
        parts.append((_("who are"), "persona", options, wanted.persona))
    return [*parts, (_("by"), "order", orders, wanted.order)]
