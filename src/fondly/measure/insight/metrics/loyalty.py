"""What clients say: the surveys' scores, how they feel, whether it was solved."""

from fondly.core.metrics.loyalty import CES, CSAT, NPS, Question
from fondly.measure.insight.estimators import Mean, Score, Share
from fondly.measure.insight.metric import Metric

_ONE_EACH = "all but each client's newest answer in a group: one answering ten times is one"
_OFF_SCALE = "answers that are no whole number of the scale"
_ANSWERS = """
SELECT i.id, i.client, i.journey, i.at, i.stage, i.channel, i.name AS survey, i.value AS figure
FROM interactions AS i
WHERE i.kind = 'answered' AND i.value BETWEEN {low} AND {high} AND i.value = floor(i.value)
  AND i.name IN (SELECT survey FROM surveys GROUP BY survey HAVING min(low) = {low} AND max(high) = {high})
"""


def _survey(question: Question, meaning: str, unit: str, definition: str) -> Metric:
    return Metric(
        name=question.name.lower(),
        meaning=meaning,
        unit=unit,
        definition=f"{definition} Of surveys with the scale {question.lowest}-{question.highest}.",
        excluded=(_ONE_EACH, _OFF_SCALE),
        observations=_ANSWERS.format(low=question.lowest, high=question.highest),
        estimator=Score(question),
        own=("stage", "channel", "survey"),
        last_of_client=True,
    )


_OF_FACTS = """
SELECT i.id, i.client, i.journey, i.at, i.stage, i.channel, i.kind AS fact, i.judged_by,
       CASE WHEN i.kind IN ('done', 'sent', 'replied') THEN i.name END AS touchpoint,
       {figure}
FROM interactions AS i WHERE {told}
"""
_FACT_COLUMNS = ("stage", "channel", "fact", "touchpoint", "judged_by")

METRICS = (
    _survey(
        NPS,
        "Would clients recommend us: share of 9 and 10 minus share of 0 to 6",
        "points, -100 to 100",
        "Net promoter score: 100 for an answer of 9 or 10, -100 for 0 to 6, 0 between, averaged; adjusted Wald range.",
    ),
    _survey(
        CSAT,
        "Are clients satisfied: share of answers 4 and 5",
        "share",
        "Customer satisfaction: the share of 4 and 5; exact range (Clopper-Pearson).",
    ),
    _survey(
        CES,
        "Was it easy: mean answer, 1 hard to 7 easy",
        "1 to 7",
        "Customer effort score: the mean; range by bootstrap, over 2,000 answers by Student's t.",
    ),
    Metric(
        name="feeling",
        meaning="How clients feel: mean of all feelings told, -2 to +2",
        unit="-2 to +2",
        definition="The mean of feelings on the timeline, told by clients, people or a guess (ask by judged_by to part "
        "them); range by Student's t.",
        excluded=("facts without a feeling",),
        observations=_OF_FACTS.format(figure="i.feeling AS figure", told="i.feeling IS NOT NULL"),
        estimator=Mean(-2.0, 2.0),
        own=_FACT_COLUMNS,
    ),
    Metric(
        name="heard",
        meaning="Do we know how they are: share of journeys with a feeling told in the last 90 days",
        unit="share",
        definition="Living journeys older than 30 days with a feeling within 90 days before now; Wilson's range.",
        excluded=("journeys that ended", "journeys younger than 30 days", "feelings that are a guess"),
        observations="""
SELECT j.client, j.id AS journey, j.started_at AS at, j.stage,
       EXISTS (SELECT 1 FROM interactions AS i WHERE i.journey = j.id AND i.feeling IS NOT NULL
               AND i.judged_by IS DISTINCT FROM 'guess' AND i.at >= CAST($now AS TIMESTAMP) - INTERVAL 90 DAY) AS yes
FROM journeys AS j
WHERE j.state IN ('active', 'paused') AND j.started_at < CAST($now AS TIMESTAMP) - INTERVAL 30 DAY
""",
        estimator=Share(),
        own=("stage",),
    ),
    Metric(
        name="solved",
        meaning="Was it solved: share of yes among yes, partly and no",
        unit="share",
        definition="The share of interactions judged solved; Wilson's range. Partly counts as not solved.",
        excluded=("interactions nobody judged",),
        observations=_OF_FACTS.format(figure="i.solved = 'yes' AS yes", told="i.solved IS NOT NULL"),
        estimator=Share(),
        own=_FACT_COLUMNS,
    ),
)
