"""Putting clients on a journey, one or many, and taking that back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.design.playbooks import library
from fondly.ground import clock
from fondly.ground.action import Actor, Outcome, Refused, Undo, action
from fondly.ground.locking import locked
from fondly.ground.steps import Slice, Steps, Walked, parts
from fondly.ground.wording import recorded
from fondly.people.clients.models import Interaction
from fondly.run.journeys import performers, starting
from fondly.run.journeys.histories import PLAN
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.records import JOURNEY, MOMENT

MOST_AT_ONCE = 100_000
_LOOKED_AT = 5000  # journeys in one question
_GONE_OUT = (Moment.State.DONE, Moment.State.UNCERTAIN)
_OWN = (JOURNEY, PLAN, MOMENT)  # sources of the facts that journeys write themselves


@dataclass(frozen=True, slots=True)
class StartJourney:
    """stage "" is the first. started_at in the past: what was due before now is not made up for."""

    client_id: int
    playbook_id: int
    stage: str = ""
    matter: str = ""
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Started:
    journey_id: int
    stage: str
    moments: int


@dataclass(frozen=True, slots=True)
class StartJourneys:
    """key: the same key again starts only those it has not started yet."""

    client_ids: list[int]
    playbook_id: int
    stage: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class StartedMany:
    """left_out: already living it, not allowed again, or gone."""

    journey_ids: list[int]
    started: int
    left_out: int


@dataclass(frozen=True, slots=True)
class DiscardJourneys:
    """Take starts back: as if these journeys had never begun."""

    journey_ids: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Discarded:
    count: int


@action("journeys.start", permission="run", summary="Start a journey")
def start(actor: Actor, given: StartJourney) -> Outcome[Started]:
    """Put one client on a playbook's journey; all its moments are planned with it or not at all."""
    now = clock.now()
    started_at = given.started_at or now
    if started_at.tzinfo is None:
        raise Refused(_("The start needs a time zone."), field="started_at")
    if started_at > now:
        raise Refused(_("A journey cannot start in the future. Start it when the day has come."), field="started_at")
    course = starting.course(given.playbook_id, given.stage)
    journey = starting.start_one(course, given.client_id, given.matter.strip(), started_at, now)
    count = Moment.objects.filter(journey=journey).count()
    stage = library.stage_title(journey.version_id, course.stage)
    summary = _("%(name)s started %(playbook)s at %(stage)s") % {
        "name": journey.client.name,
        "playbook": course.playbook.name,
        "stage": stage,
    }
    undo = Undo("journeys.discard", DiscardJourneys([journey.pk]))
    return Outcome(Started(journey.pk, journey.stage, count), summary, journey.client_id, undo)


def _to_start(given: StartJourneys) -> list[int]:
    return list(dict.fromkeys(given.client_ids))


def _start_size(actor: Actor, given: StartJourneys) -> int:
    starting.course(given.playbook_id, given.stage)
    if len(given.client_ids) > MOST_AT_ONCE:
        raise Refused(_("At most %(most)s clients at once.") % {"most": f"{MOST_AT_ONCE:,}"}, field="client_ids")
    return len(_to_start(given))


def _start_slices(actor: Actor, given: StartJourneys, cursor: int | None) -> Iterator[Slice]:
    course = starting.course(given.playbook_id, given.stage)
    for place, ids in parts(_to_start(given), starting.BATCH, cursor or 0):
        started = starting.start_some(course, ids, given.key, clock.now())
        yield Slice(place, place, [journey.pk for journey in started])


@action(
    "journeys.start_many",
    permission="run",
    summary="Start journeys for many clients",
    steps=Steps(_start_size, _start_slices),
)
def start_many(actor: Actor, given: StartJourneys, walked: Walked) -> Outcome[StartedMany]:
    """Put many clients on a journey; those who may not start are left out, never started twice."""
    made = [pk for some in walked.made for pk in some]
    result = StartedMany(made, len(made), len(_to_start(given)) - len(made))
    name = starting.course(given.playbook_id, given.stage).playbook.name
    undo = Undo("journeys.discard", DiscardJourneys(made)) if made else None
    words = ngettext("%(n)s client started %(playbook)s", "%(n)s clients started %(playbook)s", len(made))
    summary = words % {"n": f"{len(made):,}", "playbook": name}
    return Outcome(result, summary, undo=undo)


def _discard_size(actor: Actor, given: DiscardJourneys) -> int:
    for _place, ids in parts(given.journey_ids, _LOOKED_AT):
        if Moment.objects.filter(journey__in=ids, state__in=_GONE_OUT).exists() or _told_of(ids):
            raise _has_happened()
    return len(given.journey_ids)


def _discard_slices(actor: Actor, given: DiscardJourneys, cursor: int | None) -> Iterator[Slice]:
    for place, ids in parts(given.journey_ids, starting.BATCH, cursor or 0):
        yield Slice(place, place, _discard(ids, clock.now()))


@action(
    "journeys.discard",
    permission="run",
    summary="Take back the start of journeys",
    steps=Steps(_discard_size, _discard_slices),
)
def discard(actor: Actor, given: DiscardJourneys, walked: Walked) -> Outcome[Discarded]:
    """Remove journeys in which nothing has happened yet: nothing done, nothing sent, nothing told of them."""
    count = sum(walked.made)
    words = ngettext("%(n)s start was taken back", "%(n)s starts were taken back", count)
    return Outcome(Discarded(count), words % {"n": f"{count:,}"})


def _told_of(ids: Sequence[int]) -> bool:
    """Whether the timeline has more of these journeys than what they wrote themselves, such as an event or an answer.

    Such a fact would belong to no journey, and handing it to the client's others would change their plans.
    """
    return Interaction.objects.filter(journey_id__in=ids).exclude(source__in=_OWN).exists()


def _has_happened() -> Refused:
    return Refused(_("Something has happened in it already, so this cannot be undone. End the journey instead."))


def _discard(ids: Sequence[int], now: datetime) -> int:
    journeys = list(locked(Journey.objects.filter(pk__in=ids)))
    moments = list(Moment.objects.filter(journey__in=journeys).values_list("pk", "channel", "state"))
    if any(state in _GONE_OUT for _pk, _channel, state in moments) or _told_of(ids):
        raise _has_happened()
    open_ones = [(pk, channel) for pk, channel, state in moments if state in (Moment.State.WORKING, Moment.State.DUE)]
    if performers.withdraw(open_ones, recorded("the start was taken back"), now) != {pk for pk, _channel in open_ones}:
        raise Refused(_("A message is being sent at this very moment. End the journey instead."))
    found = [journey.pk for journey in journeys]
    Interaction.objects.filter(journey_id__in=found, source__in=_OWN).delete()
    Journey.objects.filter(pk__in=found).delete()
    return len(found)
