"""The switch for everything."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from fondly.ground import clock
from fondly.ground.action import Actor, Outcome, Refused, Undo, action
from fondly.ground.wording import recorded
from fondly.run.journeys import switch


@dataclass(frozen=True, slots=True)
class PauseEverything:
    why: str = ""


@dataclass(frozen=True, slots=True)
class ResumeEverything:
    """Nothing to say: go on."""


@dataclass(frozen=True, slots=True)
class EngineState:
    paused: bool
    why: str = ""


@action("journeys.pause_everything", permission="run", summary="Pause everything")
def pause_everything(actor: Actor, given: PauseEverything) -> Outcome[EngineState]:
    """From this commit on nothing is planned, claimed or sent, until a person resumes it."""
    if switch.why_paused():
        raise Refused(_("Everything is paused already."))
    why = given.why.strip() or recorded("Paused by %(who)s") % {"who": actor.name}
    switch.turn(why)
    return Outcome(
        EngineState(True, why),
        _("Everything is paused: %(why)s") % {"why": why},
        undo=Undo("journeys.resume_everything", ResumeEverything()),
    )


@action("journeys.resume_everything", permission="run", summary="Run again after everything was paused")
def resume_everything(actor: Actor, given: ResumeEverything) -> Outcome[EngineState]:
    """Go on. What fell due meanwhile follows each touchpoint's own rule for being late."""
    why = switch.why_paused()
    if not why:
        raise Refused(_("Nothing is paused."))
    switch.resume(clock.now())
    return Outcome(
        EngineState(False), _("Fondly runs again"), undo=Undo("journeys.pause_everything", PauseEverything(why))
    )
