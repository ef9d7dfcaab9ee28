"""Bring clients in: choose a file, look at what it would do, do it, report, take it out again."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fondly.design.playbooks.living import live_books
from fondly.doors.web import import_words
from fondly.ground.action import NotFound, Refused
from fondly.people.clients import imports
from fondly.people.clients.actions.importing import ImportFile
from fondly.people.clients.imports import uploads
from fondly.people.clients.imports.mapping import Column, Mapping, to_json
from fondly.people.clients.imports.undo import DAYS
from fondly.people.clients.models import Import, ImportRow
from fondly.people.team.screens import act_then, do_then, number, signed_in

_REPORT = "/clients/imports/{import_id}"


@require_http_methods(["GET", "POST"])
@signed_in("import")
def choose(request: HttpRequest) -> HttpResponse:
    """Choose a file; and what was brought in before."""
    file = request.FILES.get("file")
    if request.method == "POST":
        if file is None:
            raise Refused(_("Choose a file first."), field="file")
        try:
            kept = imports.store(file.chunks(), file.name or "file")
        except imports.UnreadableFileError as problem:
            raise Refused(str(problem), field="file") from problem
        return redirect(f"{reverse('client-import-look', args=[kept.id])}?{urlencode({'name': kept.file_name})}")
    return render(request, "web/import.html", {"before": Import.objects.order_by("-id")[:30]})


@require_http_methods(["GET", "POST"])
@signed_in("import")
def look(request: HttpRequest, upload: str) -> HttpResponse:
    """What the file would do with this mapping: nothing is written."""
    kept = uploads.find(upload, _name(request))
    try:
        mapping = _mapping(request)
        plan = imports.plan_import(kept.path, file_name=kept.file_name, mapping=mapping)
    except (imports.UnreadableFileError, imports.UnusableMappingError) as problem:
        raise Refused(str(problem)) from problem
    context = {
        "plan": plan,
        "upload": kept,
        "columns": import_words.columns(plan, kept),
        "format": import_words.format_words(plan.format),
        "earlier": imports.earlier_import(kept.id),
    }
    return render(request, "web/import_look.html", context)


@require_POST
@signed_in("import")
def errors_before(request: HttpRequest, upload: str) -> StreamingHttpResponse:
    """The rows that cannot be used, before anything is brought in."""
    kept = uploads.find(upload, _name(request))
    lines = imports.error_rows_of_plan(kept.path, kept.file_name, _mapping(request))
    return _csv(lines, kept.file_name)


@require_POST
@signed_in("import")
def commit(request: HttpRequest, upload: str) -> HttpResponse:
    """Carry the plan out: at once when short, by the worker when long."""
    kept = uploads.find(upload, _name(request))
    mapping = _mapping(request)
    given = ImportFile(kept.id, kept.file_name, to_json(mapping) if mapping else None, request.POST.get("save_as", ""))
    return act_then(request, "clients.import", given, _REPORT)


@require_GET
@signed_in("import")
def report(request: HttpRequest, import_id: int) -> HttpResponse:
    made = _made(import_id)
    problems = ImportRow.objects.filter(batch=made, outcome="bad").order_by("row")[:100]
    context: dict[str, Any] = {"made": made, "problems": problems, "books": live_books(), "days": DAYS}
    return render(request, "web/import_report.html", context)


@require_GET
@signed_in("import")
def errors(request: HttpRequest, import_id: int) -> StreamingHttpResponse:
    made = _made(import_id)
    return _csv(imports.error_rows(made.pk), made.file_name)


@require_POST
@signed_in("import")
def take_out(request: HttpRequest, import_id: int) -> HttpResponse:
    return do_then(request, "clients.undo_import", _REPORT, import_id=import_id)


@require_POST
@signed_in("run")
def start(request: HttpRequest, import_id: int) -> HttpResponse:
    """Put those who were added on a journey, from a stage. Off unless somebody asks for it here."""
    playbook, _colon, stage = request.POST.get("start", "").partition(":")
    if not playbook:
        raise Refused(_("Choose a stage first."), field="start")
    return do_then(
        request,
        "journeys.start_many",
        reverse("client-import-report", args=[import_id]),
        client_ids=list(imports.imported_clients(import_id, ("added",))),
        playbook_id=playbook,
        stage=stage,
        key=f"import:{import_id}",
    )


def _mapping(request: HttpRequest) -> Mapping | None:
    """The columns as the form says; None when the form said nothing (then the file is recognised)."""
    form = request.POST
    headers = form.getlist("header")
    if not headers:
        return None
    columns = []
    for place, header in enumerate(headers):
        to = form.get(f"to-{place}", "skip")
        columns.append(Column(header, to, number(form.get(f"group-{place}", "")) or 1, form.get(f"order-{place}", "")))
    return Mapping(form.get("format", "csv"), tuple(columns), form.get("region", ""), bool(form.get("keep")))


def _name(request: HttpRequest) -> str:
    return request.POST.get("name") or request.GET.get("name") or "file"


def _made(import_id: int) -> Import:
    made = Import.objects.filter(pk=import_id).first()
    if made is None:
        raise NotFound(_("There is no such import."))
    return made


def _csv(lines: Any, file_name: str) -> StreamingHttpResponse:
    stem = "".join(c for c in file_name.rsplit(".", 1)[0] if c.isalnum() or c in "-_ ")[:60] or "rows"
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(True, f"{stem}-to-mend.csv") or "attachment"
    return answer
