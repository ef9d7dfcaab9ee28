"""What clients bring."""

from fondly.measure.insight.estimators import Mean
from fondly.measure.insight.metric import Metric

PAYMENTS = """
SELECT i.client, i.journey, i.at, i.stage, i.channel, i.name AS event, i.amount_minor / 100.0 AS figure,
       coalesce(c.currency, 'not told') AS currency
FROM interactions AS i LEFT JOIN clients AS c ON c.id = i.client WHERE i.amount_minor IS NOT NULL
"""
_COLUMNS = ("stage", "channel", "event", "currency")

METRICS = (
    Metric(
        name="revenue",
        meaning="What a paying client brings in the time asked for",
        unit="money; ask by currency where there are several",
        definition="Amounts on the timeline added up per client, averaged over clients who paid; range by Student's t.",
        excluded=("clients who paid nothing",),
        observations=PAYMENTS,
        estimator=Mean(),
        own=_COLUMNS,
        per_client=True,
    ),
    Metric(
        name="payment",
        meaning="What one payment brings",
        unit="money; ask by currency where there are several",
        definition="The mean of amounts on the timeline; range by Student's t.",
        excluded=(),
        observations=PAYMENTS,
        estimator=Mean(),
        own=_COLUMNS,
    ),
)
