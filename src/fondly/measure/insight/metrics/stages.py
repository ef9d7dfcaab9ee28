"""How journeys go through their stages: how long, how many are lost, who comes back."""

from fondly.measure.insight.estimators import Rate, Share, TimeUntil
from fondly.measure.insight.metric import Metric

_DAYS = "greatest(0, epoch(coalesce(s.left_at, {end}) - s.entered_at)) / 86400.0"
_STAYS = f"""
SELECT s.journey, s.client, s.stage, s.entered_at AS at, {_DAYS.format(end="CAST($now AS TIMESTAMP)")} AS figure,
       {{yes}} AS yes
FROM stays AS s {{joined}} WHERE s.entered_at <= CAST($now AS TIMESTAMP)
"""
# An exit ends the journey's last stay, whatever stage that is.
_EXITED = "(j.state = 'exited' AND s.ordinal = max(s.ordinal) OVER (PARTITION BY s.journey))"
_PER_STAGE = """
SELECT s.journey, any_value(s.client) AS client, s.stage, min(s.entered_at) AS at, {yes} AS yes
FROM stays AS s JOIN journeys AS j ON j.id = s.journey GROUP BY s.journey, s.stage
"""

METRICS = (
    Metric(
        name="dwell",
        meaning="How long clients stay in a stage: half stay no longer",
        unit="days",
        definition="The median of stays by Kaplan-Meier: who is still there counts as at least that long.",
        excluded=("stays that begin in the future",),
        observations=_STAYS.format(yes="s.left_at IS NOT NULL", joined=""),
        estimator=TimeUntil(0.5),
        own=("stage",),
    ),
    Metric(
        name="dwell_p90",
        meaning="How long slow clients stay in a stage: nine in ten stay no longer",
        unit="days",
        definition="The 90 % quantile of stays by Kaplan-Meier.",
        excluded=("stays that begin in the future",),
        observations=_STAYS.format(yes="s.left_at IS NOT NULL", joined=""),
        estimator=TimeUntil(0.9),
        own=("stage",),
    ),
    Metric(
        name="dropout",
        meaning="How many are lost from a stage: share of its journeys that ended in an exit there",
        unit="share",
        definition="Journeys that exited from the stage, of all that were in it; Wilson's range. Who is still in the "
        "stage counts as not lost.",
        excluded=(),
        observations=_PER_STAGE.format(yes="any_value(j.state = 'exited' AND j.exit_stage = s.stage)"),
        estimator=Share(),
        own=("stage",),
    ),
    Metric(
        name="returns",
        meaning="How many come back to a stage they had left",
        unit="share",
        definition="Journeys with two stays or more in the stage, of all that were in it; Wilson's range.",
        excluded=(),
        observations=_PER_STAGE.format(yes="count(*) > 1"),
        estimator=Share(),
        own=("stage",),
    ),
    Metric(
        name="exit_rate",
        meaning="How fast clients leave from a stage: exits per day spent in it",
        unit="per day",
        definition="Exits over days of all stays, as if every day in the stage were alike; range on the log scale.",
        excluded=("stays that begin in the future",),
        observations=_STAYS.format(yes=_EXITED, joined="JOIN journeys AS j ON j.id = s.journey"),
        estimator=Rate(),
        own=("stage",),
    ),
)
