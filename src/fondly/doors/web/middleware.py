"""Around every page: safe headers, the viewer's language and zone, refusals in words, and htmx redirects."""

import json
import secrets
from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from fondly.doors.web import frame, quick
from fondly.ground.action import NotAllowed, NotFound, Refused

Answer = Callable[[HttpRequest], HttpResponse]
POLICY = "; ".join((
    "default-src 'none'", "script-src 'self' 'nonce-{nonce}'", "style-src 'self'", "img-src 'self' data:",
    "font-src 'self'", "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
    "manifest-src 'self'", "frame-src 'self'",
))  # fmt: skip
_MACHINES = ("/api/", "/v1/", "/healthz", "/readyz", "/metrics")  # these answer refusals in their own format


class SafeHeaders:
    """Before everything that may answer by itself, so that refusals (400, 403) carry the headers too."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.csp_nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        if "%00" in request.META.get("QUERY_STRING", "") and not request.path.startswith(_MACHINES):
            request.META["QUERY_STRING"] = request.META["QUERY_STRING"].replace("%00", "")  # PostgreSQL takes none
        response = self.get_response(request)
        _safe_headers(request, response)
        return response


class Pages:
    """The one middleware of the web door's pages."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with as_viewer(request):
            response = self.get_response(request)
        if request.method == "POST" and hasattr(request, "user"):
            frame.forget(request.user.pk)
        return _for_htmx(request, response)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """A refusal becomes words on the page the person came from; what they typed stays when htmx asked."""
        if not isinstance(problem, Refused) or request.path.startswith(_MACHINES):
            return None
        if request.headers.get("HX-Request"):
            return refused_fragment(problem.message)
        if request.method == "POST" and not isinstance(problem, NotFound):
            messages.error(request, problem.message)
            return redirect(_came_from(request))
        return refused_page(request, problem)


class as_viewer:
    """Dates in the viewer's zone and words in their language, inside the block."""

    def __init__(self, request: HttpRequest) -> None:
        user = getattr(request, "user", None)
        self.zone = getattr(user, "zone", "") or ""
        self.language = getattr(user, "language", "") or ""

    def __enter__(self) -> None:
        if self.language:
            translation.activate(self.language)
        quick.begin()
        try:
            timezone.activate(ZoneInfo(self.zone)) if self.zone else timezone.deactivate()
        except (ZoneInfoNotFoundError, ValueError):
            timezone.deactivate()

    def __exit__(self, *_unused: object) -> None:
        timezone.deactivate()
        quick.end()


def refused_fragment(message: str) -> HttpResponse:
    """Nothing on the page changes; the words come up as a notice."""
    answer = HttpResponse(status=204)
    answer["HX-Trigger"] = json.dumps({"fondly:refused": {"text": message}})
    return answer


def refused_page(request: HttpRequest, problem: Refused) -> HttpResponse:
    status = 403 if isinstance(problem, NotAllowed) else 404 if isinstance(problem, NotFound) else 409
    heading = {403: _("Not allowed"), 404: _("Not found")}.get(status, _("That did not work"))
    return render(request, "refused.html", {"heading": heading, "message": problem.message}, status=status)


def _came_from(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and safe else "/today"


def _for_htmx(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """After a form was posted by htmx, the whole page follows the redirect, not a fragment of it."""
    if not request.headers.get("HX-Request") or response.status_code not in (302, 303):
        return response
    followed = HttpResponse(status=204)
    followed["HX-Redirect"] = response["Location"]
    followed.cookies.update(response.cookies)
    return followed


def _safe_headers(request: HttpRequest, response: HttpResponse) -> None:
    if "Content-Security-Policy" not in response:
        response["Content-Security-Policy"] = POLICY.format(nonce=request.csp_nonce)  # type: ignore[attr-defined]
    response.setdefault("X-Frame-Options", "DENY")
    response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()")
    response.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    kind = response.get("Content-Type", "")
    if not request.path.startswith("/static/") and "Cache-Control" not in response and not kind.startswith("text/css"):
        response["Cache-Control"] = "no-store"
