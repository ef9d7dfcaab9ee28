"""Pausing and resuming the journeys of many clients at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.ground import clock
from fondly.ground.action import Actor, Outcome, Refused, Undo, action
from fondly.ground.locking import locked
from fondly.ground.steps import Slice, Steps, Walked, parts
from fondly.people.clients import timeline
from fondly.run.journeys import records
from fondly.run.journeys.models import Journey

BATCH = 1000
State = Journey.State


@dataclass(frozen=True, slots=True)
class PauseJourneys:
    """Running journeys of these clients, of this playbook, or of both. until None: until a person resumes them."""

    client_ids: list[int] = field(default_factory=list)
    playbook_id: int | None = None
    until: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class ResumeJourneys:
    """undone: as if they had not been paused; what fell due meanwhile keeps its old time."""

    journey_ids: list[int]
    undone: bool = False


@dataclass(frozen=True, slots=True)
class ChangedJourneys:
    journeys: int


def _pause_size(actor: Actor, given: PauseJourneys) -> int:
    if not given.client_ids and given.playbook_id is None:
        raise Refused(_("Say whose journeys, or which playbook's. To stop everything, pause everything."))
    if given.until is not None and given.until <= clock.now():
        raise Refused(_("The end of the pause must lie in the future."), field="until")
    return len(given.client_ids) or _running(given).count()


def _pause_slices(actor: Actor, given: PauseJourneys, cursor: dict[str, int] | None) -> Iterator[Slice]:
    done, last = (cursor["done"], cursor["last"]) if cursor else (0, 0)
    if given.client_ids:
        for place, ids in parts(given.client_ids, BATCH, done):
            journeys = list(locked(_running(given).filter(client__in=ids)))
            yield Slice(place, {"done": place, "last": 0}, _pause(actor, given, journeys))
        return
    while journeys := list(locked(_running(given).filter(pk__gt=last))[:BATCH]):
        done, last = done + len(journeys), journeys[-1].pk
        yield Slice(done, {"done": done, "last": last}, _pause(actor, given, journeys))


@action(
    "journeys.pause_many",
    permission="run",
    summary="Pause the journeys of many clients",
    steps=Steps(_pause_size, _pause_slices),
)
def pause_many(actor: Actor, given: PauseJourneys, walked: Walked) -> Outcome[ChangedJourneys]:
    """Nothing of them is sent or asked for until they are resumed, or until the given instant."""
    ids = [pk for some in walked.made for pk in some]
    summary = ngettext("%(n)s journey was paused", "%(n)s journeys were paused", len(ids)) % {"n": f"{len(ids):,}"}
    undo = Undo("journeys.resume_many", ResumeJourneys(ids, undone=True)) if ids else None
    return Outcome(ChangedJourneys(len(ids)), summary, undo=undo)


def _resume_size(actor: Actor, given: ResumeJourneys) -> int:
    return len(given.journey_ids)


def _resume_slices(actor: Actor, given: ResumeJourneys, cursor: int | None) -> Iterator[Slice]:
    for place, ids in parts(given.journey_ids, BATCH, cursor or 0):
        yield Slice(place, place, _resume(actor, ids, clock.now(), undone=given.undone))


@action(
    "journeys.resume_many",
    permission="run",
    summary="Resume the journeys of many clients",
    steps=Steps(_resume_size, _resume_slices),
)
def resume_many(actor: Actor, given: ResumeJourneys, walked: Walked) -> Outcome[ChangedJourneys]:
    """They go on; what fell due during the pause counts as due now."""
    count = sum(walked.made)
    summary = ngettext("%(n)s journey goes on", "%(n)s journeys go on", count) % {"n": f"{count:,}"}
    return Outcome(ChangedJourneys(count), summary)


def _running(given: PauseJourneys) -> QuerySet[Journey]:
    rows = Journey.objects.filter(state=State.ACTIVE).order_by("pk")
    return rows if given.playbook_id is None else rows.filter(playbook=given.playbook_id)


def _pause(actor: Actor, given: PauseJourneys, journeys: Sequence[Journey]) -> list[int]:
    ids = [journey.pk for journey in journeys]
    Journey.objects.filter(pk__in=ids).update(
        state=State.PAUSED, paused_until=given.until, paused_why=given.why.strip()[:200], revision=F("revision") + 1
    )
    _tell(actor, "paused", journeys, clock.now(), given.why.strip())
    return ids


def _resume(actor: Actor, ids: Sequence[int], now: datetime, *, undone: bool) -> int:
    """The engine looks at their plans at its next turn; nothing of them happens before."""
    journeys = list(locked(Journey.objects.filter(pk__in=ids, state=State.PAUSED).order_by("pk")))
    Journey.objects.filter(pk__in=[journey.pk for journey in journeys]).update(
        state=State.ACTIVE,
        paused_until=None if undone else now,
        paused_why="",
        plan_at=now,
        revision=F("revision") + 1,
    )
    _tell(actor, "resumed", journeys, now)
    return len(journeys)


def _tell(actor: Actor, kind: str, journeys: Sequence[Journey], now: datetime, why: str = "") -> None:
    timeline.record(
        *(
            records.fact(j, kind, now, f"{kind}:{j.pk}:{j.revision + 1}", text=why, by_id=actor.user_id)
            for j in journeys
        )
    )
