"""The Outbox: what will go, what went, what was held and why."""

from typing import Any

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from fondly.design.playbooks import library
from fondly.ground.action import Refused, perform
from fondly.ground.models import Setting
from fondly.people.team.screens import do, do_then, go_back, number, signed_in
from fondly.run.journeys import records
from fondly.run.outbox import evidence, queries, restoring
from fondly.run.outbox.actions import TakeBack
from fondly.run.outbox.models import Message

_ACTS = {"take_back", "send_now", "approve", "edit", "resolve", "release"}


@require_GET
@signed_in()
def outbox(request: HttpRequest) -> HttpResponse:
    shown = request.GET.get("show", "")
    counts = queries.counts()
    request.user.outbox_count = counts["uncertain"]  # type: ignore[union-attr]  # the badge need not ask again
    if shown not in queries.FILTERS:
        shown = next((key for key in ("uncertain", "approval", "waiting") if counts[key]), "waiting")
    context = {
        "shown": shown,
        "filters": [(key, word, counts.get(key, 0)) for key, (word, _states) in queries.FILTERS.items()],
        "page": queries.page(shown, request.GET.get("after", "")),
        "after": request.GET.get("after", ""),
    }
    with Setting.together():
        context |= {"stopping": queries.stopping(), "restored": restoring.restored()}
    return render(request, "outbox/outbox.html", context)


@require_GET
@signed_in()
def message(request: HttpRequest, message_id: int) -> HttpResponse:
    found = queries.message(message_id)
    open_state = found.state in (Message.State.HELD, Message.State.APPROVAL)
    context = {
        "m": found,
        "stage": library.stage_title(found.moment.journey.version_id, found.moment.stage) if found.moment else "",
        "can_edit": open_state and not found.attempts_made,
        "is_open": open_state,
        "headers": queries.headers(message_id),
        "attempts": queries.attempts(message_id),
        "signs": evidence.of(message_id),
        "stopping": queries.stopping(),
    }
    return render(request, "outbox/message.html", context)


@require_GET
@signed_in()
def preview(request: HttpRequest, message_id: int) -> HttpResponse:
    """The HTML as the client sees it, shut in: no script, no outside request, no form, own origin denied."""
    found = queries.message(message_id)
    answer = HttpResponse(found.html or f"<pre>{_escaped(found.text)}</pre>")
    answer["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    )
    answer["X-Frame-Options"] = "SAMEORIGIN"
    return answer


@require_POST
@signed_in("run")
def act(request: HttpRequest, message_id: int, verb: str) -> HttpResponse:
    """One act on one message; what it needs comes from the form."""
    if verb not in _ACTS:
        raise Refused(_("There is no such action."))
    form = request.POST
    known: dict[str, dict[str, Any]] = {
        "approve": {"revision": form.get("revision", "")},
        "edit": {n: form.get(n, "") for n in ("revision", "subject", "text")},
        "resolve": {"arrived": form.get("arrived", "")},
        "release": {"fact": _skip_fact(message_id)} if verb == "release" else {},
    }
    do(request, f"outbox.{verb}", message_id=message_id, **known.get(verb, {}))
    return go_back(request, f"/outbox/{message_id}")


@require_POST
@signed_in("run")
def take_back_all(request: HttpRequest) -> HttpResponse:
    """All that were picked and have not left yet."""
    picked = [pk for text in request.POST.getlist("ids") if (pk := number(text)) is not None]
    ids, done = queries.still_here(picked), 0
    for message_id in ids:
        try:
            perform("outbox.take_back", request.actor, TakeBack(message_id))  # type: ignore[attr-defined]
        except Refused:
            continue  # it left this very moment
        done += 1
    text = ngettext("%(n)d message was taken back.", "%(n)d messages were taken back.", done) % {"n": done}
    if missed := len(picked) - done:
        text += " " + ngettext("%(n)d had left already.", "%(n)d had left already.", missed) % {"n": missed}
    (notices.success if done else notices.error)(request, text)
    return go_back(request, "outbox")


@require_POST
@signed_in("run")
def resolve_restored(request: HttpRequest) -> HttpResponse:
    """One answer for all that a restore left unsure."""
    return do_then(request, "outbox.resolve_restored", reverse("outbox"), went=request.POST.get("went", ""))


@require_POST
@signed_in("run")
def switch(request: HttpRequest) -> HttpResponse:
    """Pause everything, or go on."""
    if request.POST.get("go_on"):
        do(request, "journeys.resume_everything")
    else:
        do(request, "journeys.pause_everything", why=request.POST.get("why", ""))
    return go_back(request, "outbox")


def _skip_fact(message_id: int) -> str:
    """What taking it back put on the timeline, so that letting it go takes it out again."""
    moment = queries.message(message_id).moment
    return records.fact_id(moment.pk, moment.revision) if moment is not None else ""


def _escaped(text: str) -> str:
    from django.utils.html import escape

    return str(escape(text))
