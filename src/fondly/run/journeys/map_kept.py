"""Counting a large map takes seconds, so what was counted is kept for a while and counted again in the background."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import connection

from fondly.ground import clock
from fondly.run.journeys.map_counts import Counts, Wanted, count

QUICK = 0.2  # seconds: a map that is counted this fast is counted at every look
FRESH = 60.0  # seconds a slower one is shown as it is, or twenty times what counting took;
# after that it is counted again while the old one is shown


@dataclass(frozen=True, slots=True)
class Kept:
    """counts as they stood at `at`."""

    counts: Counts
    at: datetime
    old: bool = False  # not of this very moment: the page says when


def counts_of(wanted: Wanted, name: str, *, anew: bool = False) -> Kept:
    """The counts, of now when that is quick. name: what tells this map from others. anew: count now, however long."""
    key = f"map2:{wanted.playbook_id}:{name}"
    known: dict[str, Any] | None = None if anew else cache.get(key)
    if known is None:
        return _count(key, wanted, anew)
    age = time.time() - known["made"]
    if age > max(FRESH, 20 * known["took"]) and cache.add(f"{key}:counting", 1, timeout=120):
        threading.Thread(target=_in_background, args=(key, wanted, clock.now()), daemon=True).start()
    return Kept(Counts(**known["counts"]), datetime.fromisoformat(known["at"]), True)


def _count(key: str, wanted: Wanted, anew: bool = True) -> Kept:
    began, now = time.monotonic(), clock.now()
    counts = count(wanted)
    took = time.monotonic() - began
    if took > QUICK:
        kept = {"counts": counts.as_json(), "took": took, "made": time.time(), "at": now.isoformat()}
        cache.set(key, kept, timeout=None)
    elif anew:
        cache.delete(key)
    return Kept(counts, now)


def _in_background(key: str, wanted: Wanted, now: datetime) -> None:
    try:
        with clock.at(now):
            _count(key, wanted)
    finally:
        cache.delete(f"{key}:counting")
        connection.close()
