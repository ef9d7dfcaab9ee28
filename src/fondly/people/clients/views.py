"""What is done with one client's own record: add, edit in place, talk, people, consent, merge, export, erase."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fondly.ground.action import NotFound, Refused
from fondly.people.clients import consents, finding, queries
from fondly.people.clients.models import Client, Interaction
from fondly.people.team.screens import act, do, go_back, local_instant, number, sheet, signed_in

_NEW = ("name", "kind", "email", "phone", "persona", "source", "language", "zone")
_FELT = ("text", "feeling", "solved", "minutes")


@require_http_methods(["GET", "POST"])
@signed_in("clients")
def new(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        done = do(request, "clients.create", **{name: request.POST.get(name, "") for name in _NEW})
        return redirect("client", done.result.client_id)
    return sheet(request, "clients/_new.html", {"kinds": Client.Kind.choices, "personas": queries.personas()})


@require_POST
@signed_in("clients")
def edit(request: HttpRequest, client_id: int) -> HttpResponse:
    """One fact in place. htmx gets the form back with a tick, everybody else the page."""
    form = request.POST
    what, name, value = form.get("what", ""), form.get("name", ""), form.get("value", "")
    quiet = bool(request.headers.get("HX-Request"))
    _save(request, client_id, what, name, value)
    if not quiet:
        return redirect("client", client_id)
    list(_messages(request))  # the tick says it; no notice later
    shown = {
        "client_id": client_id,
        "what": what,
        "name": name,
        "value": value,
        "area": "\n" in value or what == "value",
    }
    return render(request, "clients/_saved.html", shown | {"area": shown["area"] or name == "memory"})


@require_http_methods(["GET", "POST"])
@signed_in()
def call(request: HttpRequest, client_id: int) -> HttpResponse:
    if request.method == "POST":
        values = _felt(request)
        do(request, "clients.call", client_id=client_id, reached=request.POST.get("reached", "yes") == "yes", **values)
        return go_back(request, f"/c/{client_id}")
    return sheet(request, "clients/_call.html", _talk(client_id))


@require_http_methods(["GET", "POST"])
@signed_in()
def note(request: HttpRequest, client_id: int) -> HttpResponse:
    if request.method == "POST":
        values = _felt(request)
        values.pop("minutes")
        if request.POST.get("met"):
            do(request, "clients.meeting", client_id=client_id, **values)
        else:
            do(request, "clients.note", client_id=client_id, **values)
        return go_back(request, f"/c/{client_id}")
    return sheet(request, "clients/_note.html", _talk(client_id))


@require_POST
@signed_in("clients")
def judge(request: HttpRequest, client_id: int, fact_id: int) -> HttpResponse:
    """A person says how it really felt, where Fondly had only guessed."""
    fact = Interaction.objects.filter(pk=fact_id, client=client_id).first()
    if fact is None:
        raise NotFound(_("There is no such entry on this timeline."))
    text = _("How it really felt: “%(text)s”") % {"text": fact.text[:200] or fact.name}
    do(request, "clients.note", client_id=client_id, text=text, feeling=request.POST.get("feeling", ""),
       judged_by="person", solved=fact.solved)  # fmt: skip
    return redirect("client", client_id)


@require_http_methods(["GET", "POST"])
@signed_in("clients")
def tags(request: HttpRequest, client_id: int) -> HttpResponse:
    """Put a tag on this client, or take one off."""
    if request.method == "POST":
        name, off = request.POST.get("name", ""), request.POST.get("off", "")
        do(request, "clients.untag" if off else "clients.tag", client_ids=[client_id], name=off or name)
        return redirect("client", client_id)
    client = finding.shown(client_id)
    own = list(client.tags.order_by("name").values_list("name", flat=True))
    return sheet(request, "clients/_tags.html", {"client": client, "tags": own, "known": queries.tags()})


@require_http_methods(["GET", "POST"])
@signed_in()
def people(request: HttpRequest, client_id: int) -> HttpResponse:
    """Contacts and addresses: one form per thing to add, change or remove."""
    if request.method == "POST":
        _change_people(request, client_id)
        return redirect("client", client_id)
    context = {"client": finding.shown(client_id), **queries.reach(client_id)}
    return sheet(request, "clients/_people.html", context)


@require_http_methods(["GET", "POST"])
@signed_in()
def consent(request: HttpRequest, client_id: int) -> HttpResponse:
    if request.method == "POST":
        form = request.POST
        names = ("channel", "purpose", "state", "source", "wording")
        do(request, "clients.consent", client_id=client_id, **{n: form.get(n, "") for n in names})
        return redirect("client", client_id)
    context = {
        "client": finding.shown(client_id),
        "lines": queries.consent_history(client_id),
        "options": [("", _("every channel")), *((name, name) for name in consents.CHANNELS)],
    }
    return sheet(request, "clients/_consent.html", context)


@require_http_methods(["GET", "POST"])
@signed_in("clients")
def merge(request: HttpRequest, client_id: int) -> HttpResponse:
    """Find the other record, look at both side by side, then merge."""
    if request.method == "POST":
        do(request, "clients.merge", survivor_id=client_id, absorbed_id=request.POST.get("absorbed_id", ""))
        return redirect("client", client_id)
    other = number(request.GET.get("other", ""))
    context: dict[str, Any] = {
        "client": finding.shown(client_id),
        "others": queries.alike(client_id, request.GET.get("q", "")),
        "other": finding.shown(other) if other is not None else None,
        "q": request.GET.get("q", ""),
    }
    return sheet(request, "clients/_merge.html", context)


@require_GET
@signed_in("export")
def export(request: HttpRequest, client_id: int) -> HttpResponse:
    """Everything we hold of one client, as a JSON file."""
    from fondly.people.clients import exporting

    data = exporting.export_client(client_id)
    answer = HttpResponse(json.dumps(data, indent=1, ensure_ascii=False, default=str), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="client-{client_id}.json"'
    return answer


@require_http_methods(["GET", "POST"])
@signed_in()
def erase(request: HttpRequest, client_id: int) -> HttpResponse:
    found = finding.shown(client_id)
    if request.method == "POST":
        if request.POST.get("sure") != "yes":
            raise Refused(_("Tick that you are sure. Erasing cannot be undone."), field="sure")
        do(request, "clients.erase", client_id=client_id, suppress=request.POST.get("suppress") == "yes")
        return redirect("/clients")
    return sheet(request, "clients/_erase.html", {"client": found})


def _save(request: HttpRequest, client_id: int, what: str, name: str, value: str) -> None:
    from fondly.people.clients.actions import ChangeClient, SetField, SetValue

    match what:
        case "change":
            act(request, "clients.change", ChangeClient(client_id, name, value, request.POST.get("was")))
        case "field":
            act(request, "clients.set_field", SetField(client_id, name, value.strip() or None))
        case "value":
            act(request, "clients.set_value", SetValue(client_id, name, value))
        case _:
            raise NotFound(_("There is no such detail."))


def _change_people(request: HttpRequest, client_id: int) -> None:
    form = request.POST
    values = {name: form.get(name, "") for name in form if name not in ("csrfmiddlewaretoken", "verb", "next")}
    verb = form.get("verb", "")
    if verb in ("add_contact", "add_address"):
        values["client_id"] = str(client_id)
    if verb not in queries.PEOPLE_VERBS:
        raise NotFound(_("There is no such action."))
    do(request, f"clients.{verb}", **values)


def _felt(request: HttpRequest) -> dict[str, Any]:
    values: dict[str, Any] = {name: request.POST.get(name, "") for name in _FELT}
    values["at"] = local_instant(request.POST.get("at", "")) or ""
    return values


def _talk(client_id: int) -> dict[str, Any]:
    return {"client": finding.shown(client_id), **queries.reach(client_id), "last": queries.last_talk(client_id)}


def _messages(request: HttpRequest) -> Any:
    from django.contrib import messages

    return messages.get_messages(request)
