"""What a worker does for the lake: one piece of work at a time, rarely, and next to nothing when there is none."""

import logging
import time
from datetime import datetime
from threading import Thread

from fondly.measure.lake import columnar, compacting, manifest, redoing, sealing, sweeping
from fondly.measure.lake.catalogue import EVENTS, INTERACTIONS, SEALED, TABLES
from fondly.measure.lake.databases import quoted
from fondly.measure.lake.inside import OfDjango, folder

log = logging.getLogger("fondly.lake")
EVERY_SECONDS = 30.0
REDO_SECONDS = {"client": 600.0, "id": 3600.0}  # by what is noted; changed rows are read from the database meanwhile
_MANY, _SHARE, _FEW = 20_000, 100, 1000  # so many changed rows, or one in a hundred, are sealed again earlier
SWEEP_SECONDS = 3600.0
_AFTER_TROUBLE = 300.0
_NEWEST = " UNION ALL ".join(f"SELECT {quoted(t.name)} AS name, max(id) AS id FROM {t.source}" for t in SEALED)
_STANDING = f"""SELECT newest.name, coalesce(newest.id, 0), coalesce(w.last_id, 0), coalesce(marks.many, 0)
FROM ({_NEWEST}) newest LEFT JOIN lake_watermark w ON w."table" = newest.name
LEFT JOIN (SELECT "table" AS name, count(*) AS many FROM lake_redo GROUP BY "table"
 UNION ALL SELECT {quoted(EVENTS.name)}, count(*) FROM lake_forgotten) marks ON marks.name = newest.name
ORDER BY newest.name"""


class Keeper:
    """One worker's share. turn() may be called in every round; while nothing is new it asks one question in 30 s."""

    def __init__(self) -> None:
        self._next = self._sweep = 0.0
        self._redo: dict[str, float] = {}
        self.writing: Thread | None = None  # the columns
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
        standing = OfDjango().rows(_STANDING)
        for name, _newest, last_id, marks in standing:
            if marks and self._is_due(name, last_id, marks) and self._redone(name, now):
                return True
        for name, newest, last_id, _marks in standing:
            rows = sealing.seal(name, now) if sealing.may_be_sealed(name, last_id, newest) else 0
            self._changed |= rows > 0
            if rows >= sealing.MOST:
                return True
        return self._tidied(now)

    def _is_due(self, name: str, last_id: int, marks: int) -> bool:
        many = TABLES[name].noted == "id" and marks >= min(_MANY, max(_FEW, last_id // _SHARE))
        return many or time.monotonic() >= self._redo.get(name, 0.0)

    def _redone(self, name: str, now: datetime) -> bool:
        if name == EVENTS.name:
            return redoing.forget(now)
        self._changed = True
        if redoing.redo(name, now):
            return True
        self._redo[name] = time.monotonic() + REDO_SECONDS[TABLES[name].noted]
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
        idle = self.writing is None or not self.writing.is_alive()
        if idle and columnar.is_behind(newest, sealed, columnar.FOR_WORKERS):
            self.writing = Thread(target=columnar.write, args=(folder(), sealed), kwargs={"modest": True}, daemon=True)
            self.writing.start()
