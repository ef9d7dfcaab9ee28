"""Reading the mailbox: a bounded piece each turn, on from where the last one ended. Nothing is marked or deleted."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.db import DatabaseError

from fondly.ground import clock
from fondly.listen.returns import imap, reports
from fondly.listen.returns.imap import Letter
from fondly.listen.returns.models import Reading
from fondly.listen.returns.noting import Came, note
from fondly.listen.returns.reports import Report

log = logging.getLogger("fondly.returns")
SOURCE = "mailbox"
FIRST_LOOK = timedelta(days=30)  # how far back a mailbox is read that was never read before
_HEADS_AT_ONCE = 50
MOST_IN_A_TURN = 500


@dataclass(frozen=True, slots=True)
class Read:
    """What one turn did. more: the next turn should follow at once."""

    noted: int
    more: bool


def read_on(connection: imap.Connection, reading: Reading, folder: str, until: float) -> Read:
    """Note what came since the last turn, until `until` (monotonic). The place is kept after every batch."""
    _turn_to(reading, connection.open(folder))
    uids = connection.uids_after(reading.last_uid, clock.now() - FIRST_LOOK)
    noted = 0
    for start in range(0, min(len(uids), MOST_IN_A_TURN), _HEADS_AT_ONCE):
        if time.monotonic() > until:
            return Read(noted, True)
        some = uids[start : start + _HEADS_AT_ONCE]
        noted += _note_some(connection, some)
        reading.last_uid = some[-1]
        reading.save(update_fields=["uid_validity", "last_uid"])
    return Read(noted, len(uids) > MOST_IN_A_TURN)


def _turn_to(reading: Reading, uid_validity: int) -> None:
    """When the server numbers its mails anew they are read anew; what is known is not noted twice."""
    if reading.uid_validity != uid_validity:
        reading.uid_validity, reading.last_uid = uid_validity, 0


def _note_some(connection: imap.Connection, uids: Sequence[int]) -> int:
    return sum(_note_one(connection, head) for head in list(connection.heads(uids)))


def _note_one(connection: imap.Connection, head: Letter) -> int:
    try:
        return sum(note(came) for came in _came(head, connection.letter))
    except (imap.Unreachable, DatabaseError):
        raise
    except Exception:
        log.exception("mail %s cannot be understood, going on with the next", head.uid)  # or it would stop all others
        return 0


def _came(head: Letter, fetch: Callable[[int], Letter | None]) -> Iterator[Came]:
    if not reports.is_report(head.raw):
        return _named(head, reports.replies(head.raw))
    whole = fetch(head.uid)
    return _named(whole, reports.read(whole.raw)) if whole is not None else iter(())


def _named(letter: Letter, found: "Sequence[Report] | Iterator[Report]") -> Iterator[Came]:
    digest, at = sha256(letter.raw).hexdigest(), letter.at or clock.now()
    for place, report in enumerate(found):
        key = f"{digest}:{place}"
        yield Came(SOURCE, key, report.kind, report.message_id, at, report.recipient, report.is_hard, report.words)
