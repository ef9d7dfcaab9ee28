"""Settling uncertain messages by evidence: provider events and reports first, then the Sent folder.

Anything that came back, or a copy in the Sent folder, shows that the message was taken. That nothing is found counts
only after a settle time, and only where the folder is seen to keep copies. Then a `must_arrive` message goes again
as it was; a `never_twice` message stays listed for a person.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import takewhile

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When

from fondly.ground.action import SYSTEM, Refused, perform
from fondly.listen.returns.models import Return, Search
from fondly.listen.returns.reading import SOURCE
from fondly.run.outbox.actions import ResolveUncertain
from fondly.run.outbox.ledger import GIVE_UP_AFTER
from fondly.run.outbox.models import Message
from fondly.run.outbox.resending import SendAgain
from fondly.run.outbox.restoring import HOLDER

Has = Callable[[str], bool]  # whether the Sent folder has a mail with this Message-ID
MOST_IN_A_TURN = 20
_NEIGHBOURS = 5
_HOUR = timedelta(hours=1)
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(hours=6)  # between two looks
_LOOK_FOR = timedelta(days=7)
_SHOWN = {
    Return.Kind.DELIVERED: "it was reported as delivered",
    Return.Kind.DEFERRED: "a mail server reported that it tries to deliver it",
    Return.Kind.BOUNCED: "it came back, so it was taken",
    Return.Kind.REJECTED: "the mail provider reported that it took it and would not pass it on",
    Return.Kind.COMPLAINED: "the client reported it as unwanted",
    Return.Kind.REPLIED: "the client answered it",
    Return.Kind.AUTO_REPLIED: "an automatic answer to it came",
}


def by_returns(now: datetime) -> int:
    """Settle what something that came back speaks for. How many were."""
    first = Case(When(source=SOURCE, then=Value(1)), default=Value(0), output_field=IntegerField())
    settled = 0
    for message_id in _with_returns():
        found = Return.objects.filter(message=message_id).order_by(first, "happened_at", "pk").first()
        if found is not None:
            settled += _took(message_id, _words_of(found), now)
    return settled


def by_sent_folder(has: Has, now: datetime, until: float) -> int:
    """Look for the messages whose turn it is, until `until` (monotonic). How many were settled or sent again."""
    longest_ago = F("search__looked_at").asc(nulls_first=True)
    rows = _to_look_for(now).order_by(longest_ago, "committed_at", "pk").defer("raw", "text", "html")
    in_time = takewhile(lambda message: time.monotonic() <= until, rows[:MOST_IN_A_TURN])
    return sum(_look(message, has, now) for message in in_time)


def is_asking(now: datetime) -> bool:
    """Whether there is anything to look for."""
    return _to_look_for(now).exists()


def settle_time() -> timedelta:
    """How long a message must be missing before that means something."""
    return timedelta(minutes=int(settings.FONDLY["FONDLY_SETTLE_MINUTES"].text))


def _unsure() -> "QuerySet[Message]":
    """Those evidence may settle: what a person made unsure again is theirs to decide."""
    found = Message.objects.filter(state=Message.State.UNCERTAIN, committed_at__isnull=False)
    return found.filter(Q(search=None) | Q(search__is_settled=False))


def _to_look_for(now: datetime) -> "QuerySet[Message]":
    waiting = Q(search=None) | Q(search__next_at__lte=now)
    return _unsure().filter(waiting, committed_at__gt=now - _LOOK_FOR)


def _with_returns() -> list[int]:
    rows = _unsure().filter(Exists(Return.objects.filter(message=OuterRef("pk"))))
    return list(rows.order_by("pk").values_list("pk", flat=True)[:100])


def _words_of(found: Return) -> str:
    """Evidence is kept as it was found, in English like a server's words; the pages show the rows themselves."""
    who = "" if found.source == SOURCE else f"{found.source}: "
    return f"{who}{_SHOWN[Return.Kind(found.kind)]} ({found.happened_at:%Y-%m-%d %H:%M} UTC)"


def _look(message: Message, has: Has, now: datetime) -> bool:
    if has(message.message_id):
        return _took(message.pk, f"found in the Sent folder ({now:%Y-%m-%d %H:%M} UTC)", now)
    since = message.committed_at or now
    is_absent = now - since >= settle_time() and _keeps_copies(message, has)
    Search.objects.update_or_create(
        message=message, defaults={"looked_at": now, "next_at": _next_look(since, now), "is_absent": is_absent}
    )
    return is_absent and _may_go_again(message, now) and _send_again(message)


def _next_look(since: datetime, now: datetime) -> datetime:
    """Ever more rarely, but once just when being missing begins to count."""
    later = now + min(max(now - since, _SHORTEST), _LONGEST)
    counts = since + settle_time()
    return min(later, counts) if now < counts else later


def _keeps_copies(message: Message, has: Has) -> bool:
    """Whether a message that surely went within the same hour, from the same address, has its copy there."""
    if message.committed_at is None:
        return False
    around = Message.objects.filter(
        state=Message.State.SENT,
        from_address=message.from_address,
        reply__startswith="2",  # the server's own yes, not a person's word
        committed_at__range=(message.committed_at - _HOUR, message.committed_at + _HOUR),
    )
    ids = around.order_by("-committed_at").values_list("message_id", flat=True)[:_NEIGHBOURS]
    return any(has(message_id) for message_id in ids)


def _may_go_again(message: Message, now: datetime) -> bool:
    """What a restore left unsure is a person's to decide; what is two days old is too late to repeat."""
    return message.delivery == "must_arrive" and message.worker != HOLDER and now - message.made_at <= GIVE_UP_AFTER


def _took(message_id: int, evidence: str, now: datetime) -> bool:
    with transaction.atomic():
        settled = _done("outbox.resolve", ResolveUncertain(message_id, True, evidence))
        if settled:
            known = {"looked_at": now, "next_at": now, "is_settled": True, "is_absent": False}
            Search.objects.update_or_create(message_id=message_id, defaults=known)
    return settled


def _send_again(message: Message) -> bool:
    return _done("outbox.send_again", SendAgain(message.pk))


def _done(action: str, given: object) -> bool:
    try:
        perform(action, SYSTEM, given)
    except Refused:
        return False  # a person was faster, or its journey has ended: it stays as it is
    return True
