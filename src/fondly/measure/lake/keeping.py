"""What a worker does for the lake: one piece of work at a time, rarely, and next to nothing when there is none."""

import logging
import time
from datetime import datetime
from threading import Thread

from fondly.measure.lake import columnar, compacting, manifest, redoing, sealing, sweeping
from fondly.measure.lake.catalogue import EVENTS, INTERACTIONS
from fondly.measure.lake.inside import OfDjango, folder

log = logging.getLogger("fondly.lake")
EVERY_SECONDS = 30.0
REDO_SECONDS = 600.0  # changed facts are read from the database meanwhile
SWEEP_SECONDS = 3600.0
_AFTER_TROUBLE = 300.0
_STANDING = f"""SELECT
 EXISTS(SELECT 1 FROM lake_forgotten), EXISTS(SELECT 1 FROM lake_redo),
 (SELECT max(id) FROM {INTERACTIONS.source}), (SELECT max(id) FROM {EVENTS.source}),
 (SELECT max(last_id) FROM lake_watermark WHERE "table" = '{INTERACTIONS.name}'),
 (SELECT max(last_id) FROM lake_watermark WHERE "table" = '{EVENTS.name}')"""


class Keeper:
    """One worker's share. turn() may be called in every round; while nothing is new it asks one question in 30 s."""

    def __init__(self) -> None:
        self._next = self._redo = self._sweep = 0.0
        self._writing: Thread | None = None
        self._changed = True  # since files were last united and columns written

    def turn(self, now: datetime) -> bool:
        """At most one piece of work; whether there may be more at once. A failure is written down and tried again."""
        if time.monotonic() < self._next:
            return False
        try:
            more = self._work(now)
        except Exception:
            log.exception("the lake could not be kept, trying again in some minutes")
            self._next = time.monotonic() + _AFTER_TROUBLE
            return False
        self._next = 0.0 if more else time.monotonic() + EVERY_SECONDS
        return more

    def _work(self, now: datetime) -> bool:
        forgotten, untrue, facts, events, facts_sealed, events_sealed = OfDjango().rows(_STANDING)[0]
        if forgotten and redoing.forget(now):
            return True
        if untrue and time.monotonic() >= self._redo and self._redone(now):
            return True
        newer = [(INTERACTIONS.name, facts, facts_sealed), (EVENTS.name, events, events_sealed)]
        for table in (name for name, newest, sealed in newer if (newest or 0) > (sealed or 0)):
            rows = sealing.seal(table, now)
            self._changed |= rows > 0
            if rows >= sealing.MOST:
                return True
        return self._tidied(now)

    def _redone(self, now: datetime) -> bool:
        self._changed = True
        if redoing.redo(now):
            return True
        self._redo = time.monotonic() + REDO_SECONDS
        return False

    def _tidied(self, now: datetime) -> bool:
        if self._changed and compacting.compact(now):
            return True
        if self._changed:
            self._keep_columns()
            self._changed = False
        if time.monotonic() >= self._sweep:
            sweeping.sweep(now)
            if sweeping.drop_sealed(now) == sweeping.MOST:
                return True
            self._sweep = time.monotonic() + SWEEP_SECONDS
        return False

    def _keep_columns(self) -> None:
        """Have them ready before somebody asks; beside the rest, because of a large log it takes many seconds."""
        sealed = manifest.read(OfDjango(), INTERACTIONS)
        newest = columnar.newest(folder(), sealed)
        idle = self._writing is None or not self._writing.is_alive()
        if idle and columnar.is_behind(newest, sealed, columnar.FOR_WORKERS):
            self._writing = Thread(target=columnar.write, args=(folder(), sealed), kwargs={"modest": True}, daemon=True)
            self._writing.start()
