"""A metric's answer: DuckDB adds up per group, the estimator makes figures of the sums."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fondly.core.metrics.estimates import Estimate
from fondly.core.metrics.frames import columns_of
from fondly.measure.insight import dimensions
from fondly.measure.insight.asking import Asked
from fondly.measure.insight.metric import Answer, Metric, Row, Source, figures

TOO_FEW = 10


def answer(metric: Metric, asked: Asked, source: Source) -> Answer:
    """One row per group in the groups' order; without groups exactly one. Raises CannotAnswer."""
    told = grouped(metric, asked, source)
    estimator, sums = metric.estimator, [sums for _, sums in told]
    drawn = estimator.pooled(sums, asked.level) if asked.by else [None] * len(sums)
    rows = tuple(
        {**group, **_noted(figures(estimator.estimate(one, asked.level))), **_drawn(towards_all)}
        for (group, one), towards_all in zip(told, drawn, strict=True)
    )
    return Answer(metric, asked, rows, expression(metric, asked))


def grouped(metric: Metric, asked: Asked, source: Source) -> list[tuple[Row, Row]]:
    """Each group (dimension -> value) with its sums, in the groups' order."""
    sql = expression(metric, asked)
    told = columns_of(source.query(sql, parameters(sql, asked, source.now)))
    count = len(told[next(iter(metric.estimator.sums))])
    return [
        (
            {name: _plain(told[name][row]) for name in asked.by},
            {name: told[name][row] for name in metric.estimator.sums},
        )
        for row in range(count)
    ]


def expression(metric: Metric, asked: Asked) -> str:
    """The SQL behind an answer, with $now, $since, $until and $where_0 ... as parameters."""
    names = [*asked.by, *asked.where]
    by = dimensions.expressions(names, metric.own)
    picked = "".join(f",\n       {by[name]} AS {name}" for name in dict.fromkeys(names) if name not in metric.own)
    groups = ", ".join(asked.by)
    sums = ", ".join(f"{sql} AS {name}" for name, sql in metric.estimator.sums.items())
    kept = [f"SELECT told.*{picked}", "FROM told", dimensions.joins(names, metric.own), _conditions(asked, by)]
    parts = [
        f"WITH told AS ({metric.observations.strip()}),",
        f"kept AS ({_lines(kept)}){_counting(metric, asked)}",
        f"SELECT {', '.join(filter(None, [groups, sums]))} FROM {'counting' if _counting(metric, asked) else 'kept'}",
        f"GROUP BY {groups} ORDER BY {groups}" if groups else "",
    ]
    return _lines(parts)


def _lines(parts: Sequence[str]) -> str:
    return "\n".join(part for part in parts if part)


def _conditions(asked: Asked, by: Mapping[str, str]) -> str:
    bounds = ["told.at >= $since"] if asked.since else []
    bounds += ["told.at < $until"] if asked.until else []
    bounds += [f"CAST({by[name]} AS VARCHAR) = $where_{place}" for place, name in enumerate(asked.where)]
    return f"WHERE {' AND '.join(bounds)}" if bounds else ""


def _counting(metric: Metric, asked: Asked) -> str:
    """Observations of one client made one, where the metric wants that."""
    groups = ", ".join([*asked.by, "client"])
    if metric.last_of_client:
        newest = f"QUALIFY row_number() OVER (PARTITION BY {groups} ORDER BY kept.at DESC, id DESC) = 1"
        return f",\ncounting AS (SELECT * FROM kept {newest})"
    if metric.per_client:
        return f",\ncounting AS (SELECT {groups}, sum(figure) AS figure FROM kept GROUP BY {groups})"
    return ""


def parameters(sql: str, asked: Asked, now: datetime) -> dict[str, Any]:
    """Only those the statement names, since DuckDB refuses others; instants as the tables hold them, in UTC."""
    given: dict[str, Any] = {"now": now, "since": asked.since, "until": asked.until}
    told = {name: at.astimezone(UTC).replace(tzinfo=None) for name, at in given.items() if at is not None}
    told |= {f"where_{place}": value for place, value in enumerate(asked.where.values())}
    return {name: value for name, value in told.items() if f"${name}" in sql}


def _drawn(towards_all: Estimate | None) -> dict[str, Any]:
    return {"pooled": towards_all.value} if towards_all else {}


def _noted(row: dict[str, Any]) -> dict[str, Any]:
    if 0 < row["n"] < TOO_FEW and not row["note"]:
        row["note"] = f"too few to say: fewer than {TOO_FEW}"
    return row


def _plain(value: Any) -> Any:
    """numpy's numbers and gaps as Python's."""
    if value is None or value != value:
        return None
    return value.item() if hasattr(value, "item") else value
