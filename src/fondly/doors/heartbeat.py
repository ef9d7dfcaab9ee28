"""A worker's sign of life. In real time, not the install's clock: a demo may move the clock, never a process."""

import json
import time
from datetime import UTC, datetime

from fondly.ground.models import Setting

FRESH_SECONDS = 60
BEAT_SECONDS = 10.0
_LISTEN_SECONDS = 0.5
_NAME = "worker.heartbeat"


def beat(worker: str) -> None:
    """Say that this worker is alive now."""
    Setting.put(_NAME, json.dumps({"worker": worker, "at": datetime.now(UTC).isoformat()}))


def last() -> tuple[str, datetime] | None:
    """The worker that gave the newest sign of life, and when; None when there never was one."""
    text = Setting.get(_NAME)
    if not text:
        return None
    known = json.loads(text)
    return known["worker"], datetime.fromisoformat(known["at"])


def age_seconds() -> float | None:
    """Seconds since the last sign of life of any worker; None when there never was one."""
    known = last()
    return (datetime.now(UTC) - known[1]).total_seconds() if known is not None else None


def is_fresh() -> bool:
    age = age_seconds()
    return age is not None and age < FRESH_SECONDS


def living_worker() -> str:
    """The name of a worker that is surely alive; "" when there is none. Listens for up to a few beats, if it must.

    One that ended a moment ago looks alive until it fails to give its next sign.
    """
    first, ends = last(), time.monotonic() + 1.5 * BEAT_SECONDS
    if first is None or not is_fresh():
        return ""
    while time.monotonic() < ends:
        newest = last()
        if newest is not None and newest != first:
            return newest[0]
        time.sleep(_LISTEN_SECONDS)
    return ""
