"""Mail providers that tell by a web hook what became of a message. django-anymail checks and reads what they post.

It is an extra (`fondly[providers]`) and imported only when a provider is set.
"""

import json
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from fondly.ground import clock
from fondly.ground.config import ConfigError
from fondly.listen.returns.models import Return
from fondly.listen.returns.noting import Came
from fondly.run.outbox.provider import POSTMARK_ID

Kind = Return.Kind
MOST_EVENTS = 1000
_ID = re.compile(r"<?([^\s<>]{3,200})>?")
_HARD_CODE = re.compile(r"\b5(?:\d\d|\.\d{1,3}\.\d{1,3})\b")
_KINDS = {
    "delivered": Kind.DELIVERED,
    "deferred": Kind.DEFERRED,
    "bounced": Kind.BOUNCED,
    "rejected": Kind.REJECTED,
    "failed": Kind.REJECTED,
    "complained": Kind.COMPLAINED,
    "autoresponded": Kind.AUTO_REPLIED,
}


class Forged(Exception):
    """The post does not carry the provider's secret or signature."""


class Unreadable(Exception):
    """The post is not what this provider sends."""


@dataclass(frozen=True, slots=True)
class Provider:
    """secret: the name anymail gives it. message_id: where an event tells our Message-ID. is_hard: of a bounce."""

    name: str
    view: str
    secret: str
    message_id: Callable[[Any], str]
    is_hard: Callable[[Any], bool]


def _postmark_is_hard(event: Any) -> bool:
    return event.esp_event.get("Type") in ("HardBounce", "BadEmailAddress")


def _mailgun_is_hard(event: Any) -> bool:
    status = event.esp_event["event-data"].get("delivery-status") or {}
    return _HARD_CODE.search(f"{status.get('code', '')} {status.get('message', '')}") is not None


PROVIDERS: Mapping[str, Provider] = {
    "mailgun": Provider(
        "mailgun", "MailgunTrackingWebhookView", "webhook_signing_key",
        lambda event: str(event.message_id or ""), _mailgun_is_hard,
    ),
    "postmark": Provider(
        "postmark", "PostmarkTrackingWebhookView", "webhook_secret",
        lambda event: str((event.metadata or {}).get(POSTMARK_ID, "")), _postmark_is_hard,
    ),
}  # fmt: skip


def provider() -> Provider | None:
    """The provider in use, None when there is none. Raises ConfigError."""
    name = settings.FONDLY["FONDLY_MAIL_PROVIDER"].text.strip().lower()
    if not name:
        return None
    if name not in PROVIDERS:
        raise ConfigError(f"FONDLY_MAIL_PROVIDER is {name!r}; known are: {', '.join(PROVIDERS)}.")
    if not _secret():
        raise ConfigError("FONDLY_MAIL_PROVIDER_SECRET is needed: without it anybody could post what they like.")
    if find_spec("anymail") is None:
        raise ConfigError("Provider hooks need django-anymail: pip install 'fondly[providers]'.")
    return PROVIDERS[name]


def read(known: Provider, request: HttpRequest) -> list[Came]:
    """What the post says. Raises Forged, Unreadable."""
    from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure

    try:
        view = _view(known)
        view.run_validators(request)
        events = view.parse_events(request)[:MOST_EVENTS]
        return [came for event in events if (came := _came(known, event)) is not None]
    except AnymailWebhookValidationFailure as error:
        raise Forged from error
    except (AnymailError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise Unreadable from error


def _view(known: Provider) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a signed hook has no password besides
        made = getattr(import_module(f"anymail.webhooks.{known.name}"), known.view)
        return made(**{known.secret: _secret()})


def _came(known: Provider, event: Any) -> Came | None:
    """None for what tells nothing about delivery, such as an opening."""
    kind = _KINDS.get(event.event_type)
    found = _ID.fullmatch(known.message_id(event).strip())
    if kind is None or found is None or not event.recipient:
        return None
    is_hard = kind in (Kind.BOUNCED, Kind.REJECTED) and known.is_hard(event)
    words = str(event.mta_response or event.description or "")
    at = event.timestamp if isinstance(event.timestamp, datetime) and event.timestamp.tzinfo else clock.now()
    return Came(known.name, _key(event), kind, found[1], at, str(event.recipient), is_hard, words)


def _key(event: Any) -> str:
    """The provider's number of the event; where it gives none, the event itself."""
    return f"{event.event_type}:{event.event_id or json.dumps(event.esp_event, sort_keys=True, default=str)}"


def _secret() -> str:
    return str(settings.FONDLY["FONDLY_MAIL_PROVIDER_SECRET"].text.strip())
