"""The score in practice: of what the check wants on paper, how much clients really got."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fondly.core.metrics.estimates import Estimate, unknown
from fondly.measure.insight import answering
from fondly.measure.insight.asking import Asked, CannotAnswer
from fondly.measure.insight.metric import Metric, Row, Source, Table, figures
from fondly.measure.insight.metrics import loyalty, staying, work

_METRICS = {metric.name: metric for metric in (*loyalty.METRICS, *staying.METRICS, *work.METRICS)}
# Areas of the check, and the shares by which they are lived. A foundation is read, not lived.
AREAS: Mapping[str, tuple[str, ...]] = {
    "start": ("first_100_days",),
    "stages": ("solved",),
    "touchpoints": ("done", "on_time"),
    "wow": ("wow",),
    "systems": ("automatic",),
    "promises": ("promises_kept",),
    "listening": ("heard",),
    "team": ("on_time_by_hand",),
}
_BY_HAND = replace(
    _METRICS["on_time"],
    name="on_time_by_hand",
    observations=f"SELECT * FROM ({_METRICS['on_time'].observations}) AS m WHERE m.mode = 'by_hand'",
)


def _in_practice(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    if asked.by:
        raise CannotAnswer("The score is asked for all, or where={'playbook': ...}; without by.")
    areas = {area: _mean([_share(name, asked, source) for name in names]) for area, names in AREAS.items()}
    rows: list[Row] = [
        {"area": area, "measures": ", ".join(AREAS[area]), **figures(_points(found))} for area, found in areas.items()
    ]
    known = [found for found in areas.values() if found.value is not None and found.n >= answering.TOO_FEW]
    return [{"area": "overall", "measures": "the areas known", **figures(_points(_mean(known)))}, *rows]


def _share(name: str, asked: Asked, source: Source) -> Estimate:
    metric: Metric = _BY_HAND if name == "on_time_by_hand" else _METRICS[name]
    ((_, sums),) = answering.grouped(metric, asked, source)
    return metric.estimator.estimate(sums, asked.level)


def _mean(shares: Sequence[Estimate]) -> Estimate:
    """The mean of independent shares: their errors add as squares, each side by itself. n: of the least known."""
    known = [one for one in shares if one.value is not None]
    if not known:
        return unknown(0, "nothing to count yet")
    value = sum(one.value or 0.0 for one in known) / len(known)
    below, above = (
        math.hypot(*((one.value or 0.0) - (bound if bound is not None else 0.5) for one, bound in sides)) / len(known)
        for sides in ([(one, one.low) for one in known], [(one, one.high) for one in known])
    )
    return Estimate(
        value, max(0.0, value - below), min(1.0, value + above), min(one.n for one in known), known[0].level
    )


def _points(share: Estimate) -> Estimate:
    value, low, high = (None if part is None else 100 * part for part in (share.value, share.low, share.high))
    return replace(share, value=value, low=low, high=high)


TABLES = (
    Table(
        "in_practice",
        "The score in practice beside the one on paper: how much of the playbook clients really got",
        "points, 0 to 100",
        "Per area of the check the mean of shares that show it lived; overall the mean of the areas with 10 or more.",
        ("the area foundation: it is read, not lived",),
        _in_practice,
    ),
)
