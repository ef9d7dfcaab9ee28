"""Listening: surveys, targets, reviews."""

import re

from fondly.core.playbook.checks.rules import Verdict, Verdicts, rule
from fondly.core.playbook.checks.words import days
from fondly.core.playbook.model import Playbook
from fondly.core.words import say

_SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
_FULL = {
    "nps": say("whether they would recommend you (nps, 0-10)"),
    "csat": say("how content they are (csat, 1-5)"),
    "ces": say("how easy it was (ces, 1-7)"),
}


@rule("ME01", "warning", "listening", "D6a", say("Add the survey, and a touchpoint with `survey:` that asks it."), 10)
def the_three_questions(playbook: Playbook) -> Verdicts:
    """NPS, CSAT and CES are each asked somewhere."""
    asked = {t.survey for t in playbook.touchpoints() if t.survey}
    for kind, scale in _SCALES.items():
        names = {n for n, s in playbook.surveys.items() if kind in n.split("_") or (s.low, s.high) == scale}
        yield Verdict(
            bool(asked & names), "surveys", say("Nobody asks clients {question}.", question=_FULL[kind]), kind
        )


@rule("ME02", "warning", "listening", "A3.1", say("Add a short survey to the new stage."), 5)
def asked_in_the_first_100_days(playbook: Playbook) -> Verdicts:
    """Something is asked in the first 100 days."""
    left, asked = 100.0, False
    for stage in (s for s in playbook.stages.values() if s.phase in ("new", "ongoing")):
        for touchpoint in stage.touchpoints.values():
            wait = days(touchpoint.when.step) if touchpoint.when else 0.0
            asked = asked or (bool(touchpoint.survey) and wait <= left)
        left -= days(stage.length) or 100.0
        if left <= 0:
            break
    yield Verdict(asked, "stages", say("New clients are asked nothing in their first 100 days."))


@rule("ME03", "warning", "listening", "D3a", say("Add `rest: 30 days` under `surveys`."), 1)
def surveys_rest(playbook: Playbook) -> Verdicts:
    """Surveys rest."""
    if playbook.surveys:
        yield Verdict(playbook.survey_rest is not None, "surveys.rest", say("A client may be asked again and again."))


@rule(
    "ME04",
    "error",
    "listening",
    "C step 6, D6b",
    say(
        "Add under `recovery`: unhappy: {when: nps <= 6 or csat <= 2, "
        "owner: …, within: 1 business day, steps: [call, listen, mend]}."
    ),
    10,
)
def low_scores_are_answered(playbook: Playbook) -> Verdicts:
    """A low score starts a play."""
    names = "|".join(map(re.escape, playbook.surveys)) or "nps|csat|ces"
    low = re.compile(rf"\b(?:{names})\s*<=?\s*\d")
    answered = any(low.search(recovery.when) for recovery in playbook.recovery.values())
    yield Verdict(answered, "recovery", say("Nothing happens after a low score."))


@rule("ME05", "warning", "listening", "D6", say("Add it under `targets`: first_reply, keep_first_100_days, nps."), 5)
def targets_are_set(playbook: Playbook) -> Verdicts:
    """Targets are set for the first answer, for keeping clients and for the score."""
    wanted = {say("the first answer (first_reply)"): ("first_reply", "first_answer"),
              say("keeping clients (keep_first_100_days)"): ("keep", "retention", "renew"),
              say("the score (nps, csat or ces)"): ("nps", "csat", "ces")}  # fmt: skip
    for what, starts in wanted.items():
        found = any(name.startswith(starts) for name in playbook.targets)
        yield Verdict(found, "targets", say("There is no target for {what}.", what=what), starts[0])


@rule("ME06", "hint", "listening", "D3a", say("List them: reviews: [google]."), 1)
def review_places_are_listed(playbook: Playbook) -> Verdicts:
    """The places where clients leave reviews are listed."""
    yield Verdict(bool(playbook.reviews), "reviews", say("Nothing says where clients leave reviews."))
