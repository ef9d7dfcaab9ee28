"""Who asks: a bearer token with scopes, or a signed-in person's browser (then with CSRF protection)."""

import functools
import logging
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from fondly.doors.api.limits import buckets
from fondly.doors.api.problems import Fault, Problem
from fondly.ground.action import Actor, NotAllowed, Refused
from fondly.people.team import keys
from fondly.people.team.access import actor_of

log = logging.getLogger("fondly.api")
View = Callable[..., HttpResponseBase]
_REFUSAL_CODES = {"not_allowed", "not_found", "conflict"}


def door(*methods: str) -> Callable[[View], View]:
    """An API view: it gets the request with `actor`; whatever goes wrong is answered as a problem."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                _check_method(request, methods)
                request.actor = actor(request)  # type: ignore[attr-defined]
                return view(request, *args, **kwargs)
            except Exception as error:
                return as_problem(error).response(request.path)

        return csrf_exempt(login_not_required(guarded))

    return wrap


def actor(request: HttpRequest) -> Actor:
    """Who acts in this request. Raises Problem 401, 403 (CSRF) or 429."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _by_token(secret.strip())
    if scheme:
        raise _not_signed_in("Send the key as `Authorization: Bearer fondly_...`.")
    if not request.user.is_authenticated:
        raise _not_signed_in("Make a key under Your account and send it as `Authorization: Bearer fondly_...`.")
    _check_csrf(request)
    _slow_down(f"user:{request.user.pk}")
    return actor_of(request.user)


def reader(request: HttpRequest) -> Actor:
    """Who acts, if they may read. Raises NotAllowed."""
    known: Actor = request.actor  # type: ignore[attr-defined]
    if not known.may("read"):
        raise NotAllowed(_("This key may not read. Make one with the scope read."))
    return known


def as_problem(error: Exception) -> Problem:
    """Every exception as the problem that is told outside; only unknown ones are logged."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refused):
        code = error.code if error.code in _REFUSAL_CODES else "refused"
        return Problem(code, error.message, faults=_fault(error))
    if isinstance(error, RequestDataTooBig):
        return Problem("too_large", "Send less at a time.")
    if isinstance(error, (OverflowError, DataError)):
        return Problem("invalid", "A number or text is larger than can be kept.")
    if isinstance(error, OperationalError):
        return Problem("busy", "Try again in a moment.", headers={"Retry-After": "2"})
    log.error("an API request failed", exc_info=error)
    return Problem("broken", "It is written in the log. Nothing was changed.")


def _fault(error: Refused) -> tuple[Fault, ...]:
    return (Fault(f"/{error.field}", error.message),) if error.field else ()


def _check_method(request: HttpRequest, methods: tuple[str, ...]) -> None:
    if request.method not in methods:
        allowed = ", ".join(methods)
        raise Problem("wrong_method", f"Use {allowed}.", headers={"Allow": allowed})


def _by_token(secret: str) -> Actor:
    try:
        holder = keys.holder(secret)
    except keys.KeyRefused as refusal:
        raise _not_signed_in(str(refusal)) from refusal
    _slow_down(f"token:{holder.token_id}")
    return Actor(holder.name, holder.user_id, holder.permissions)


def _not_signed_in(detail: str) -> Problem:
    return Problem("not_signed_in", detail, headers={"WWW-Authenticate": 'Bearer realm="Fondly"'})


def _slow_down(key: str) -> None:
    wait = buckets.take(key)
    if wait:
        raise Problem("too_many", f"Wait {wait} second(s).", headers={"Retry-After": str(wait)})


def _check_csrf(request: HttpRequest) -> None:
    """A browser's cookie alone must not change anything: other sites can make it travel."""
    check = CsrfViewMiddleware(lambda _: HttpResponse())
    check.process_request(request)
    request.csrf_processing_done = False  # type: ignore[attr-defined]
    if check.process_view(request, _unmarked, (), {}) is not None:
        raise Problem("not_allowed", "With a browser's cookie, send the X-CSRFToken header too; or use a key.")


def _unmarked(request: HttpRequest) -> HttpResponse:
    """A view without the csrf_exempt mark, for the check above."""
    return HttpResponse()
