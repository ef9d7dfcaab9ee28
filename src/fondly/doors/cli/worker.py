"""The worker process: tick after tick until it is asked to stop. It may be killed at any instant."""

import logging
import os
import signal
import socket
import threading
from datetime import UTC, datetime, timedelta
from types import FrameType

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from fondly.doors import database, heartbeat
from fondly.ground import chain, clock, errands
from fondly.measure.lake.keeping import Keeper
from fondly.people.team.sessions import SessionStore
from fondly.run.journeys import clockwork, engine, map_page

log = logging.getLogger("fondly.worker")
IDLE_SECONDS = 1.0
_DAY = timedelta(days=1)
_MAP_EVERY = timedelta(minutes=10)


class Worker:
    """One worker's loop. parent: when that process is gone, this one stops too."""

    def __init__(self, parent: int | None = None) -> None:
        self.name = f"{socket.gethostname()[:30]}:{os.getpid()}"
        self.parent = parent
        self.stopping = threading.Event()
        self._errands = errands.Worker(self.name)
        self._lake = Keeper()
        self._changes = database.changes()
        self._beaten_at: datetime | None = None
        self._cleaned_at: datetime | None = None
        self._mapped_at: datetime | None = None

    def stop(self, signum: int = 0, frame: FrameType | None = None) -> None:
        self.stopping.set()

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        _be_durable()
        while not self.stopping.is_set() and not self._is_orphan():
            busy = self._turn()
            if not busy:
                self.stopping.wait(IDLE_SECONDS)

    def _turn(self) -> bool:
        """One round; an error is written down and the next round tries again."""
        try:
            close_old_connections()
            self._beat()
            if self.stopping.is_set():
                return False
            self._clean()
            self._keep_map()
            self._bring_clock()
            more_to_seal = chain.seal_next() == chain.BATCH
            on_errand = self._errands.turn()
            quiet = engine.tick(clock.now(), self.name, self._must_stop).quiet
            more_to_keep = self._lake.turn(clock.now())
            return not quiet or on_errand or more_to_seal or more_to_keep
        except DatabaseError as error:
            log.warning("the database could not do it, trying again: %s", error)
        except Exception:
            log.exception("a round of the worker failed, going on")
        self.stopping.wait(IDLE_SECONDS)
        return False

    def _beat(self) -> None:
        moment = datetime.now(UTC)
        if self._beaten_at is None or (moment - self._beaten_at).total_seconds() >= heartbeat.BEAT_SECONDS:
            self._leave_other_version()
            heartbeat.beat(self.name)
            self._beaten_at = moment

    def _leave_other_version(self) -> None:
        """Stop when the database was changed for another version of Fondly: this one no longer knows what it holds."""
        if database.changes() != self._changes:
            log.error("the database was upgraded while this worker ran: it stops; start the worker of that version")
            self.stopping.set()

    def _clean(self) -> None:
        """Once a day: sessions that have ended."""
        moment = datetime.now(UTC)
        if self._cleaned_at is None or moment - self._cleaned_at >= _DAY:
            SessionStore.clear_expired()
            self._cleaned_at = moment

    def _keep_map(self) -> None:
        """On a large install the usual map takes seconds to count: have it ready before somebody looks."""
        moment = datetime.now(UTC)
        if self._mapped_at is None or moment - self._mapped_at >= _MAP_EVERY:
            map_page.build(map_page.Asked(), clock.now())
            self._mapped_at = moment

    def _bring_clock(self) -> None:
        """When an admin asked to move on, live through the time between."""
        target = clock.target() if settings.FONDLY_MOVABLE_CLOCK else None
        if target is None:
            return
        clockwork.bring_to(target, self.name, self.stopping.is_set, self._beat)

    def _must_stop(self) -> bool:
        """Asked in the middle of a turn; keeps the sign of life fresh in a long one."""
        self._beat()
        return self.stopping.is_set()

    def _is_orphan(self) -> bool:
        return self.parent is not None and os.getppid() != self.parent


def _be_durable() -> None:
    """What the worker has done must survive a power cut, or it could be done twice."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
