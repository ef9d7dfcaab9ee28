"""Ending a journey and opening it again."""

from datetime import datetime

from fondly.ground.locking import locked
from fondly.people.clients import timeline
from fondly.run.journeys import performers, records
from fondly.run.journeys.exits import REASONS
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.reconcile import reconcile
from fondly.run.journeys.starting import LIVING

_UNDONE = (Moment.State.PLANNED, Moment.State.DUE, Moment.State.WORKING)
_FIELDS = ("state", "ended_at", "exit_reason", "exit_note", "exit_stage", "plan_at", "next_moment_at", "revision")
LEFT = "the client left: "


def end(journey: Journey, reason: str, note: str, now: datetime, *, by_id: int | None = None) -> str:
    """End a living journey (locked): cancel all that is not done. Returns the id of the fact, for undo.

    A message past its point of no return is left alone: it has gone, or is listed as uncertain.
    """
    journey.state, journey.ended_at, journey.plan_at, journey.next_moment_at = Journey.State.EXITED, now, None, None
    journey.exit_reason, journey.exit_note, journey.exit_stage = reason, note[:300], journey.stage
    journey.revision += 1
    journey.save(update_fields=list(_FIELDS))
    cancel_undone(journey, f"{LEFT}{REASONS[reason]}", now)
    fact = f"exit:{journey.pk}:{journey.revision}"
    timeline.record(
        records.fact(journey, "exited", now, fact, name=reason, text=note or str(REASONS[reason]), by_id=by_id)
    )
    return fact


def cancel_undone(journey: Journey, why: str, now: datetime) -> None:
    """Cancel every moment that is not done, calling back what waits."""
    rows = locked(Moment.objects.filter(journey=journey, state__in=_UNDONE))
    undone = list(rows.values_list("pk", "channel"))
    withdrawn = performers.withdraw(undone, why, now)
    Moment.objects.filter(pk__in=withdrawn).update(
        state=Moment.State.CANCELLED, asks="", reason=why[:300], worker="", lease_until=None
    )


def reopen(journey: Journey, fact: str, now: datetime, *, paused: bool = False) -> None:
    """Take an end back. paused: it was when it ended, so it is again until its pause is over.

    Raises IntegrityError when the client lives the playbook again meanwhile.
    """
    records.take_back_of(journey, fact)
    state = Journey.State.PAUSED if paused else Journey.State.ACTIVE
    journey.state, journey.ended_at, journey.plan_at = state, None, now
    journey.exit_reason = journey.exit_note = journey.exit_stage = ""
    journey.revision += 1
    journey.save(update_fields=list(_FIELDS))
    if not paused:
        reconcile([journey], now)


def go_on(journey: Journey) -> None:
    """What is taken back may be what completed this journey (locked): it is lived again, until its next plan.

    Not when the client lives the playbook again meanwhile, for the same matter.
    """
    twins = Journey.objects.filter(client=journey.client_id, playbook=journey.playbook_id, matter=journey.matter)
    if journey.state == Journey.State.COMPLETED and not twins.filter(state__in=LIVING).exists():
        journey.state, journey.ended_at = Journey.State.ACTIVE, None
        journey.revision += 1
        journey.save(update_fields=["state", "ended_at", "revision"])
