"""What a new version changed, what automation saves, what leaving costs."""

from collections.abc import Mapping, Sequence

import numpy as np

from fondly.core.metrics import costs, versions
from fondly.core.metrics.columns import microseconds
from fondly.core.metrics.estimates import unknown
from fondly.measure.insight.asking import Asked, CannotAnswer
from fondly.measure.insight.metric import Row, Source, Table, figures
from fondly.measure.insight.tables.clients import selected

_OUTCOMES = {
    "feeling": "(SELECT avg(i.feeling) FROM interactions AS i WHERE i.journey = j.id)",
    "stayed": "CASE WHEN j.state = 'exited' THEN 0 ELSE 1 END",
    "solved": "(SELECT avg(CASE WHEN i.solved = 'yes' THEN 1 ELSE 0 END) FROM interactions AS i "
    "WHERE i.journey = j.id AND i.solved IS NOT NULL)",
}
_JOURNEYS = "SELECT j.started_at AS at, {outcome} AS outcome FROM journeys AS j WHERE j.playbook = {playbook}"
_NEWEST = """
SELECT playbook, name, number, published_at FROM playbooks
WHERE state = 'live' AND number > 1 ORDER BY published_at DESC
"""


def _version_effect(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    outcome = given.get("outcome", "feeling")
    if outcome not in _OUTCOMES:
        raise CannotAnswer(f"{outcome!r} is no outcome; there are: {', '.join(_OUTCOMES)}.")
    rows: list[Row] = []
    for playbook, name, number, published_at in source.query(_NEWEST, {}).fetchall():
        sql = _JOURNEYS.format(outcome=_OUTCOMES[outcome], playbook=int(playbook))
        started = selected(source, sql, asked, "at")
        changed_at = int(microseconds(np.array([published_at], dtype="datetime64[us]"))[0])
        effect = versions.effect(started["at"], started["outcome"].astype(np.float64), changed_at, level=asked.level)
        for what in ("step", "plain", "drift"):
            told = figures(getattr(effect, what))
            rows.append({"playbook": name, "version": number, "what": what, **told, "verdict": str(effect.verdict)})
    return rows


def _time_saved(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    done = selected(
        source,
        "SELECT m.touchpoint, m.minutes, m.ended_at AS at FROM moments AS m WHERE m.state = 'done' AND m.mode = 'auto'",
        asked,
        "at",
    )
    names, places, counts = np.unique(done["touchpoint"], return_index=True, return_counts=True)
    by_hand = {name: [float(done["minutes"][place])] for name, place in zip(names.tolist(), places, strict=True)}
    told = {name: minutes for name, minutes in by_hand.items() if minutes[0] > 0}
    saved = costs.time_saved(dict(zip(names.tolist(), counts.tolist(), strict=True)), told, asked.level)
    untold = {
        name: unknown(k, "nobody wrote down its minutes")
        for name, k in zip(names.tolist(), counts.tolist(), strict=True)
    }
    each = [{"touchpoint": name, **figures(saved.by_kind.get(name, untold[name]))} for name in names.tolist()]
    return [{"touchpoint": "all", **figures(saved.minutes)}, *each]


_LEFT = """
SELECT c.value_minor / 100.0 AS worth, coalesce(c.currency, 'not told') AS currency, j.ended_at AS at
FROM journeys AS j JOIN clients AS c ON c.id = j.client WHERE j.state = 'exited' AND c.value_minor > 0
"""


def _cost_of_leaving(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    left = selected(source, _LEFT, asked, "at")
    rows: list[Row] = []
    for currency in np.unique(left["currency"]).tolist():
        cost = costs.cost_of_leaving(left["worth"][left["currency"] == currency], level=asked.level)
        rows.append({"currency": currency, "total": cost.total_minor, **figures(cost.per_client)})
    return rows


TABLES = (
    Table(
        "version_effect",
        "Did the newest version help, or would it have gone that way anyway",
        "unit of the outcome, per week for the drift",
        "Journeys by the week they started: a line with one step at publishing; the step is the version's effect.",
        ("playbooks with one version only",),
        _version_effect,
        {"outcome": ", ".join(_OUTCOMES) + " (feeling)"},
    ),
    Table(
        "time_saved",
        "Minutes people did not spend because Fondly did it",
        "minutes",
        "Automatic touchpoints done, times the minutes the playbook says they take by hand.",
        ("touchpoints whose minutes nobody wrote down: they are listed without a value",),
        _time_saved,
    ),
    Table(
        "cost_of_leaving",
        "What a client who leaves was worth",
        "money, per currency",
        "The mean value of clients who exited; BCa bootstrap. total is the sum.",
        ("clients without a value",),
        _cost_of_leaving,
    ),
)
