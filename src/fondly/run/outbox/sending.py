"""Sending what lies ready: claim a batch, hand each message over, record what the server said."""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError

from fondly.ground import clock
from fondly.ground.config import ConfigError
from fondly.run.journeys import switch
from fondly.run.outbox import addresses, committing, ledger, outgoing, preparing, rates, results, room
from fondly.run.outbox.addresses import Sender, Server
from fondly.run.outbox.committing import Refusal
from fondly.run.outbox.outgoing import Outgoing
from fondly.run.outbox.results import Sent
from fondly.run.outbox.smtp import Connection, NotSent, Stopped

log = logging.getLogger("fondly.outbox")
_MOST_BATCHES = 20  # in one turn
_RENEWALS = 4  # of a lease while it lasts: one that comes late still comes in time
_SHORTEST_PAUSE, _LONGEST_PAUSE = 15, 600  # seconds without trying a server that cannot be used
_pauses: dict[tuple[str, int], tuple[float, int]] = {}  # server -> (monotonic time to try again, last pause)


def send_ready(now: datetime, worker: str, stopping: Callable[[], bool] = lambda: False) -> int:
    """Send what may go now; returns how many left. Does nothing while mail is not set up."""
    if not outgoing.is_anything_ready(now):
        return 0
    ledger.take_over(now)
    try:
        server, sender = addresses.server(), addresses.sender()
        if rates.limits():
            room.forget_old(now)
    except ConfigError:
        return 0  # Settings and the Outbox say what is wrong with it
    if server is None or sender is None or _resting(server) or switch.ready():
        return 0
    run = _Run(server, sender, worker, stopping)
    try:
        return run.all_batches(now)
    finally:
        run.close()


class _Run:
    """One turn of sending over one connection."""

    def __init__(self, server: Server, sender: Sender, worker: str, stopping: Callable[[], bool]) -> None:
        self.server, self.sender, self.worker, self.stopping = server, sender, worker, stopping
        self.connection = Connection(server, stopping=stopping)
        self.sent: list[Sent] = []  # taken by the server, not yet written down
        self.renewed = time.monotonic()
        self.count = 0

    def all_batches(self, now: datetime) -> int:
        for _ in range(_MOST_BATCHES):
            self.renewed = time.monotonic()
            messages = ledger.claim(now, self.worker, room.for_all(now, ledger.BATCH))
            if not messages or not self.batch(messages, now):
                break
        return self.count

    def batch(self, messages: Sequence[Outgoing], now: datetime) -> bool:
        """Send one claimed batch; False when there is no use in going on."""
        ready = preparing.prepare(messages, self.sender, self.worker, now)
        step = settings.FONDLY_MAILS_PER_COMMIT
        for start in range(0, len(ready), step):
            self._renew(ready[start:])
            group = _Group(self, ready[start : start + step])
            if self.stopping() or not group.send():
                self.write_results()
                left = [message.pk for message in (*group.left, *ready[start + step :])]
                ledger.release(left, self.worker, group.go_at or now, why=group.why)
                return False
        self.write_results()
        return True

    def took(self, sent: Sent) -> None:
        """The server took one."""
        self.count += 1
        _pauses.pop((self.server.host, self.server.port), None)
        self.sent.append(sent)

    def is_stale(self) -> bool:
        """Whether the lease may have run out, so that another worker may have taken over what is committed."""
        return time.monotonic() > self.renewed + settings.FONDLY_LEASE_SECONDS

    def write_results(self) -> None:
        results.write(self.sent, self.worker)

    def close(self) -> None:
        """Say goodbye. After an error in the middle what the server took is still written down, if that is possible."""
        self.connection.close()
        with suppress(DatabaseError):
            self.write_results()

    def _renew(self, left: Sequence[Outgoing]) -> None:
        if time.monotonic() - self.renewed > settings.FONDLY_LEASE_SECONDS / _RENEWALS:
            self.renewed = time.monotonic()
            ledger.renew(self.worker, [message.pk for message in left])


class _Group:
    """Messages behind one point of no return, which is passed just before the first of their final dots."""

    def __init__(self, run: _Run, messages: Sequence[Outgoing]) -> None:
        self.run = run
        self.left = list(messages)  # still to do
        self.is_committed = False
        self.refused: dict[int, Refusal] = {}  # by message id, at the point of no return
        self.go_at: datetime | None = None  # when to try again, and why not now: for all that is left
        self.why = ""

    def send(self) -> bool:
        """Hand them over; False when there is no use in going on, with what is still `left`."""
        while self.left:
            if self.is_committed and self.run.is_stale():
                return False
            if not self._one(self.left[0]):
                return False
            self.left.pop(0)
        return True

    def _one(self, message: Outgoing) -> bool:
        message.started_at = clock.now()
        commit = None if self.is_committed else self._commit
        try:
            self._require_allowed(message)
            reply = self.run.connection.send(self.run.sender.address, message.to_address, message.raw or b"", commit)
        except Stopped:
            return self._keep_back(message, self.refused[message.pk])
        except NotSent as error:
            return self._not_sent(message, error)
        self.run.took(Sent(message, reply, clock.now()))
        return True

    def _commit(self) -> None:
        self.refused = committing.commit(self.left, self.run.worker, self.run.sent)
        self.is_committed = True
        self._require_allowed(self.left[0])

    def _require_allowed(self, message: Outgoing) -> None:
        if message.pk in self.refused:
            raise Stopped(self.refused[message.pk].reason)

    def _keep_back(self, message: Outgoing, refusal: Refusal) -> bool:
        """Refused at the point of no return: cancelled, or it waits; False when everything does."""
        now = clock.now()
        if refusal.kind == "cancel":
            ledger.stop(message, self.run.worker, refusal.reason, now)
        else:
            ledger.release([message.pk], self.run.worker, refusal.go_at or now, why=refusal.reason)
        return refusal.kind != "paused"

    def _not_sent(self, message: Outgoing, error: NotSent) -> bool:
        now = clock.now()
        log.warning("message %s not sent: %s %s %s", message.pk, error.phase, error.code, error.reply)
        if error.kind != "no_server":
            ledger.not_sent(message, self.run.worker, error, now)
            return True
        _rest(self.run.server)
        self.go_at = now + timedelta(seconds=_SHORTEST_PAUSE)
        self.why = f"the mail server cannot be used: {error.code or ''} {error.reply}"
        return False


def _resting(server: Server) -> bool:
    """Whether this server failed so recently that it is left alone for now."""
    until, _ = _pauses.get((server.host, server.port), (0.0, 0))
    return time.monotonic() < until


def _rest(server: Server) -> None:
    key = (server.host, server.port)
    _, last = _pauses.get(key, (0.0, 0))
    pause = min(max(_SHORTEST_PAUSE, last * 2), _LONGEST_PAUSE)
    _pauses[key] = (time.monotonic() + pause, pause)


def forget_pauses() -> None:
    """Try every server again at once (the settings changed)."""
    _pauses.clear()
