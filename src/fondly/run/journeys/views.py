"""Today, and what a person does with one moment."""

from datetime import datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fondly.ground import clock
from fondly.ground.action import NotFound
from fondly.people.team.screens import do, go_back, local_instant, number, signed_in
from fondly.run.journeys import first_steps, moment_sheet, papers, today, today_example

_LATER_HOUR, _AFTERNOON = time(9), time(15)


@require_GET
@signed_in()
def today_page(request: HttpRequest) -> HttpResponse:
    everyone = request.GET.get("who") == "everyone"
    now = clock.now()
    found = today.today(request.user, now, _end_of_day(now), everyone=everyone)  # type: ignore[arg-type]
    if not everyone:
        request.user.today_count = found.count  # type: ignore[union-attr]  # the badge says the same
    next_up = moment_sheet.next_up(now) if not found.count else None
    kindness = today.kindness(request.user) if not found.count else None  # type: ignore[arg-type]
    context = {
        "today": found,
        "everyone": everyone,
        "greeting": _greeting(now, request.user),
        "summary": today.summary(found),
        "next_up": next_up,
        "kindness": kindness,
        "steps": first_steps.steps(request.actor) if not found.count and not next_up else [],  # type: ignore[attr-defined]
    }
    return render(request, "journeys/today.html", context)


@require_GET
@signed_in()
def moment_page(request: HttpRequest, moment_id: int) -> HttpResponse:
    """The sheet of one moment: everything needed to do it here."""
    context: dict[str, Any] = {
        "m": moment_sheet.sheet(moment_id, clock.now()),
        "later": later_choices(clock.now()),
        "tomorrow": _tomorrow(clock.now()).isoformat(timespec="minutes"),
        "next": request.GET.get("next", "/today"),
    }
    template = "journeys/_moment.html" if request.headers.get("HX-Request") else "journeys/moment.html"
    return render(request, template, context)


@require_GET
@signed_in()
def paper(request: HttpRequest, moment_id: int, form: str) -> HttpResponse:
    """A card, letter or envelope to print: a PDF with the client's name and address."""
    made = papers.paper(moment_id, form, clock.now())  # type: ignore[arg-type]
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{form}-{moment_id}.pdf"'
    return answer


@require_POST
@signed_in("run")
def finish(request: HttpRequest, moment_id: int) -> HttpResponse:
    form = request.POST
    do(
        request,
        "journeys.finish",
        moment_id=moment_id,
        revision=form.get("revision", ""),
        feeling=form.get("feeling", ""),
        solved=form.get("solved", ""),
        note=form.get("note", ""),
        ticked=form.getlist("ticked"),
        minutes=form.get("minutes", ""),
        cost_minor=moment_sheet.minor(form.get("cost", "")),
    )
    return go_back(request, "today")


@require_POST
@signed_in("run")
def skip(request: HttpRequest, moment_id: int) -> HttpResponse:
    form = request.POST
    do(request, "journeys.skip", moment_id=moment_id, revision=form.get("revision", ""), why=form.get("why", ""))
    return go_back(request, "today")


@require_POST
@signed_in("run")
def later(request: HttpRequest, moment_id: int) -> HttpResponse:
    form = request.POST
    at = local_instant(form.get("at", "")) or local_instant(form.get("choice", ""))
    at = at or _tomorrow(clock.now()).replace(tzinfo=timezone.get_current_timezone())
    revision = form.get("revision") or moment_sheet.revision(moment_id)
    why = form.get("why") or _("put off")
    do(request, "journeys.reschedule", moment_id=moment_id, revision=revision, at=at, why=why)
    return go_back(request, "today")


@require_POST
@signed_in("run")
def several(request: HttpRequest, verb: str) -> HttpResponse:
    """What was selected on Today is done, or can wait till tomorrow."""
    ids = [pk for text in request.POST.getlist("ids") if (pk := number(text)) is not None]
    if verb == "done":
        do(request, "journeys.finish_many", moment_ids=ids)
    elif verb == "later":
        at = _tomorrow(clock.now()).replace(tzinfo=timezone.get_current_timezone())
        do(request, "journeys.reschedule_many", moment_ids=ids, at=at, why=_("put off"))
    else:
        raise NotFound(_("There is no such action."))
    return go_back(request, "today")


@require_POST
@signed_in("run")
def do_now(request: HttpRequest, moment_id: int) -> HttpResponse:
    do(request, "journeys.do_now", moment_id=moment_id, revision=request.POST.get("revision", ""))
    return go_back(request, "today")


@require_POST
@signed_in("run")
def approve(request: HttpRequest, moment_id: int) -> HttpResponse:
    """The message of this moment may go."""
    form = request.POST
    do(request, "outbox.approve", message_id=form.get("message_id", ""), revision=form.get("revision", ""))
    return go_back(request, "today")


@require_GET
@signed_in()
def ran(request: HttpRequest) -> HttpResponse:
    """What Fondly did by itself since yesterday, newest first."""
    since = clock.now() - timedelta(days=1)
    return render(
        request, "journeys/ran.html", {"rows": today.ran_list(since, clock.now(), request.GET.get("before", ""))}
    )


@require_GET
@signed_in()
def example(request: HttpRequest) -> HttpResponse:
    """What a filled Today looks like; nothing of it is stored."""
    return render(request, "journeys/example.html", {"today": today_example.example(clock.now())})


def later_choices(now: datetime) -> list[tuple[str, str]]:
    """When "later" can be, in the viewer's zone: (local instant, words)."""
    local = now.astimezone(timezone.get_current_timezone()).replace(tzinfo=None, second=0, microsecond=0)
    monday = datetime.combine(local.date() + timedelta(days=7 - local.weekday()), _LATER_HOUR)
    choices = [
        (_tomorrow(now), _("tomorrow 09:00")),
        (monday, _("next week, Monday 09:00")),
    ]
    if local.hour < _AFTERNOON.hour - 1:
        choices.insert(0, (datetime.combine(local.date(), _AFTERNOON), _("this afternoon 15:00")))
    elif local.hour < 20:
        choices.insert(0, (local + timedelta(hours=2), _("in two hours")))
    return [(at.isoformat(timespec="minutes"), label) for at, label in choices]


def _tomorrow(now: datetime) -> datetime:
    """Tomorrow morning in the viewer's zone, without the zone."""
    local = now.astimezone(timezone.get_current_timezone())
    return datetime.combine(local.date() + timedelta(days=1), _LATER_HOUR)


def _end_of_day(now: datetime) -> datetime:
    local = now.astimezone(timezone.get_current_timezone())
    return datetime.combine(local.date() + timedelta(days=1), time(0), tzinfo=local.tzinfo)


def _greeting(now: datetime, user: Any) -> str:
    hour = now.astimezone(timezone.get_current_timezone()).hour
    words = _("Good morning, %(name)s") if hour < 12 else _("Good afternoon, %(name)s")
    return (words if hour < 18 else _("Good evening, %(name)s")) % {"name": user.first_name}
