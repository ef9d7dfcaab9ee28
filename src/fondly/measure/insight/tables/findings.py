"""What stands out: when, at which step, for whom, how much and how surely."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from fondly.core.metrics.columns import microseconds
from fondly.core.metrics.findings import Finding, findings
from fondly.core.metrics.frames import SECOND
from fondly.measure.insight.asking import Asked, CannotAnswer
from fondly.measure.insight.metric import Row, Source, Table, figures
from fondly.measure.insight.source import STEP_KINDS
from fondly.measure.insight.tables.clients import selected

_KINDS = ", ".join(f"'{kind}'" for kind in STEP_KINDS)
_LOGS = {
    "journeys": f"""
SELECT i.client, i.at, i.name AS what, i.id AS position, coalesce(i.stage, '') AS stage,
       coalesce(c.persona, '') AS persona, coalesce(c.source, '') AS source, coalesce(i.channel, '') AS channel
FROM interactions AS i LEFT JOIN clients AS c ON c.id = i.client
WHERE i.kind IN ({_KINDS}) AND i.name IS NOT NULL
""",
    "events": """
SELECT e.client, e.at, coalesce(e.name, e.kind) AS what, e.id AS position, e.kind FROM events AS e
WHERE e.client IS NOT NULL
""",
}


def _findings(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    log = given.get("of", "journeys")
    if log not in _LOGS:
        raise CannotAnswer(f"{log!r} is no log; there are: {', '.join(_LOGS)}.")
    rows = selected(source, _LOGS[log], asked, "at")
    return [_row(one) for one in findings({**rows, "at": microseconds(rows["at"])}, alpha=1 - asked.level)]


def _row(one: Finding) -> Row:
    return {
        "finding": one.sentence,
        "kind": one.kind,
        "step": " > ".join(one.step),
        "segment": "" if one.segment is None else "=".join(one.segment),
        "begins_at": _instant(one.begins_at),
        "ends_at": _instant(one.ends_at),
        "usual": one.usual.value,
        "found": one.found.value,
        "clients": one.clients.value if one.clients else None,
        **figures(one.change),
        "certainty": one.certainty,
    }


def _instant(microseconds: int | None) -> str | None:
    return None if microseconds is None else datetime.fromtimestamp(microseconds / SECOND, UTC).isoformat()


TABLES = (
    Table(
        "findings",
        "What stands out: when, at which step, for whom, how much and how surely",
        "change of the share that takes the step; seconds' ratio for slower and quicker",
        "A scan over windows, steps and segments for what departs from the usual; silent on 95 of 100 usual logs.",
        ("incidents of fewer than some ten clients", "what begins with the log"),
        _findings,
        {"of": "journeys (steps of journeys) or events (behaviour events)"},
    ),
)
