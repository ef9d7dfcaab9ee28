"""Getting a claimed batch ready to go: what may not go is kept back, the rest gets its bytes, once and for good."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from fondly.design.playbooks import library
from fondly.ground import bulk
from fondly.run.outbox import ledger, mime, policy, rates, rendering, room
from fondly.run.outbox.addresses import Sender
from fondly.run.outbox.models import Message
from fondly.run.outbox.outgoing import Outgoing
from fondly.run.outbox.smtp import NotSent


def prepare(messages: Sequence[Outgoing], sender: Sender, worker: str, now: datetime) -> list[Outgoing]:
    """Those that can be handed over now, their bytes stored before anything is sent."""
    books = library.parsed_all({m.moment.version_id for m in messages if m.moment is not None})
    stamps = policy.stamps(messages)
    for message in messages:
        message.stamp = stamps[message.pk]
        message.book = books[message.moment.version_id] if message.moment is not None else None
    return _freeze(_allowed(messages, worker, now), sender, worker, now)


def _allowed(messages: Sequence[Outgoing], worker: str, now: datetime) -> list[Outgoing]:
    """Those that may go now; the others are cancelled or wait for the end of quiet hours or for room."""
    forbidden = policy.forbidden(messages)
    space = room.Room(rates.limits(), messages, now)
    allowed = []
    for message in messages:
        opens = policy.opens_at(message, now)
        if message.pk in forbidden:
            ledger.stop(message, worker, forbidden[message.pk], now)
        elif opens > now:
            ledger.release([message.pk], worker, opens, why="quiet hours")
        elif until := space.full_until(message):
            ledger.release([message.pk], worker, until, why=room.full())
        else:
            space.take(message)
            allowed.append(message)
    return allowed


def _freeze(messages: Sequence[Outgoing], sender: Sender, worker: str, now: datetime) -> list[Outgoing]:
    ready, built = [], []
    with transaction.atomic():
        for message in messages:
            if message.raw is None:
                if not _build(message, sender, worker, now):
                    continue
                built.append((message.raw, sender.address, message.pk))
            ready.append(message)
        bulk.update(Message, ("raw", "from_address"), built, where="raw IS NULL")
    return ready


def _build(message: Outgoing, sender: Sender, worker: str, now: datetime) -> bool:
    try:
        message.raw = rendering.raw_of(message, sender, now)
    except mime.BadHeader as error:
        ledger.not_sent(message, worker, NotSent("never", "build", 0, str(error)), now)
        return False
    return True
