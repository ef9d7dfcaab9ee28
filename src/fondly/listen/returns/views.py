"""The door for mail providers: what they post is checked, noted once, and answered with nothing."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from fondly.ground.config import ConfigError
from fondly.listen.returns import providers
from fondly.listen.returns.noting import note
from fondly.people.team.screens import do, signed_in

MOST_BYTES = 1_000_000


@csrf_exempt
@login_not_required
@require_POST
def hook(request: HttpRequest, provider: str) -> HttpResponse:
    """The secret or signature is the proof. A provider that is not set up has no door here."""
    try:
        known = providers.provider()
    except ConfigError:
        known = None
    if known is None or known.name != provider:
        return HttpResponse(status=404)
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        return HttpResponse(status=413)
    try:
        for came in providers.read(known, request):
            note(came)
    except providers.Forged:
        return HttpResponse(status=403)
    except providers.Unreadable:
        return HttpResponse(status=400)
    return HttpResponse(status=204)


@require_POST
@signed_in("admin")
def connect(request: HttpRequest) -> HttpResponse:
    names = ("host", "port", "user", "password", "security", "folder")
    do(request, "returns.connect_mailbox", **{name: request.POST.get(name, "") for name in names})
    return redirect("settings-mail")


@require_POST
@signed_in("admin")
def disconnect(request: HttpRequest) -> HttpResponse:
    do(request, "returns.disconnect_mailbox")
    return redirect("settings-mail")
