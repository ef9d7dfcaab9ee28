"""What a person decides about one moment. Each decision survives recomputation and can be undone until it has left."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from fondly.core.words import words_of
from fondly.ground import clock
from fondly.ground.action import Actor, Conflict, Outcome, Refused, Undo, action
from fondly.ground.wording import recorded
from fondly.people.clients import timeline
from fondly.run.journeys import ending, records
from fondly.run.journeys.handling import (
    OPEN,
    MomentBefore,
    before_of,
    call_back,
    find_moment,
    put_back,
    replan,
    require_open,
    save,
)  # fmt: skip
from fondly.run.journeys.models import Moment

State = Moment.State
_MOST_TICKS = 100


@dataclass(frozen=True, slots=True)
class FinishMoment:
    """revision: as shown when the person decided. feeling -2..+2; solved yes, partly or no; minutes of work."""

    moment_id: int
    revision: int
    feeling: int | None = None
    solved: str = ""
    note: str = ""
    ticked: list[str] = field(default_factory=list)
    cost_minor: int | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class SkipMoment:
    moment_id: int
    revision: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class RescheduleMoment:
    moment_id: int
    revision: int
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class DoMomentNow:
    moment_id: int
    revision: int


@dataclass(frozen=True, slots=True)
class RestoreMoment:
    """fact: the external id of what was put on the timeline, "" when nothing was."""

    moment_id: int
    revision: int
    before: MomentBefore
    fact: str = ""


@dataclass(frozen=True, slots=True)
class MomentState:
    moment_id: int
    state: str
    revision: int
    at: datetime


@action("journeys.finish", permission="run", summary="Note that a moment was done")
def finish(actor: Actor, given: FinishMoment) -> Outcome[MomentState]:
    """Done by a person, with how it felt and whether it was solved. The engine will not do it any more."""
    _judge(given)
    moment, now = find_moment(given.moment_id, given.revision), clock.now()
    require_open(moment)
    call_back(moment, recorded("done by %(who)s") % {"who": actor.name}, now)
    before = before_of(moment)
    moment.state, moment.asks, moment.reason = State.DONE, "", ""
    moment.ended_at, moment.ended_by = now, actor.name[:200]
    moment.feeling, moment.solved, moment.note = given.feeling, given.solved, given.note.strip()
    moment.ticked, moment.cost_minor = given.ticked[:_MOST_TICKS], given.cost_minor
    if given.minutes is not None:
        moment.minutes = given.minutes
    save(moment)
    timeline.record(_done_fact(moment, actor, now))
    replan([moment.journey], now)
    summary = _("Done for %(name)s: %(what)s") % _about(moment)
    return _outcome(moment, summary, _undo("journeys.unfinish", moment, before, fact=True))


@action("journeys.unfinish", permission="run", summary="Undo that a moment was done")
def unfinish(actor: Actor, given: RestoreMoment) -> Outcome[MomentState]:
    """The moment is as it was, and what was noted about it is gone from the timeline."""
    return _restore(given)


@action("journeys.skip", permission="run", summary="Skip a moment")
def skip(actor: Actor, given: SkipMoment) -> Outcome[MomentState]:
    """It will not happen; the reason is kept."""
    moment, now = find_moment(given.moment_id, given.revision), clock.now()
    require_open(moment)
    call_back(moment, recorded("skipped by %(who)s") % {"who": actor.name}, now)
    before, why = before_of(moment), given.why.strip()
    moment.state, moment.asks, moment.reason = State.SKIPPED, "", why[:300]
    moment.ended_at, moment.ended_by = now, actor.name[:200]
    _override(moment, "skip", None, actor, why)
    save(moment)
    timeline.record(records.of_moment(moment, "skipped", now, text=why, by_id=actor.user_id, resource=actor.name))
    replan([moment.journey], now)
    summary = _("Skipped for %(name)s: %(what)s") % _about(moment)
    return _outcome(moment, summary, _undo("journeys.restore", moment, before, fact=True))


@action("journeys.reschedule", permission="run", summary="Put a moment on another time")
def reschedule(actor: Actor, given: RescheduleMoment) -> Outcome[MomentState]:
    """It happens at the given time, whatever the playbook would say."""
    now = clock.now()
    if given.at.tzinfo is None:
        raise Refused(_("The time needs a time zone."), field="at")
    if given.at <= now:
        raise Refused(_("This time has passed. Choose a later one, or do it now."), field="at")
    moment = find_moment(given.moment_id, given.revision)
    require_open(moment)
    call_back(moment, recorded("put on another time by %(who)s") % {"who": actor.name}, now)
    before = before_of(moment)
    moment.state, moment.asks, moment.reason, moment.at = State.PLANNED, "", "", given.at
    _override(moment, "at", given.at, actor, given.why.strip())
    save(moment)
    replan([moment.journey], now)
    moment.refresh_from_db()
    summary = _("Moved for %(name)s: %(what)s") % _about(moment)
    return _outcome(moment, summary, _undo("journeys.restore", moment, before))


@action("journeys.do_now", permission="run", summary="Do a moment now")
def do_now(actor: Actor, given: DoMomentNow) -> Outcome[MomentState]:
    """Bring it forward to this instant: it is sent after its hold, or asked of a person at once."""
    moment, now = find_moment(given.moment_id, given.revision), clock.now()
    require_open(moment)
    if moment.state == State.WORKING:
        raise Refused(_("It is on its way already. In the Outbox you can send it at once."))
    if moment.asks == "approve":
        raise Refused(_("Its message waits for a yes. Approve it instead."))
    if moment.asks == "by_hand":
        raise Refused(_("It waits for a person already. Do it, and note it as done."))
    before = before_of(moment)
    moment.state, moment.asks, moment.reason, moment.at = State.PLANNED, "", "", now
    _override(moment, "now", now, actor, "")
    save(moment)
    replan([moment.journey], now)
    moment.refresh_from_db()
    summary = _("Now for %(name)s: %(what)s") % _about(moment)
    return _outcome(moment, summary, _undo("journeys.restore", moment, before))


@action("journeys.restore", permission="run", summary="Undo a decision about a moment")
def restore(actor: Actor, given: RestoreMoment) -> Outcome[MomentState]:
    """The moment is as it was before."""
    return _restore(given)


def _restore(given: RestoreMoment) -> Outcome[MomentState]:
    moment, now = find_moment(given.moment_id, None), clock.now()
    if moment.revision != given.revision:
        raise Conflict(_("Somebody changed this since, so it cannot be undone."))
    if given.before.state not in OPEN:
        raise Refused(_("A moment can only be put back to what is planned, due or on its way."), field="before")
    taken_back = bool(given.fact) and records.take_back_of(moment.journey, given.fact, moment)
    if moment.state in (State.DONE, State.UNCERTAIN) and not taken_back:
        raise Refused(_("It has happened meanwhile and cannot be undone."))
    if moment.state == State.WORKING or moment.asks == "approve":
        call_back(moment, recorded("undone"), now)
    ending.go_on(moment.journey)
    put_back(moment, given.before)
    replan([moment.journey], now)
    moment.refresh_from_db()
    return _outcome(moment, _("As it was for %(name)s: %(what)s") % _about(moment))


def _judge(given: FinishMoment) -> None:
    if given.feeling is not None and not -2 <= given.feeling <= 2:
        raise Refused(_("A feeling is a number from −2 to +2."), field="feeling")
    if given.solved not in timeline.SOLVED:
        raise Refused(_("Solved is yes, partly or no."), field="solved")
    if given.minutes is not None and not 0 <= given.minutes <= 60 * 24 * 7:
        raise Refused(_("Minutes are a number between 0 and 10,080."), field="minutes")
    if given.cost_minor is not None and not 0 <= given.cost_minor <= 10**12:
        raise Refused(_("The cost cannot be used."), field="cost_minor")


def _done_fact(moment: Moment, actor: Actor, now: datetime) -> timeline.NewFact:
    data = {"minutes": moment.minutes, "ticked": moment.ticked, **records.promises_of(moment)}
    return records.of_moment(
        moment, "done", now, text=moment.note, feeling=moment.feeling, solved=moment.solved, data=data,
        judged_by="person" if moment.feeling is not None or moment.solved else "",
        is_contact=moment.channel in records.TALKING, by_id=actor.user_id, resource=actor.name,
    )  # fmt: skip


def _override(moment: Moment, action_name: str, at: datetime | None, actor: Actor, why: str) -> None:
    moment.override, moment.override_at = action_name, at
    moment.override_by, moment.override_why = actor.name[:200], why[:300]


def _undo(name: str, moment: Moment, before: MomentBefore, *, fact: bool = False) -> Undo:
    written = records.fact_id(moment.pk, moment.revision) if fact else ""
    return Undo(name, RestoreMoment(moment.pk, moment.revision, before, written))


def _about(moment: Moment) -> dict[str, str]:
    return {"name": moment.journey.client.name, "what": words_of(moment.touchpoint)}


def _outcome(moment: Moment, summary: str, undo: Undo | None = None) -> Outcome[MomentState]:
    result = MomentState(moment.pk, moment.state, moment.revision, moment.at)
    return Outcome(result, summary, moment.client_id, undo)
