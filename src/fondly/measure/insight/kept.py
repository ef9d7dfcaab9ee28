"""The score in practice, counted now when that is quick, else kept for some minutes."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache

from fondly.ground import clock
from fondly.measure.insight.metric import Row

PERIOD = "365d"
_QUICK_SECONDS = 1.0
_KEPT_SECONDS = 15 * 60


@dataclass(frozen=True, slots=True)
class Kept:
    """rows as they stood at `at`."""

    rows: list[Row]
    at: datetime
    old: bool


def in_practice(playbook_id: int, name: str) -> Kept:
    """The rows of the metric `in_practice` of the last year of one playbook."""
    known: dict[str, Any] | None = cache.get(_key(playbook_id))
    if known is not None:
        return Kept(known["rows"], datetime.fromisoformat(known["at"]), True)
    began, now = time.monotonic(), clock.now()
    rows = _counted(name, now)
    if time.monotonic() - began > _QUICK_SECONDS:
        cache.set(_key(playbook_id), {"rows": rows, "at": now.isoformat()}, _KEPT_SECONDS)
    return Kept(rows, now, False)


def _key(playbook_id: int) -> str:
    return f"in-practice:{playbook_id}"


def _counted(playbook: str, now: datetime) -> list[Row]:
    """Read where it is needed: the metrics bring numpy and DuckDB, which other pages do without."""
    from fondly.measure.insight import registry
    from fondly.measure.insight.source import LakeSource
    from fondly.measure.lake import inside

    with inside.lake() as lake:
        answer = registry.ask(LakeSource(lake, now), "in_practice", last=PERIOD, where={"playbook": playbook})
    return list(answer.rows)
