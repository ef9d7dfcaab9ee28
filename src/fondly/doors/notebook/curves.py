"""Survival curves in a notebook."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fondly.core.metrics.survival import Survival
from fondly.doors.notebook import frames
from fondly.measure.insight import answering, asking, registry
from fondly.measure.insight.estimators import survival
from fondly.measure.insight.metric import Metric, Row

if TYPE_CHECKING:
    from fondly.doors.notebook.sources import NotebookSource


@dataclass(frozen=True)
class Curves:
    """One curve per group, "" for all."""

    of: str
    by: str
    curves: dict[str, Survival]

    @property
    def rows(self) -> list[Row]:
        """group, time in days, share, low, high, at_risk: the steps of all curves."""
        return [
            {"group": group, "time": time, "share": share, "low": low, "high": high, "at_risk": at_risk}
            for group, curve in self.curves.items()
            for time, share, low, high, at_risk in zip(
                curve.times.tolist(),
                curve.share.tolist(),
                curve.low.tolist(),
                curve.high.tolist(),
                curve.at_risk.tolist(),
                strict=True,
            )
        ]

    def df(self) -> Any:
        return frames.pandas_of(self.rows)

    def plot(self) -> Any:
        """Steps with their bands as an Altair chart. Needs `pip install "fondly[notebook]"`."""
        from fondly.doors.notebook import pictures

        return pictures.of_curves(self)


def curves(source: "NotebookSource", of: str, by: str | None, **given: Any) -> Curves:
    """of: "stay" (until an exit) or "stage" (until a stage is left). Raises CannotAnswer."""
    metrics = {"stay": registry.metrics()["tenure"], "stage": registry.metrics()["dwell"]}
    metric = metrics.get(of)
    if not isinstance(metric, Metric):
        raise asking.CannotAnswer(f"{of!r} has no curve; there are: {', '.join(metrics)}.")
    asked = asking.asked(source.now, by=by, **given)
    told = answering.grouped(metric, asked, source)
    drawn = {
        ", ".join("not told" if group[name] is None else str(group[name]) for name in asked.by): survival(
            sums, asked.level
        )
        for group, sums in told
    }
    return Curves(of, by or "", drawn)
