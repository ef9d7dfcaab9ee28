"""The public page behind the unsubscribe link of a mail.

Following the link changes nothing, whoever follows it: people, mail programs, virus scanners. Only a POST does:
the button, or the mail program by itself (RFC 8058), which has no cookie; the token in the address is the proof.
An unknown token gets the same pages as a known one, so that addresses tell nobody who is a client.
"""

import contextlib

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from pydantic import SecretStr

from fondly.design.playbooks.models import Playbook
from fondly.ground.action import SYSTEM, NotFound, perform
from fondly.ground.config import ConfigError
from fondly.run.outbox import addresses
from fondly.run.outbox.actions import SubscribeAgain, Unsubscribe

MOST_TOKEN = 64


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """One question and one button; the button, or the mail program, withdraws the consent."""
    if request.method != "POST":
        return _page(request, "outbox/unsubscribe.html", token)
    with contextlib.suppress(NotFound):
        perform("outbox.unsubscribe", SYSTEM, Unsubscribe(SecretStr(token[:MOST_TOKEN]), _address_of(request)))
    return _page(request, "outbox/unsubscribed.html", token)


@csrf_exempt
@login_not_required
@require_POST
def subscribe_again(request: HttpRequest, token: str) -> HttpResponse:
    """They changed their mind: the mails this link came with may come again."""
    with contextlib.suppress(NotFound):
        perform("outbox.subscribe_again", SYSTEM, SubscribeAgain(SecretStr(token[:MOST_TOKEN]), _address_of(request)))
    return _page(request, "outbox/subscribed.html", token)


def _page(request: HttpRequest, template: str, token: str) -> HttpResponse:
    name, address = _business()
    answer = render(request, template, {"business": name, "write_to": address, "token": token[:MOST_TOKEN]})
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"  # the address is a key
    return answer


def _business() -> tuple[str, str]:
    """The name the client knows from the mail's From line, and where to write to."""
    with contextlib.suppress(ConfigError):
        sender = addresses.sender()
        if sender is not None:
            return sender.name or sender.domain, sender.address
    name = Playbook.objects.filter(versions__state="live").order_by("pk").values_list("name", flat=True).first()
    return name or _("us"), ""


def _address_of(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
