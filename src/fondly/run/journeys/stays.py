"""Writing down the stays a plan found, and on the timeline each entering and leaving once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from fondly.core.planner import model
from fondly.ground import bulk
from fondly.people.clients import timeline
from fondly.people.clients.models import Interaction
from fondly.people.clients.timeline import NewFact
from fondly.run.journeys.histories import PLAN
from fondly.run.journeys.models import Journey, Stay

_FIELDS = ("stage", "entered_at", "left_at", "why", "why_left")


class StayWriter:
    """Collects over a batch of journeys; `write` stores all at once."""

    def __init__(self, journeys: Sequence[Journey]) -> None:
        self._stored: dict[int, dict[int, Stay]] = defaultdict(dict)
        for stay in Stay.objects.filter(journey__in=[journey.pk for journey in journeys]):
            self._stored[stay.journey_id][stay.ordinal] = stay
        self._new: list[tuple[object, ...]] = []
        self._changed: list[tuple[object, ...]] = []
        self._gone: list[int] = []
        self._facts: list[NewFact] = []
        self._untrue: list[str] = []  # external ids of facts that a late event or an undo made untrue

    def take(self, journey: Journey, plan: model.Plan, entered: set[tuple[str, datetime]], now: datetime) -> None:
        """Note the differences of one journey. entered: (stage, at) already on the timeline by a person's hand."""
        stored = self._stored[journey.pk]
        past = [stay for stay in plan.stays if stay.entered_at <= now]
        for stay in past:
            self._take_stay(journey, stay, stored.get(stay.ordinal), entered, now)
        for ordinal, old in stored.items():
            if ordinal >= len(past):
                self._gone.append(old.pk)
                self._untrue += _facts_of(old)

    def write(self) -> None:
        if self._gone:
            Stay.objects.filter(pk__in=self._gone).delete()
        bulk.insert_rows(Stay, ("journey", "ordinal", *_FIELDS), self._new)
        bulk.update(Stay, _FIELDS, self._changed)
        if self._untrue:
            Interaction.objects.filter(source=PLAN, external_id__in=self._untrue).delete()
        timeline.record(*self._facts)

    def _take_stay(
        self, journey: Journey, stay: model.Stay, old: Stay | None, entered: set[tuple[str, datetime]], now: datetime
    ) -> None:
        left_at = stay.left_at if stay.left_at is not None and stay.left_at <= now else None
        values = (stay.stage, stay.entered_at, left_at, stay.why[:200], stay.why_left[:200] if left_at else "")
        if old is None:
            self._new.append((journey.pk, stay.ordinal, *values))
        elif values != tuple(getattr(old, name) for name in _FIELDS):
            self._changed.append((*values, old.pk))
            self._untrue += set(_facts_of(old)) - set(_ids(journey.pk, stay.ordinal, *values[:3]))
        same = old is not None and (old.stage, old.entered_at) == (stay.stage, stay.entered_at)
        if not same and (stay.stage, stay.entered_at) not in entered:
            self._facts.append(_fact(journey, stay, "entered", stay.entered_at, stay.why))
        if left_at and not (same and old is not None and old.left_at == left_at):
            self._facts.append(_fact(journey, stay, "left", left_at, stay.why_left))


def _facts_of(stay: Stay) -> list[str]:
    return _ids(stay.journey_id, stay.ordinal, stay.stage, stay.entered_at, stay.left_at)


def _ids(journey_id: int, ordinal: int, stage: str, entered_at: datetime, left_at: datetime | None) -> list[str]:
    """The external ids of the facts written for such a stay."""
    found = [_external_id(journey_id, ordinal, stage, "entered", entered_at)]
    return [*found, _external_id(journey_id, ordinal, stage, "left", left_at)] if left_at else found


def _external_id(journey_id: int, ordinal: int, stage: str, kind: str, at: datetime) -> str:
    return f"{journey_id}:{ordinal}:{stage}:{kind}:{at.timestamp():.0f}"


def _fact(journey: Journey, stay: model.Stay, kind: str, at: datetime, why: str) -> NewFact:
    return NewFact(
        client_id=journey.client_id,
        kind=kind,
        at=at,
        name=stay.stage,
        journey_id=journey.pk,
        stage=stay.stage,
        text=why,
        source=PLAN,
        external_id=_external_id(journey.pk, stay.ordinal, stay.stage, kind, at),
    )
