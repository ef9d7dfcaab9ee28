"""What the worker does here in its turns: settle by what came back; every minute, read the mailbox for a bounded time.

A mailbox that cannot be read is left alone for longer and longer, up to an hour, and the doctor tells why.
"""

import logging
import time
from datetime import datetime, timedelta

from fondly.ground.config import ConfigError
from fondly.ground.leases import database_now
from fondly.listen.returns import imap, mailboxes, settling
from fondly.listen.returns.mailboxes import Mailbox
from fondly.listen.returns.models import Reading
from fondly.listen.returns.reading import read_on

log = logging.getLogger("fondly.returns")
SECONDS = 5.0  # of reading, and of looking, in one turn: mail that is due must not wait long
_EVERY = timedelta(minutes=1)
_HELD = timedelta(minutes=5)  # by a worker that reads; one that died is followed after that
_LONGEST_PAUSE = timedelta(hours=1)


def turn(now: datetime) -> int:
    """Settle, and read when it is time. How many reports were noted and messages settled."""
    done = settling.by_returns(now)
    try:
        mailbox = mailboxes.mailbox()
    except ConfigError:
        return done  # Settings and the doctor say what is wrong with it
    reading = _take(mailbox.name) if mailbox is not None else None
    return done if mailbox is None or reading is None else done + _read(mailbox, reading, now)


def read_soon() -> None:
    """Read at the next turn (the settings changed)."""
    Reading.objects.update(next_at=database_now(), failures=0, problem="")


def _take(name: str) -> Reading | None:
    """The mailbox, when it is its time and no other worker reads it."""
    instant = database_now()
    Reading.objects.get_or_create(mailbox=name, defaults={"next_at": instant})
    due = Reading.objects.filter(mailbox=name, next_at__lte=instant)
    if not due.exists() or not due.update(next_at=instant + _HELD):
        return None
    return Reading.objects.get(mailbox=name)


def _read(mailbox: Mailbox, reading: Reading, now: datetime) -> int:
    try:
        done, more = _look(mailbox, reading, now)
    except imap.Unreachable as error:
        log.warning("the mailbox cannot be read: %s", error)
        _rest(reading, str(error))
        return 0
    _next(reading, timedelta() if more else _EVERY, read_at=database_now(), failures=0, problem="")
    return done


def _look(mailbox: Mailbox, reading: Reading, now: datetime) -> tuple[int, bool]:
    """The inbox, then the Sent folder. Returns how much was done, and whether mail is left to read."""
    with imap.Connection(mailbox) as connection:
        read = read_on(connection, reading, mailbox.folder, time.monotonic() + SECONDS)
        done = read.noted + settling.by_returns(now)
        if settling.is_asking(now) and (sent := connection.sent_folder()):
            connection.open(sent)
            done += settling.by_sent_folder(connection.has, now, time.monotonic() + SECONDS)
    return done, read.more


def _rest(reading: Reading, problem: str) -> None:
    pause = min(_EVERY * 2 ** min(reading.failures, 10), _LONGEST_PAUSE)
    _next(reading, pause, failures=reading.failures + 1, problem=problem[:300])


def _next(reading: Reading, pause: timedelta, **values: object) -> None:
    Reading.objects.filter(pk=reading.pk).update(next_at=database_now() + pause, **values)
