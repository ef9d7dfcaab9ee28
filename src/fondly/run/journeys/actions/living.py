"""What a person does with a client's journey: move, pause, resume, end, and each of them undone."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from fondly.design.playbooks import library
from fondly.ground import clock
from fondly.ground.action import Actor, Conflict, Outcome, Refused, Undo, action
from fondly.ground.wording import recorded
from fondly.people.clients import timeline
from fondly.run.journeys import ending, records
from fondly.run.journeys.exits import REASONS
from fondly.run.journeys.handling import find_journey, replan
from fondly.run.journeys.models import Journey
from fondly.run.journeys.starting import stages_of

State = Journey.State


@dataclass(frozen=True, slots=True)
class MoveJourney:
    journey_id: int
    stage: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class UnmoveJourney:
    journey_id: int
    fact: str


@dataclass(frozen=True, slots=True)
class PauseJourney:
    """until None: until a person resumes it."""

    journey_id: int
    until: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class ResumeJourney:
    """undone: as if it had not been paused; what fell due meanwhile keeps its old time."""

    journey_id: int
    undone: bool = False


@dataclass(frozen=True, slots=True)
class ExitJourney:
    """reason: one of exits.REASONS."""

    journey_id: int
    reason: str = "person"
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReEnterJourney:
    """paused: whether it was paused when it ended."""

    journey_id: int
    fact: str
    paused: bool = False


@dataclass(frozen=True, slots=True)
class JourneyState:
    journey_id: int
    state: str
    stage: str


@action("journeys.move", permission="run", summary="Move a client to another stage")
def move(actor: Actor, given: MoveJourney) -> Outcome[JourneyState]:
    """From now on the client is in that stage; moments of the old one that are not done are given up."""
    journey = find_journey(given.journey_id)
    stages = stages_of(journey)
    if given.stage not in stages:
        raise Refused(
            _("There is no stage %(stage)r. Its stages: %(known)s.")
            % {"stage": given.stage, "known": ", ".join(stages)},
            field="stage",
        )
    if given.stage == journey.stage:
        raise Refused(_("%(name)s is in this stage already.") % {"name": journey.client.name}, field="stage")
    now, fact, before = clock.now(), _fact_id("move", journey), journey.stage
    text = given.why.strip() or recorded("Moved by %(who)s") % {"who": actor.name}
    timeline.record(records.fact(journey, "entered", now, fact, name=given.stage, text=text, by_id=actor.user_id))
    _touch(journey)
    replan([journey], now)
    summary = _("%(name)s was moved from %(before)s to %(stage)s") % {
        "name": journey.client.name,
        "before": _title(journey, before),
        "stage": _title(journey, given.stage),
    }
    return _outcome(journey, summary, Undo("journeys.unmove", UnmoveJourney(journey.pk, fact)))


@action("journeys.unmove", permission="run", summary="Undo a move")
def unmove(actor: Actor, given: UnmoveJourney) -> Outcome[JourneyState]:
    """The client is where the playbook says, as if nobody had moved them."""
    journey = find_journey(given.journey_id)
    records.take_back_of(journey, given.fact)
    _touch(journey)
    replan([journey], clock.now())
    return _outcome(
        journey,
        _("%(name)s is back in %(stage)s") % {"name": journey.client.name, "stage": _title(journey, journey.stage)},
    )


@action("journeys.pause", permission="run", summary="Pause a journey")
def pause(actor: Actor, given: PauseJourney) -> Outcome[JourneyState]:
    """Nothing of it is sent or asked for until it is resumed, or until the given instant."""
    journey = find_journey(given.journey_id)
    now = clock.now()
    if journey.state == State.PAUSED:
        raise Refused(_("It is paused already."))
    if given.until is not None and given.until <= now:
        raise Refused(_("The end of the pause must lie in the future."), field="until")
    journey.state, journey.paused_until, journey.paused_why = State.PAUSED, given.until, given.why.strip()[:200]
    _touch(journey, "state", "paused_until", "paused_why")
    timeline.record(
        records.fact(journey, "paused", now, _fact_id("pause", journey), text=given.why, by_id=actor.user_id)
    )
    undo = Undo("journeys.resume", ResumeJourney(journey.pk, undone=True))
    summary = _("The journey of %(name)s is paused") % {"name": journey.client.name}
    if given.until is not None:
        values = {"name": journey.client.name, "day": given.until.date().isoformat()}
        summary = _("The journey of %(name)s is paused until %(day)s") % values
    return _outcome(journey, summary, undo)


@action("journeys.resume", permission="run", summary="Resume a journey")
def resume(actor: Actor, given: ResumeJourney) -> Outcome[JourneyState]:
    """It goes on; what fell due during the pause counts as due now."""
    journey = find_journey(given.journey_id)
    if journey.state != State.PAUSED:
        raise Refused(_("It is not paused."))
    now, before = clock.now(), PauseJourney(journey.pk, journey.paused_until, journey.paused_why)
    journey.state, journey.paused_until, journey.paused_why = State.ACTIVE, None if given.undone else now, ""
    _touch(journey, "state", "paused_until", "paused_why")
    timeline.record(records.fact(journey, "resumed", now, _fact_id("resume", journey), by_id=actor.user_id))
    replan([journey], now)
    lasting = before.until is None or before.until > now
    undo = Undo("journeys.pause", before) if lasting and not given.undone else None
    return _outcome(journey, _("The journey of %(name)s goes on") % {"name": journey.client.name}, undo)


@action("journeys.exit", permission="run", summary="End a journey")
def exit(actor: Actor, given: ExitJourney) -> Outcome[JourneyState]:
    """The client leaves: everything not done is cancelled in the same transaction, mail not yet gone is called back."""
    if given.reason not in REASONS:
        raise Refused(
            _("%(reason)r is not a reason to leave; one of: %(known)s.")
            % {"reason": given.reason, "known": ", ".join(REASONS)},
            field="reason",
        )
    journey = find_journey(given.journey_id)
    paused = journey.state == State.PAUSED
    fact = ending.end(journey, given.reason, given.note.strip(), clock.now(), by_id=actor.user_id)
    summary = _("%(name)s left from %(stage)s: %(reason)s") % {
        "name": journey.client.name,
        "stage": _title(journey, journey.exit_stage),
        "reason": REASONS[given.reason],
    }
    return _outcome(journey, summary, Undo("journeys.re_enter", ReEnterJourney(journey.pk, fact, paused)))


@action("journeys.re_enter", permission="run", summary="Undo the end of a journey")
def re_enter(actor: Actor, given: ReEnterJourney) -> Outcome[JourneyState]:
    """The journey goes on where it was, as if it had not been ended."""
    journey = find_journey(given.journey_id, living=False)
    if journey.state != State.EXITED:
        raise Refused(_("This journey has not been ended."))
    try:
        with transaction.atomic():
            ending.reopen(journey, given.fact, clock.now(), paused=given.paused)
    except IntegrityError:
        raise Conflict(
            _("%(name)s has started this playbook again meanwhile.") % {"name": journey.client.name}
        ) from None
    return _outcome(
        journey,
        _("%(name)s is back in %(stage)s") % {"name": journey.client.name, "stage": _title(journey, journey.stage)},
    )


def _outcome(journey: Journey, summary: str, undo: Undo | None = None) -> Outcome[JourneyState]:
    return Outcome(JourneyState(journey.pk, journey.state, journey.stage), summary, journey.client_id, undo)


def _touch(journey: Journey, *fields: str) -> None:
    journey.revision += 1
    journey.save(update_fields=["revision", *fields])


def _fact_id(verb: str, journey: Journey) -> str:
    return f"{verb}:{journey.pk}:{journey.revision + 1}"


def _title(journey: Journey, stage: str) -> str:
    return library.stage_title(journey.version_id, stage)
