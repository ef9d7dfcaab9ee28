"""Keeping what came back, once, and what follows from it: the address, the consent, the timeline.

Events may come twice and in any order; what follows from each does not depend on the others' order.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext as _

from fondly.core.playbook.purposes import SERVICE
from fondly.ground import clock
from fondly.ground.action import SYSTEM, perform
from fondly.listen.returns.models import Return
from fondly.people.clients import consents, identity, timeline
from fondly.people.clients.actions import SetConsent, SuppressAddress
from fondly.run.journeys.models import Moment
from fondly.run.outbox.models import Message

Kind = Return.Kind
SOFT_BOUNCES = 3
SOFT_WINDOW = timedelta(days=30)
_SENDER = "returns"  # source of the facts written here
_LOST = (Kind.BOUNCED, Kind.REJECTED)
_OF_ANYBODY = (Kind.REPLIED, Kind.AUTO_REPLIED)  # most mail in a mailbox answers something that is not ours


@dataclass(frozen=True, slots=True)
class Came:
    """Something that came back. key: what makes it itself; recipient "": it names nobody, so only the mail counts."""

    source: str
    key: str
    kind: str
    message_id: str  # of our mail, without <>
    at: datetime
    recipient: str = ""
    is_hard: bool = False
    words: str = ""


def note(came: Came) -> bool:
    """Keep it and do what follows. False when it is known already. One transaction."""
    now, message = clock.now(), _message(came)
    if message is None and came.kind in _OF_ANYBODY:
        return False
    known = {"source": came.source, "external_id": hashlib.sha256(came.key.encode("utf-8", "replace")).hexdigest()}
    with transaction.atomic():
        found, is_new = Return.objects.get_or_create(
            **known,
            defaults={
                "kind": came.kind,
                "is_hard": came.is_hard,
                "message": message,
                "address_hash": consents.hash_of(message.to_address) if message is not None else "",
                "words": _clean(came.words) if message is not None else "",
                "happened_at": min(came.at, now),
                "noted_at": now,
            },
        )
        if is_new and message is not None:
            _follow(found, message)
    return is_new


def _message(came: Came) -> Message | None:
    """The mail it is about: one we handed over, and to this very address. A forger knows neither."""
    rows = Message.objects.filter(message_id=came.message_id, committed_at__isnull=False).exclude(to_address="")
    message = rows.defer("raw", "text", "html").first()
    if message is None:
        return None
    same = identity.email_key(came.recipient) == identity.email_key(message.to_address)
    return message if same or not came.recipient else None


def _follow(found: Return, message: Message) -> None:
    if found.kind in _LOST:
        if found.is_hard:
            _suppress(message.to_address, "hard bounce")
        elif _bounces_softly(found.address_hash):
            _suppress(message.to_address, "soft bounces")
        _tell(found, message, "bounced", _("It came back: %(subject)s") % {"subject": message.subject})
    elif found.kind == Kind.COMPLAINED:
        _withdraw(message)
        _tell(found, message, "complained", _("Reported as unwanted: %(subject)s") % {"subject": message.subject})


def _suppress(address: str, reason: str) -> None:
    if not consents.is_suppressed([address]):
        perform("clients.suppress", SYSTEM, SuppressAddress(address, reason))


def _bounces_softly(address_hash: str) -> bool:
    """Whether enough messages bounced close together; one that is reported twice counts once."""
    soft = Return.objects.filter(kind=Kind.BOUNCED, is_hard=False, address_hash=address_hash)
    firsts = soft.values("message").annotate(first=Min("happened_at")).order_by("first")
    times = list(firsts.values_list("first", flat=True))
    pairs = zip(times, times[SOFT_BOUNCES - 1 :], strict=False)
    return any(last - first < SOFT_WINDOW for first, last in pairs)


def _withdraw(message: Message) -> None:
    """All marketing, on every channel, and what this mail was for unless that is part of the work."""
    for purpose in sorted({message.purpose, "marketing"} - {SERVICE}):
        perform("clients.consent", SYSTEM, SetConsent(message.client_id, "", purpose, "withdrawn", "complaint"))


def _tell(found: Return, message: Message, name: str, words: str) -> None:
    """On the timeline, once for each message however many reports come."""
    moment = Moment.objects.select_related("journey").filter(pk=message.moment_id or 0).first()
    timeline.record(
        timeline.NewFact(
            message.client_id,
            "event",
            found.happened_at,
            name=name,
            journey_id=moment.journey_id if moment is not None else None,
            stage=moment.stage if moment is not None else "",
            channel="email",
            key=moment.key if moment is not None else "",
            text=f"{words} ({found.words})" if found.words else words,
            data={"message": message.pk},
            source=_SENDER,
            external_id=f"{message.pk}:{name}",
        )
    )


def _clean(words: str) -> str:
    """One line that can be shown: a server's words are anybody's words."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())[:300]
