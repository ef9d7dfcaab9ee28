"""Getting in: sign-in, the first user, invitations, and one-time links. A GET never uses a link up."""

from typing import Any

from allauth.account.views import LoginView
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from fondly.ground.action import SYSTEM, Refused, perform
from fondly.people.team import links, queries
from fondly.people.team.actions import CreateUser
from fondly.people.team.forms import FirstUserForm, JoinForm
from fondly.people.team.models import SignInLink, User

_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class SignIn(LoginView):
    """allauth's sign-in with its limits; a demo also offers its people by name."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["demo_people"] = User.objects.filter(is_active=True).order_by("pk") if settings.FONDLY_DEMO else ()
        return context


sign_in = SignIn.as_view()


@login_not_required
@never_cache
@sensitive_post_parameters("password")
def first(request: HttpRequest, token: str) -> HttpResponse:
    """The first start: whoever holds the printed link becomes the admin."""
    link = links.find(token, "first")
    if link is None or queries.has_admin():
        return _spent(request)
    form = FirstUserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = _make_first(link, form)
        if user is not None:
            return _enter(request, user)
        if not form.errors:
            return _spent(request)
    return _private(render(request, "team/first.html", {"form": form}))


@login_not_required
@never_cache
@sensitive_post_parameters("password")
def join(request: HttpRequest, token: str) -> HttpResponse:
    """An invitation or a new password: choose one, then sign in (with the second factor, if there is one)."""
    link = links.find(token, "invite", "reset")
    if link is None or link.user is None or not link.user.is_active:
        return _spent(request)
    form = JoinForm(link.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not _set_password(link, form.cleaned_data["password"]):
            return _spent(request)
        return _enter(request, link.user) if link.purpose == "invite" else redirect("account_login")
    return _private(render(request, "team/join.html", {"form": form, "person": link.user, "purpose": link.purpose}))


@login_not_required
@never_cache
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """A link from the server's shell. The demo's own link opens at once: it is printed, never mailed."""
    link = links.find(token, "enter")
    if link is None or link.user is None or not link.user.is_active:
        return _spent(request)
    if request.method == "POST" or settings.FONDLY_DEMO:
        return _enter(request, link.user) if links.use(link) else _spent(request)
    return _private(render(request, "team/enter.html", {"person": link.user}))


@login_not_required
@require_POST
def enter_as(request: HttpRequest, user_id: int) -> HttpResponse:
    """In a demo, be anybody of the cast with one click."""
    user = User.objects.filter(pk=user_id, is_active=True).first() if settings.FONDLY_DEMO else None
    if user is None:
        raise PermissionDenied
    return _enter(request, user)


def _make_first(link: SignInLink, form: FirstUserForm) -> User | None:
    """The admin; None when the link was used meanwhile or the form got an error."""
    given = CreateUser(form.cleaned_data["email"], form.cleaned_data["name"], is_admin=True)
    try:
        with transaction.atomic():
            if not links.use(link):
                return None
            user = User.objects.get(pk=perform("team.create_user", SYSTEM, given).result.user_id)
            _keep(user, form.cleaned_data["password"])
            return user
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return None


def _set_password(link: SignInLink, password: str) -> bool:
    with transaction.atomic():
        if not links.use(link) or link.user is None:
            return False
        _keep(link.user, password)
        return True


def _keep(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    login(request, user, backend=_BACKEND)
    return redirect(settings.LOGIN_REDIRECT_URL)


def _spent(request: HttpRequest) -> HttpResponse:
    """The same answer for a used, an expired and an unknown link."""
    return _private(render(request, "team/spent.html", status=404))


def _private(response: HttpResponse) -> HttpResponse:
    """The address holds a secret: it must not travel on in a Referer header or be kept."""
    # "no-referrer" would make browsers send "Origin: null" with the form, which the forgery check refuses.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response
