"""Sending what lies ready: claim a batch, hand each message over, record what the server said."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from fondly.core.playbook.model import Playbook as Book
from fondly.design.playbooks import library
from fondly.ground import bulk, clock
from fondly.ground.config import ConfigError
from fondly.run.journeys import switch
from fondly.run.outbox import addresses, ledger, mime, policy, rendering
from fondly.run.outbox.addresses import Sender, Server
from fondly.run.outbox.ledger import Outgoing, Sent
from fondly.run.outbox.models import Message
from fondly.run.outbox.smtp import Connection, NotSent, Stopped

log = logging.getLogger("fondly.outbox")
_MOST_BATCHES = 20  # in one turn
_RENEW_AFTER = 8.0  # seconds of work since the lease was last renewed
_SHORTEST_PAUSE, _LONGEST_PAUSE = 15, 600  # seconds without trying a server that cannot be used
_pauses: dict[tuple[str, int], tuple[float, int]] = {}  # server -> (monotonic time to try again, last pause)


def send_ready(now: datetime, worker: str, stopping: Callable[[], bool] = lambda: False) -> int:
    """Send what may go now; returns how many left. Does nothing while mail is not set up."""
    ledger.take_over(now)
    try:
        server, sender = addresses.server(), addresses.sender()
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
        self.results: list[Sent] = []  # taken by the server, not yet written down
        self.renewed = time.monotonic()
        self.count = 0
        self.books: dict[int, Book] = {}  # message id -> the playbook its journey lives
        self.stamps: dict[int, policy.Stamp] = {}  # message id -> what the policy looked at

    def all_batches(self, now: datetime) -> int:
        for _ in range(_MOST_BATCHES):
            messages = ledger.claim(now, self.worker)
            self.renewed = time.monotonic()
            if not messages or not self.batch(messages, now):
                break
        return self.count

    def batch(self, messages: Sequence[Message], now: datetime) -> bool:
        """Send one claimed batch; False when there is no use in going on."""
        self.books, self.stamps = _books(messages), policy.stamps(messages)
        ready = _freeze(_allowed(messages, now, self.books), self.sender, now)
        for place, message in enumerate(ready):
            self._renew(ready[place:])
            going_on = not self.stopping() and self._one(message)
            if not going_on:
                ledger.write_results(self.results)
                ledger.release([left.pk for left in ready[place:]], now)
                return False
        ledger.write_results(self.results)
        return True

    def close(self) -> None:
        self.connection.close()

    def _renew(self, left: Sequence[Message]) -> None:
        if time.monotonic() - self.renewed > _RENEW_AFTER:
            ledger.renew(self.worker, [message.pk for message in left])
            self.renewed = time.monotonic()

    def _one(self, message: Message) -> bool:
        """Send one message; False when the server cannot be used at all."""
        outgoing = Outgoing(message, clock.now(), self.books.get(message.pk), stamp=self.stamps.get(message.pk))
        try:
            reply = self.connection.send(
                self.sender.address, message.to_address, bytes(message.raw or b""),
                lambda: ledger.commit(outgoing, self.worker, self.results),
            )  # fmt: skip
        except Stopped as stopped:
            self._stopped(message, str(stopped))
            return str(stopped) != ledger.PAUSED
        except NotSent as error:
            return self._not_sent(outgoing, error)
        self.count += 1
        _pauses.pop((self.server.host, self.server.port), None)
        self.results.append(Sent(outgoing, reply, clock.now()))
        return True

    def _not_sent(self, outgoing: Outgoing, error: NotSent) -> bool:
        ledger.write_results(self.results)
        now = clock.now()
        log.warning("message %s not sent: %s %s %s", outgoing.message.pk, error.phase, error.code, error.reply)
        if error.kind != "no_server":
            ledger.not_sent(outgoing, error, now)
            return True
        _rest(self.server)
        why = f"the mail server cannot be used: {error.code or ''} {error.reply}"
        ledger.release([outgoing.message.pk], now + timedelta(seconds=_SHORTEST_PAUSE), why=why)
        return False

    def _stopped(self, message: Message, reason: str) -> None:
        """Refused at the point of no return: wait if it may still go later, else cancel."""
        ledger.write_results(self.results)
        now = clock.now()
        forbidden = policy.forbidden([message]).get(message.pk)
        if forbidden:
            ledger.stop(message, forbidden, now)
        else:
            ledger.release([message.pk], policy.opens_at(message, now, self.books.get(message.pk)), why=reason)


def _books(messages: Sequence[Message]) -> dict[int, Book]:
    versions = {m.pk: m.moment.journey.version_id for m in messages if m.moment is not None}
    books = library.parsed_all(versions.values())
    return {pk: books[version_id] for pk, version_id in versions.items()}


def _allowed(messages: Sequence[Message], now: datetime, books: dict[int, Book]) -> list[Message]:
    """Those that may go now; the others are cancelled or wait for the end of quiet hours."""
    forbidden = policy.forbidden(messages)
    allowed = []
    for message in messages:
        opens = policy.opens_at(message, now, books.get(message.pk))
        if message.pk in forbidden:
            ledger.stop(message, forbidden[message.pk], now)
        elif opens > now:
            ledger.release([message.pk], opens, why="quiet hours")
        else:
            allowed.append(message)
    return allowed


def _freeze(messages: Sequence[Message], sender: Sender, now: datetime) -> list[Message]:
    """Build the bytes of those that have none yet, and store them before anything is sent."""
    ready, built = [], []
    with transaction.atomic():
        for message in messages:
            if message.raw is None:
                if not _build(message, sender, now):
                    continue
                built.append((message.raw, sender.address, message.pk))
            ready.append(message)
        bulk.update(Message, ("raw", "from_address"), built, only="raw")
    return ready


def _build(message: Message, sender: Sender, now: datetime) -> bool:
    try:
        raw = rendering.raw_of(message, sender, now)
    except mime.BadHeader as error:
        ledger.not_sent(Outgoing(message, now), NotSent("never", "build", 0, str(error)), now)
        return False
    message.raw, message.from_address = raw, sender.address
    return True


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
