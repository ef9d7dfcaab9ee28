"""Who stays: how long journeys last and how many survive their first days."""

from fondly.measure.insight.estimators import StillAt, TimeUntil
from fondly.measure.insight.metric import Metric

# A journey that completed is no longer watched: it was not lost.
JOURNEYS = """
SELECT j.id AS journey, j.client, j.started_at AS at,
       greatest(0, epoch(coalesce(j.ended_at, CAST($now AS TIMESTAMP)) - j.started_at)) / 86400.0 AS figure,
       j.state = 'exited' AS yes
FROM journeys AS j WHERE j.started_at <= CAST($now AS TIMESTAMP)
"""

METRICS = (
    Metric(
        name="first_100_days",
        meaning="Who is still with us 100 days after the start",
        unit="share",
        definition="Kaplan-Meier's share of journeys without an exit at day 100; a completed one counts until its end.",
        excluded=("journeys that begin in the future",),
        observations=JOURNEYS,
        estimator=StillAt(100.0),
    ),
    Metric(
        name="tenure",
        meaning="How long clients stay before they leave: half leave sooner",
        unit="days",
        definition="The median time to an exit by Kaplan-Meier; not known while fewer than half have left.",
        excluded=("journeys that begin in the future",),
        observations=JOURNEYS,
        estimator=TimeUntil(0.5),
    ),
)
