"""What is done with many clients at once: first what would happen, to whom, and who is left out and why."""

import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from fondly.core.words import heading
from fondly.design.playbooks.living import live_books
from fondly.doors.web import clients_csv, clients_list
from fondly.doors.web.clients_views import people
from fondly.ground import clock
from fondly.ground.action import Refused, perform
from fondly.ground.steps import parts
from fondly.people.clients import queries
from fondly.people.clients.actions import NoteExport
from fondly.people.clients.models import Client
from fondly.people.team.screens import do_then, local_instant, number, signed_in
from fondly.run.journeys import extras
from fondly.run.journeys.models import Journey

NAMES_SHOWN = 12
LEFT_SHOWN = 100
VERBS = {
    "assign": gettext_lazy("Give to"),
    "tag": gettext_lazy("Tag"),
    "start": gettext_lazy("Start the journey"),
    "touchpoint": gettext_lazy("Start a touchpoint"),
    "pause": gettext_lazy("Pause until"),
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What will happen to whom, and who is left out and why."""

    ids: list[int]
    names: list[str]
    left_out: list[tuple[str, str]]  # name, reason
    sentence: str

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """The most common first."""
        return Counter(why for _name, why in self.left_out).most_common()


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
@signed_in("clients")
def bulk(request: HttpRequest) -> HttpResponse:
    """Show what would happen, to how many, and who is left out; nothing is changed yet."""
    verb = request.POST.get("verb", "")
    if verb not in VERBS:
        raise Refused(_("Choose what to do with them."))
    touchpoint = request.POST.get("touchpoint", "")
    context: dict[str, Any] = {
        "verb": verb,
        "preview": preview(verb, _ids(request), touchpoint, again=bool(request.POST.get("again"))),
        "touchpoint": touchpoint,
        "most": LEFT_SHOWN,
        "again": request.POST.get("again", ""),
        "people": people(),
        "books": live_books(),
        "tags": queries.tags() if verb == "tag" else [],
        "back": request.POST.get("back", ""),
        "client": number(request.POST.get("client", "")) or "",
        "page": _page(request),
        "key": uuid.uuid4().hex,
    }
    return render(request, "web/clients_bulk.html", context)


@require_POST
@signed_in("clients")
def bulk_do(request: HttpRequest) -> HttpResponse:
    """Do it to exactly those shown."""
    form, ids = request.POST, _ids(request)
    back = _page(request)
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
        case "touchpoint":
            playbook, _colon, name = form.get("touchpoint", "").partition(":")
            given = {"playbook_id": playbook, "touchpoint": name}
            given |= {word: form.get(word, "") for word in ("again", "why", "key")}
            return do_then(request, "journeys.start_touchpoint", back, client_ids=ids, **given)
        case "pause":
            until = local_instant(form.get("until", ""))
            return do_then(request, "journeys.pause_many", back, client_ids=ids, until=until, why=form.get("why", ""))
        case _:
            raise Refused(_("Choose what to do with them."))


def _page(request: HttpRequest) -> str:
    """Where they were chosen: the page of one client, or the list with its sentence."""
    client = number(request.POST.get("client", ""))
    return f"/c/{client}" if client is not None else f"/clients?{request.POST.get('back', '')}"


def preview(verb: str, ids: list[int], touchpoint: str = "", *, again: bool = False) -> Preview:
    """Who takes part in `verb` and who cannot. touchpoint: "playbook id:name", "" while none is chosen."""
    names = dict(Client.objects.filter(pk__among=set(ids), merged_into=None, erased_at=None).values_list("pk", "name"))
    out: dict[int, str] = {}
    if verb == "touchpoint" and touchpoint:
        out = _without_touchpoint(list(names), touchpoint, again=again)
    elif verb in ("pause", "start"):
        out = _by_journey(verb, list(names))
    taken = [pk for pk in names if pk not in out]
    left_out = [(names[pk], why) for pk, why in out.items()]
    return Preview(taken, [names[pk] for pk in taken[:NAMES_SHOWN]], left_out, _sentence(verb, touchpoint))


def _sentence(verb: str, touchpoint: str) -> str:
    name = touchpoint.partition(":")[2]
    return _("Start “%(what)s”") % {"what": heading(name)} if name else str(VERBS[verb])


def _by_journey(verb: str, ids: list[int]) -> dict[int, str]:
    rows = Journey.objects.filter(client__among=set(ids)).order_by("started_at")
    states = dict(rows.values_list("client_id", "state"))
    if verb == "pause":
        return {pk: _("on no running journey") for pk in ids if states.get(pk) != Journey.State.ACTIVE}
    return {pk: _("already on a journey") for pk in ids if states.get(pk) in ("active", "paused")}


def _without_touchpoint(ids: list[int], touchpoint: str, *, again: bool) -> dict[int, str]:
    playbook, _colon, name = touchpoint.partition(":")
    chosen = extras.choose(number(playbook) or 0, name, again=again, key="")
    now = clock.now()
    looked = [extras.look(chosen, some, now) for _place, some in parts(ids, extras.BATCH)]
    return {pk: why for one in looked for pk, why in one.left_out}


def _ids(request: HttpRequest, most: int | None = clients_list.MATCH_MOST) -> list[int]:
    if request.POST.get("all_matching"):
        wanted = clients_list.reading(QueryDict(request.POST.get("back", "")))
        return clients_list.matching_ids(wanted, clock.now(), most)
    ids = [pk for text in request.POST.getlist("ids") if (pk := number(text)) is not None]
    if not ids:
        raise Refused(_("Select at least one client first."))
    return list(dict.fromkeys(ids))
