"""Who came and what they are worth, what goes with loyalty and leaving, what a hand-off costs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fondly.core.metrics import drivers, handoffs, targets
from fondly.core.metrics.estimates import Estimate
from fondly.core.metrics.frames import columns_of
from fondly.core.metrics.lifetimes import worth
from fondly.core.metrics.lifetimes.purchases import from_transactions
from fondly.measure.insight.answering import parameters
from fondly.measure.insight.asking import Asked, CannotAnswer, length
from fondly.measure.insight.metric import Row, Source, Table, figures
from fondly.measure.insight.metrics.money import PAYMENTS

Columns = dict[str, np.ndarray[Any, Any]]


def selected(source: Source, sql: str, asked: Asked, at: str = "") -> Columns:
    """Observations as columns; `at` is what since and until bound. Their other words have no meaning here."""
    if asked.by or asked.where:
        raise CannotAnswer("This is asked of all clients: without by and where.")
    bounds = [f"told.{at} >= $since"] * bool(asked.since) + [f"told.{at} < $until"] * bool(asked.until)
    if bounds and not at:
        raise CannotAnswer("This is asked of all time: without last, since and until.")
    whole = f"SELECT * FROM ({sql}) AS told" + (f" WHERE {' AND '.join(bounds)}" if bounds else "")
    return columns_of(source.query(whole, parameters(whole, asked, source.now)))


_PAID = f"SELECT client, epoch(paid.at) / 604800.0 AS week, figure, currency FROM ({PAYMENTS}) AS paid"


def _worth(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    ahead = length(given.get("ahead", "1y")).days / 7
    paid = selected(source, _PAID, asked)
    rows: list[Row] = []
    for currency in np.unique(paid["currency"]).tolist():
        ours = {name: column[paid["currency"] == currency] for name, column in paid.items()}
        rows.append({"currency": currency, **figures(_worth_of(ours, ahead, source.now.timestamp() / 604800, asked))})
    return rows


def _worth_of(paid: Columns, ahead: float, now: float, asked: Asked) -> Estimate:
    _clients, bought = from_transactions(paid["client"], paid["week"], paid["figure"], until=now)
    try:
        return worth.of_clients(bought, ahead, level=asked.level).total
    except ValueError as error:
        return Estimate(None, None, None, len(bought), asked.level, str(error))


_PROFILES = """
SELECT j.client, coalesce(c.persona, 'not told') AS persona,
       coalesce(c.source, 'not told') AS source, j.started_at AS at,
       (j.state = 'exited')::INTEGER AS left,
       (SELECT avg(i.feeling) FROM interactions AS i WHERE i.journey = j.id) AS feeling,
       (SELECT count(*) FROM interactions AS i WHERE i.journey = j.id AND i.is_contact) AS contacts,
       (SELECT count(*) FROM moments AS m WHERE m.journey = j.id AND m.kind = 'wow' AND m.state = 'done') AS wows
FROM journeys AS j LEFT JOIN clients AS c ON c.id = j.client
"""


def _leaving(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    told = selected(source, _PROFILES, asked, "at")
    kept = {name: told[name] for name in ("persona", "source", "contacts", "wows")}
    return _driving(lambda: drivers.of_leaving(kept, told["left"], asked.level))


def _loyalty(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    told = selected(source, _PROFILES, asked, "at")
    kept = {name: told[name] for name in ("persona", "source", "contacts", "wows")}
    return _driving(lambda: drivers.of_loyalty(kept, told["feeling"].astype(np.float64), asked.level))


def _driving(found: Any) -> Sequence[Row]:
    return [
        {
            "driver": one.name,
            "level": one.level,
            "against": one.against,
            **figures(one.effect),
            "could_be_chance": one.could_be_chance,
            "importance": one.importance,
        }
        for one in found().drivers
    ]


_CONTACTS = """
SELECT i.client, i.at, s.department, i.feeling
FROM interactions AS i JOIN journeys AS j ON j.id = i.journey
JOIN stages AS s ON s.version = j.version AND s.stage = i.stage
WHERE i.kind IN ('done', 'sent', 'replied', 'call', 'meeting', 'received', 'answered') AND s.department IS NOT NULL
"""
_GONE = (
    "SELECT client, max(ended_at) AS at FROM journeys WHERE state = 'exited' AND ended_at IS NOT NULL GROUP BY client"
)


def _handoffs(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    contacts, gone = selected(source, _CONTACTS, asked, "at"), selected(source, _GONE, Asked())
    contacts["feeling"] = contacts["feeling"].astype(np.float64)
    return [
        {
            "giving": one.giving,
            "taking": one.taking,
            "clients": one.clients,
            "wait_days": _days(one.wait_s.value),
            "slowest_days": _days(one.slowest_s),
            "before": one.before.value,
            "after": one.after.value,
            "lost": one.lost.value,
            "more_lost": one.more_lost.value,
            **figures(one.change),
            "could_be_chance": one.could_be_chance,
        }
        for one in handoffs.handoffs(contacts, gone, level=asked.level)
    ]


def _days(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 86_400


_AIMED = """
SELECT t.persona, sum(t.share) FROM targets AS t JOIN playbooks AS p ON p.id = t.version AND p.state = 'live'
GROUP BY t.persona
"""
_CAME = """
SELECT c.id, coalesce(c.persona, 'none') AS persona, min(j.started_at) AS at
FROM journeys AS j JOIN clients AS c ON c.id = j.client GROUP BY c.id, c.persona
"""


def _targets(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    aimed = dict(source.query(_AIMED, {}).fetchall())
    if not aimed:
        raise CannotAnswer("No live playbook says whom it aims at; write `target:` with shares of personas.")
    personas, counts = np.unique(selected(source, _CAME, asked, "at")["persona"], return_counts=True)
    came = dict(zip(personas.tolist(), counts.tolist(), strict=True))
    found = targets.compare(aimed, came, asked.level)
    return [
        {"persona": one.group, "aimed": one.aimed, **figures(one.came), "suggestion": str(one.suggestion)}
        for one in found.targets
    ]


TABLES = (
    Table(
        "worth",
        "What all clients will bring, discounted by nothing",
        "money, per currency",
        "BG/NBD and Gamma-Gamma fitted to amounts on the timeline, weeks; the sum over clients of the time ahead.",
        ("amounts in the future",),
        _worth,
        {"ahead": "how far to look (1y)"},
    ),
    Table(
        "leaving_drivers",
        "What goes with leaving, all else known held equal",
        "difference in the share that leaves",
        "Logistic regression on persona, source, contacts and WOWs; Holm for chance; Shapley importance.",
        (),
        _leaving,
    ),
    Table(
        "feeling_drivers",
        "What goes with how clients feel, all else known held equal",
        "points of feeling",
        "Linear regression on persona, source, contacts and WOWs; Holm for chance; Shapley importance.",
        ("journeys without a feeling",),
        _loyalty,
    ),
    Table(
        "handoffs",
        "What happens when one department hands a client to the next",
        "change of feeling; waits in days",
        "Contacts by the department of their stage: wait, feeling before and after, share lost within 90 days.",
        ("stages without a department",),
        _handoffs,
    ),
    Table(
        "targets",
        "Whom we aim at and who came",
        "share of clients",
        "Personas' shares in the live playbooks' target beside those of clients who started; Wilson's range.",
        (),
        _targets,
    ),
)
