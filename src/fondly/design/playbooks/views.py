"""The playbook on screen: read, check, write, publish, compare, rehearse."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fondly.core.playbook import edit as editing
from fondly.core.playbook import frames
from fondly.core.playbook.checks import AREA_TITLES, RULES_BY_ID
from fondly.core.playbook.problems import PlaybookError
from fondly.design.playbooks import calendar_view, library, mending, queries
from fondly.ground import clock
from fondly.ground.action import NotFound, Refused
from fondly.ground.wording import in_words
from fondly.people.team.screens import do, number, signed_in

_MOST_FILE = 2_000_000  # bytes


@require_GET
@signed_in()
def playbooks(request: HttpRequest) -> HttpResponse:
    """All playbooks; the only one at once."""
    found = queries.listed()
    if len(found) == 1 and "all" not in request.GET:
        return redirect("playbook", found[0].id)
    return render(request, "playbooks/list.html", {"playbooks": found})


@require_http_methods(["GET", "POST"])
@signed_in("design")
def new(request: HttpRequest) -> HttpResponse:
    """Start from a trade, or from a file of one's own."""
    if request.method == "POST":
        form = request.POST
        text = _file_text(request) or form.get("text", "")
        done = do(request, "playbooks.create", name=form.get("name", ""), trade="" if text else form.get("trade", ""),
                  text=text)  # fmt: skip
        return redirect("playbook-check", done.result.playbook_id)
    return render(request, "playbooks/new.html", {"stories": queries.stories()})


@require_GET
@signed_in()
def read(request: HttpRequest, playbook_id: int) -> HttpResponse:
    shown = queries.shown(playbook_id, number(request.GET.get("version", "")))
    frame = request.GET.get("frame", "")
    context = _context(shown, "read") | {
        "frame": frame if frame in frames.FRAMES else "",
        "frames": [(name, in_words(title)) for name, title in frames.TITLES.items()],
        "parts": queries.parts(shown.book, frame) if shown.book else [],
    }
    return render(request, "playbooks/read.html", context)


@require_GET
@signed_in()
def check(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """The score on paper and how it came about, the next three fixes, everything else behind a fold."""
    shown = queries.shown(playbook_id, writing=True)
    found = queries.live_check(shown.version.text, _today())
    context = _context(shown, "check") | {"report": found.report, "area_titles": AREA_TITLES}
    context["scored"] = queries.scored(playbook_id)
    if shown.book and found.report:
        findings = found.report.findings
        context |= {"grouped": queries.by_stage(shown.book, findings), "doable": mending.doable(shown.book, findings)}
    return render(request, "playbooks/check.html", context)


@require_POST
@signed_in("design")
def not_for_us(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """Leave a rule, or one case of it, out; the reason stays in the file."""
    shown, form = queries.shown(playbook_id, writing=True), request.POST
    reason = " ".join(form.get("reason", "").split())
    if not reason:
        raise Refused(_("Say why this is not for you; the reason is kept in the playbook."), field="reason")
    what = f"{form.get('rule', '')} {form.get('subject', '')}".strip()
    try:
        text = editing.edit(shown.version.text, f"skip.{what}", reason[:300])
    except editing.EditError as error:
        raise Refused(
            _("This could not be written into the playbook: %(why)s.") % {"why": in_words(error.args[0])}
        ) from error
    do(request, "playbooks.save_draft", playbook_id=playbook_id, text=text, revision=shown.version.content_hash)
    return redirect("playbook-check", playbook_id)


@require_http_methods(["GET", "POST"])
@signed_in("design")
def mend(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """What would be written into the draft for a finding; then the button."""
    asked = request.POST if request.method == "POST" else request.GET
    rule, subject = asked.get("rule", ""), asked.get("subject", "")
    shown = queries.shown(playbook_id, writing=True)
    mended = mending.mended(shown.version.text, rule, subject, _today())
    if request.method == "POST":
        do(request, "playbooks.mend", playbook_id=playbook_id, rule=rule, subject=subject,
           revision=asked.get("revision", ""))  # fmt: skip
        if asked.get("then") == "edit":
            return redirect(f"{reverse('playbook-edit', args=[playbook_id])}?line={mended.pieces[0].line}#in-text")
        return redirect("playbook-check", playbook_id)
    title = RULES_BY_ID[rule].title
    context = _context(shown, "check") | {"mended": mended, "rule": rule, "subject": subject, "title": title}
    return render(request, "playbooks/mend.html", context)


@require_http_methods(["GET", "POST"])
@signed_in("design")
def edit(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """The file itself. Saving keeps a draft, readable or not; nobody's journey changes."""
    if request.method == "POST":
        form = request.POST
        do(request, "playbooks.save_draft", playbook_id=playbook_id, text=form.get("text", ""),
           revision=form.get("revision", ""))  # fmt: skip
        return redirect("playbook-publish" if form.get("then") == "publish" else "playbook-edit", playbook_id)
    shown = queries.shown(playbook_id, writing=True)
    found = queries.live_check(shown.version.text, _today())
    return render(request, "playbooks/edit.html", _context(shown, "edit") | {"found": found})


@require_POST
@signed_in("design")
def check_text(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """What is wrong with the text in the editor right now. Nothing is stored."""
    found = queries.live_check(request.POST.get("text", "")[:_MOST_FILE].replace("\r\n", "\n"), _today())
    return render(request, "playbooks/_live_check.html", {"found": found})


@require_http_methods(["GET", "POST"])
@signed_in("design")
def publish(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """What changes and for whom; then the button."""
    if request.method == "POST":
        do(request, "playbooks.publish", playbook_id=playbook_id, note=request.POST.get("note", ""))
        return redirect("playbook-move", playbook_id)
    shown = queries.shown(playbook_id, writing=True)
    context = _context(shown, "publish") | {
        "found": queries.live_check(shown.version.text, _today()),
        "changes": _changes(shown),
    }
    return render(request, "playbooks/publish.html", context)


@require_GET
@signed_in()
def history(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """All versions, and the difference between any two in words."""
    shown = queries.shown(playbook_id)
    versions = queries.history(playbook_id)
    older, newer = number(request.GET.get("from", "")), number(request.GET.get("to", ""))
    context = _context(shown, "history") | {"versions": versions, "older": older, "newer": newer, "changes": None}
    if older and newer:
        try:
            context["changes"] = queries.changes(playbook_id, older, newer)
        except PlaybookError as error:
            context["unreadable"] = error.problems[0]
    return render(request, "playbooks/history.html", context)


@require_POST
@signed_in("design")
def roll_back(request: HttpRequest, playbook_id: int) -> HttpResponse:
    form = request.POST
    do(request, "playbooks.roll_back", playbook_id=playbook_id, version_id=form.get("version_id", ""),
       note=form.get("note", ""))  # fmt: skip
    return redirect("playbook-history", playbook_id)


@require_POST
@signed_in("design")
def discard(request: HttpRequest, playbook_id: int) -> HttpResponse:
    done = do(request, "playbooks.discard", version_id=request.POST.get("version_id", ""))
    return redirect("playbook", done.result.playbook_id) if done.result.playbook_id else redirect("playbooks")


@require_GET
@signed_in()
def rehearse(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """The next 90 days of a made-up client. Nothing is sent, nothing is stored."""
    shown = queries.shown(playbook_id, writing=True)
    stage, persona = request.GET.get("stage", ""), request.GET.get("persona", "")
    context = _context(shown, "rehearse") | {"stage": stage, "persona": persona, "days": [], "waits": ()}
    if shown.book is not None:
        try:
            life = calendar_view.ghost_life(shown.book, clock.now(), stage, persona)
        except ValueError as error:
            raise NotFound(_("This version has no stage of that name.")) from error
        context |= {"days": calendar_view.days_of(life.moments, life.stays, shown.book.timezone), "life": life}
    return render(request, "playbooks/rehearse.html", context)


@require_GET
@signed_in()
def download(request: HttpRequest, playbook_id: int, number: int) -> HttpResponse:
    shown = queries.shown(playbook_id, number)
    answer = HttpResponse(shown.version.text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{shown.playbook.slug}-{number}.yaml"'
    return answer


def _context(shown: queries.Shown, tab: str) -> dict[str, Any]:
    return {"p": shown.playbook, "version": shown.version, "book": shown.book, "shown": shown, "tab": tab}


def _changes(shown: queries.Shown) -> Any:
    """From the live version to the draft; None when there is nothing to compare."""
    if shown.book is None or shown.live is None or shown.draft is None:
        return None
    try:
        return queries.diff(library.parse(shown.live.text), shown.book)
    except PlaybookError:
        return None


def _today() -> Any:
    return clock.now().astimezone(timezone.get_current_timezone()).date()


def _file_text(request: HttpRequest) -> str:
    file = request.FILES.get("file")
    if file is None or isinstance(file, list):
        return ""
    if (file.size or 0) > _MOST_FILE:
        raise Refused(_("This file is larger than 2 MB; a playbook is a text of some thousand lines."), field="file")
    try:
        return file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        words = _("This file is not text in UTF-8. Save it as UTF-8 and choose it again.")
        raise Refused(words, field="file") from error
