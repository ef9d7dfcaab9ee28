"""Settings: what is not connected yet comes first; then mail, the doctor, data, the clock, and what this is."""

import smtplib
import ssl
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fondly import __version__
from fondly.doors import checkup, heartbeat
from fondly.doors.web import making
from fondly.ground import clock, secrets
from fondly.ground.action import NotFound, Refused
from fondly.ground.config import ConfigError
from fondly.listen.returns import queries as returns
from fondly.people.clients.models import Client, Import
from fondly.people.team.screens import do, local_instant, number, signed_in
from fondly.run.journeys import switch
from fondly.run.outbox import addresses, holding

_SMTP_SECONDS = 10
_NEWEST = 2000  # entries of Activity that are read while a person waits


@require_GET
@signed_in()
def home(request: HttpRequest) -> HttpResponse:
    """The way to each page, with what needs doing on top."""
    context = {
        "not_ready": addresses.not_ready(),
        "paused": switch.why_paused(),
        "movable": settings.FONDLY_MOVABLE_CLOCK,
        "worker": heartbeat.is_fresh(),
    }
    return render(request, "settings/home.html", context)


@require_http_methods(["GET", "POST"])
@signed_in("admin")
def mail(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        names = ("host", "port", "user", "password", "security", "sender")
        do(request, "settings.connect_mail", **{name: request.POST.get(name, "") for name in names})
        return redirect("settings-mail")
    return render(request, "settings/mail.html", _mail())


@require_POST
@signed_in("admin")
def mail_off(request: HttpRequest) -> HttpResponse:
    do(request, "settings.disconnect_mail")
    return redirect("settings-mail")


@require_POST
@signed_in("admin")
def mail_hold(request: HttpRequest) -> HttpResponse:
    do(request, "settings.set_hold", seconds=request.POST.get("seconds", ""))
    return redirect("settings-mail")


@require_POST
@signed_in("admin")
def mail_test(request: HttpRequest) -> HttpResponse:
    """One message to the person who asks, outside the Outbox and at once."""
    server, sender = _usable()
    to = request.user.email  # type: ignore[union-attr]
    try:
        _send_test(server, sender, to)
    except (OSError, smtplib.SMTPException) as error:
        words = _("%(host)s did not take it: %(why)s") % {"host": server.host, "why": str(error)[:200]}
        messages.error(request, words)
    else:
        messages.success(request, _("A test message is on its way to %(to)s.") % {"to": to})
    return redirect("settings-mail")


@require_GET
@signed_in("admin")
def doctor(request: HttpRequest) -> HttpResponse:
    """As `fondly doctor`, but for the oldest of Activity. The page comes at once; then the mail server is asked."""
    if not request.headers.get("HX-Request") and "now" not in request.GET:
        return render(request, "settings/doctor.html", {"findings": None})
    template = "settings/_doctor.html" if request.headers.get("HX-Request") else "settings/doctor.html"
    return render(request, template, {"findings": checkup.examine(newest=_NEWEST)})


@require_GET
@signed_in()
def data(request: HttpRequest) -> HttpResponse:
    context = {
        "imports": Import.objects.order_by("-at", "-pk")[:50],
        "examples": Client.objects.filter(is_demo=True)[:100_000].count(),
        "exports": making.finished("export"),
        "backups": making.finished("backup"),
        "making": making.state(),
    }
    return render(request, "settings/data.html", context)


@require_POST
@signed_in("export")
def make_export(request: HttpRequest) -> HttpResponse:
    making.start("export")
    messages.success(request, _("The export is being made. It is listed here when it is done; you can leave the page."))
    return redirect("settings-data")


@require_POST
@signed_in("admin")
def make_backup(request: HttpRequest) -> HttpResponse:
    making.start("backup")
    messages.success(request, _("The backup is being made. It is listed here when it is done; you can leave the page."))
    return redirect("settings-data")


@require_GET
@signed_in("export")
def get_export(request: HttpRequest, name: str) -> FileResponse:
    return FileResponse(making.file_of("export", name).open("rb"), as_attachment=True, filename=name)


@require_GET
@signed_in("admin")
def get_backup(request: HttpRequest, name: str) -> FileResponse:
    """A backup holds the install's key, so only an admin may take it."""
    return FileResponse(making.file_of("backup", name).open("rb"), as_attachment=True, filename=name)


@require_POST
@signed_in("admin")
def remove_examples(request: HttpRequest) -> HttpResponse:
    do(request, "clients.remove_demo")
    return redirect("settings-data")


@require_http_methods(["GET", "POST"])
@signed_in("admin")
def time(request: HttpRequest) -> HttpResponse:
    """The clock of a demo: live through a day, two weeks, or until a date."""
    if not settings.FONDLY_MOVABLE_CLOCK:
        raise NotFound(_("The clock of this install follows the real time, so there is nothing to set."))
    if request.method == "POST":
        do(request, "settings.move_clock", to=_wanted_time(request))
        return redirect(f"/settings/clock?since={int(clock.now().timestamp())}")
    return render(request, "settings/clock.html", _clock(request))


@require_GET
@signed_in("admin")
def time_progress(request: HttpRequest) -> HttpResponse:
    return render(request, "settings/_clock.html", _clock(request))


@require_GET
@signed_in()
def about(request: HttpRequest) -> HttpResponse:
    values = list(settings.FONDLY.values()) if request.actor.may("admin") else []  # type: ignore[attr-defined]
    return render(request, "settings/about.html", {"version": __version__, "values": values})


def _mail() -> dict[str, Any]:
    fixed = settings.FONDLY["FONDLY_EMAIL_URL"]
    context: dict[str, Any] = {"fixed": fixed if fixed.text.strip() else None, "server": None}
    context |= {"sender": "", "problem": ""}
    try:
        context["server"] = addresses.server()
        sender = addresses.sender()
        context["sender"] = f"{sender.name} <{sender.address}>".strip() if sender else ""
    except ConfigError as error:
        context["problem"] = str(error)
    context["on_screen"] = bool(secrets.reveal(addresses.URL_SECRET))
    context |= {"hold": holding.seconds(), "hold_fixed": holding.is_fixed()}
    context["sandbox"] = settings.FONDLY["FONDLY_SANDBOX_TO"]
    context["returns"] = returns.standing()
    context["mailbox_fixed"] = settings.FONDLY["FONDLY_IMAP_URL"]
    context["hook"] = f"{settings.FONDLY_URL}/hooks/mail/{context['returns'].provider}"
    context["sender_fixed"] = bool(settings.FONDLY["FONDLY_EMAIL_FROM"].text.strip())
    return context


def _usable() -> tuple[addresses.Server, addresses.Sender]:
    reason = addresses.not_ready()
    server, sender = (None, None) if reason else (addresses.server(), addresses.sender())
    if server is None or sender is None:
        raise Refused(_("Mail is not ready: %(why)s.") % {"why": reason})
    return server, sender


def _send_test(server: addresses.Server, sender: addresses.Sender, to: str) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"] = f"{sender.name} <{sender.address}>".strip(), to
    letter["Subject"] = _("A test from Fondly")
    letter.set_content(_("Mail works: this message left by %(host)s.") % {"host": server.host})
    context = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(server.host, server.port, timeout=_SMTP_SECONDS, context=context)
        if server.security == "tls"
        else smtplib.SMTP(server.host, server.port, timeout=_SMTP_SECONDS)
    ) as smtp:
        if server.security == "starttls":
            smtp.starttls(context=context)
        if server.user:
            smtp.login(server.user, server.password)
        smtp.send_message(letter)


def _wanted_time(request: HttpRequest) -> Any:
    days = {"day": 1, "two_weeks": 14}.get(request.POST.get("choice", ""))
    if days:
        return clock.now() + timedelta(days=days)
    found = local_instant(request.POST.get("to", ""))
    if found is None:
        raise Refused(_("Choose how far, or say until when."), field="to")
    return found


def _clock(request: HttpRequest) -> dict[str, Any]:
    now, target = clock.now(), clock.target()
    began = number(request.GET.get("since", "")) or int(now.timestamp())
    whole = max(1, int(target.timestamp()) - began) if target else 1
    done = min(whole, max(0, int(now.timestamp()) - began)) if target else whole
    shown = {"clock_now": now, "target": target, "since": began, "whole": whole, "done": done}
    return shown | {"worker": heartbeat.is_fresh()}
