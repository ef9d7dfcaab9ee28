"""Altair charts of answers: values with their ranges, curves with their bands."""

from typing import TYPE_CHECKING, Any

from fondly.doors.notebook import frames
from fondly.measure.insight.metric import Answer

if TYPE_CHECKING:
    from fondly.doors.notebook.curves import Curves

_WIDTH, _HEIGHT = 480, 320


def of_figures(answer: Answer) -> Any:
    """A point per group on its range; of a table without groups its first column names the rows."""
    alt = frames.library("altair")
    group = _group(answer)
    data = alt.Data(values=[{**row, "_group": group(row)} for row in answer.rows if row["value"] is not None])
    rows = alt.Y("_group:N", title=", ".join(answer.asked.by) or None, sort=None)
    base = alt.Chart(data, width=_WIDTH, title=answer.metric.meaning)
    told = [alt.Tooltip(f"{name}:Q") for name in ("value", "low", "high", "n")]
    points = base.mark_point(filled=True, size=60).encode(
        x=alt.X("value:Q", title=answer.metric.unit), y=rows, tooltip=told
    )
    return base.mark_rule().encode(x="low:Q", x2="high:Q", y=rows) + points


def of_curves(curves: "Curves") -> Any:
    alt = frames.library("altair")
    base = alt.Chart(alt.Data(values=curves.rows), width=_WIDTH, height=_HEIGHT)
    colour = alt.Color("group:N", title=curves.by or None)
    days = alt.X("time:Q", title="days")
    band = base.mark_area(opacity=0.2, interpolate="step-after").encode(x=days, y="low:Q", y2="high:Q", color=colour)
    share = alt.Y("share:Q", title="still there", scale=alt.Scale(domain=[0, 1]))
    return band + base.mark_line(interpolate="step-after").encode(x=days, y=share, color=colour)


def _group(answer: Answer) -> Any:
    names = answer.asked.by or tuple(answer.rows[0])[:1] if answer.rows else ()
    if not answer.asked.by and names == ("value",):
        return lambda row: answer.metric.name
    return lambda row: ", ".join("not told" if row[name] is None else str(row[name]) for name in names)
