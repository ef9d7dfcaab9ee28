"""One's own account: profile, look, keys for scripts."""

from datetime import datetime, time
from zoneinfo import available_timezones

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from fondly.ground.action import Refused, perform
from fondly.people.team.access import PERMISSIONS, require
from fondly.people.team.actions import ChangeSelf, CreateToken, RevokeToken
from fondly.people.team.models import ApiToken
from fondly.people.team.screens import act

_SPOKEN = {"en"}  # languages the words on screen exist in


@require("read")
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """Name, phone, zone, theme, keys; POST saves the profile."""
    if request.method == "POST":
        act(request, "team.change_self", _profile(request))
        return redirect("account")
    return _page(request)


@require("read")
@require_POST
@never_cache
def make_key(request: HttpRequest) -> HttpResponse:
    """The answer shows the key once."""
    try:
        given = CreateToken(request.POST.get("name", ""), request.POST.getlist("scopes"), _end_of_day(request))
        made = perform("team.create_token", request.actor, given).result  # type: ignore[attr-defined]
    except Refused as refusal:
        return _page(request, refusal=refusal, status=422)
    return _page(request, token=made.token.get_secret_value())


@require("read")
@require_POST
def end_key(request: HttpRequest, token_id: int) -> HttpResponse:
    act(request, "team.revoke_token", RevokeToken(token_id))
    return redirect("account")


def _page(request: HttpRequest, token: str = "", refusal: Refused | None = None, status: int = 200) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    context = {
        "person": request.user,
        "keys": ApiToken.objects.filter(user_id=actor.user_id, revoked_at=None).order_by("pk"),
        "scopes": [(name, words) for name, words in PERMISSIONS.items() if actor.may(name)],
        "token": token,
        "refusal": refusal,
        "languages": [(code, name) for code, name in settings.LANGUAGES if code in _SPOKEN],
        "zones": sorted(available_timezones()),
        "ways": _ways(actor.user_id),
    }
    return render(request, "team/account.html", context, status=status)


def _ways(user_id: int) -> str:
    """What the person signs in with, as one sentence."""
    kinds = set(Authenticator.objects.filter(user_id=user_id).values_list("type", flat=True))
    if "webauthn" in kinds:
        return _("With a passkey.")
    return _("With a password and a two-step code.") if "totp" in kinds else _("With a password.")


def _profile(request: HttpRequest) -> ChangeSelf:
    sent = request.POST
    return ChangeSelf(
        name=sent.get("name", ""),
        phone=sent.get("phone", ""),
        zone=sent.get("zone", "").strip(),
        language=sent.get("language", "en"),
        theme=sent.get("theme", "system"),
        single_keys=sent.get("single_keys") == "on",
    )


def _end_of_day(request: HttpRequest) -> datetime | None:
    text = request.POST.get("expires_on", "")
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise Refused(_("%(text)r is not a date.") % {"text": text}, field="expires_at")
    return make_aware(datetime.combine(day, time(23, 59)))
