"""Whether what the playbook says was done: in time, as promised, with the WOW."""

from fondly.measure.insight.estimators import Share
from fondly.measure.insight.metric import Metric

_MOMENTS = """
SELECT m.journey, m.client, m.stage, m.channel, m.touchpoint, m.kind AS work, m.mode, m.role, m.wanted_at AS at,
       {yes} AS yes
FROM moments AS m WHERE {told}
"""
_COLUMNS = ("stage", "channel", "touchpoint", "work", "mode", "role")
_OVER = "m.state IN ('done', 'skipped', 'failed')"

METRICS = (
    Metric(
        name="done",
        meaning="Was it done: share of touchpoints that were, of those whose time came",
        unit="share",
        definition="Moments done, of all done, skipped or failed; Wilson's range.",
        excluded=("moments planned, due, on their way, in doubt, or no longer in the plan",),
        observations=_MOMENTS.format(yes="m.state = 'done'", told=_OVER),
        estimator=Share(),
        own=_COLUMNS,
    ),
    Metric(
        name="on_time",
        meaning="Was it done in time: share of touchpoints done within a day of their time",
        unit="share",
        definition="Moments done no later than 24 hours after the time the plan wanted, of all done; Wilson's range.",
        excluded=("moments not done",),
        observations=_MOMENTS.format(
            yes="m.ended_at <= m.wanted_at + INTERVAL 1 DAY", told="m.state = 'done' AND m.ended_at IS NOT NULL"
        ),
        estimator=Share(),
        own=_COLUMNS,
    ),
    Metric(
        name="wow",
        meaning="Who got the WOW: share of journeys for which a WOW that was due was done",
        unit="share",
        definition="Journeys with at least one WOW done, of those with one done, skipped or failed; Wilson's range.",
        excluded=("journeys whose WOW is still to come",),
        observations=f"""
SELECT m.journey, any_value(m.client) AS client, min(m.wanted_at) AS at, bool_or(m.state = 'done') AS yes,
       min(m.stage) AS stage, min(m.touchpoint) AS touchpoint
FROM moments AS m WHERE m.kind = 'wow' AND {_OVER} GROUP BY m.journey, m.touchpoint
""",
        estimator=Share(),
        own=("stage", "touchpoint"),
    ),
    Metric(
        name="automatic",
        meaning="What leaves by itself arrives: share of automatic touchpoints done, of those done or failed",
        unit="share",
        definition="Automatic moments done, of all done, failed or in doubt; Wilson's range.",
        excluded=("touchpoints by hand", "moments skipped"),
        observations=_MOMENTS.format(
            yes="m.state = 'done'", told="m.mode <> 'by_hand' AND m.state IN ('done', 'failed', 'uncertain')"
        ),
        estimator=Share(),
        own=_COLUMNS,
    ),
    Metric(
        name="promises_kept",
        meaning="Do we keep our promises: share kept, of kept and broken",
        unit="share",
        definition="Promises kept, of all kept or broken; Wilson's range. A promise changed in time is neither.",
        excluded=("open promises", "promises replaced by another the client knows of"),
        observations="""
SELECT p.client, p.journey, p.stage, p.touchpoint, coalesce(p.ended_at, p.due_at) AS at, p.state = 'kept' AS yes
FROM promises AS p WHERE p.state IN ('kept', 'broken')
""",
        estimator=Share(),
        own=("stage", "touchpoint"),
    ),
)
