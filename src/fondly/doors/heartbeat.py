"""A worker's sign of life. In real time, not the install's clock: a demo may move the clock, never a process."""

import json
from datetime import UTC, datetime

from fondly.ground.models import Setting

FRESH_SECONDS = 60
_NAME = "worker.heartbeat"


def beat(worker: str) -> None:
    """Say that this worker is alive now."""
    Setting.put(_NAME, json.dumps({"worker": worker, "at": datetime.now(UTC).isoformat()}))


def age_seconds() -> float | None:
    """Seconds since the last sign of life of any worker; None when there never was one."""
    text = Setting.get(_NAME)
    if not text:
        return None
    return (datetime.now(UTC) - datetime.fromisoformat(json.loads(text)["at"])).total_seconds()


def is_fresh() -> bool:
    age = age_seconds()
    return age is not None and age < FRESH_SECONDS
