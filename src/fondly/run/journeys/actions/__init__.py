"""Every write of this room: `perform("journeys.pause", actor, PauseJourney(...))`, or call the function itself."""

from fondly.run.journeys.actions.events import (
    EventRecorded,
    RecordEvent,
    UnrecordEvent,
    record_event,
    unrecord_event,
)
from fondly.run.journeys.actions.living import (
    ExitJourney,
    JourneyState,
    MoveJourney,
    PauseJourney,
    ReEnterJourney,
    ResumeJourney,
    UnmoveJourney,
    exit,
    move,
    pause,
    re_enter,
    resume,
    unmove,
)
from fondly.run.journeys.actions.moments import (
    DoMomentNow,
    FinishMoment,
    MomentState,
    RescheduleMoment,
    RestoreMoment,
    SkipMoment,
    do_now,
    finish,
    reschedule,
    restore,
    skip,
    unfinish,
)
from fondly.run.journeys.actions.starting import (
    DiscardJourneys,
    Discarded,
    Started,
    StartedMany,
    StartJourney,
    StartJourneys,
    discard,
    start,
    start_many,
)
from fondly.run.journeys.actions.switching import (
    EngineState,
    PauseEverything,
    ResumeEverything,
    pause_everything,
    resume_everything,
)
from fondly.run.journeys.actions.versions import Moved, MoveBack, MoveToVersion, move_back, move_to_version

__all__ = [
    "Discarded", "DiscardJourneys", "DoMomentNow", "EngineState", "EventRecorded", "ExitJourney", "FinishMoment",
    "JourneyState", "MomentState", "MoveBack", "MoveJourney", "MoveToVersion", "Moved", "PauseEverything",
    "PauseJourney", "ReEnterJourney", "RecordEvent", "RescheduleMoment", "RestoreMoment", "ResumeEverything",
    "ResumeJourney", "SkipMoment", "StartJourney", "StartJourneys", "Started", "StartedMany", "UnmoveJourney",
    "UnrecordEvent", "discard", "do_now", "exit", "finish", "move", "move_back", "move_to_version", "pause",
    "pause_everything", "re_enter", "record_event", "reschedule", "restore", "resume", "resume_everything", "skip",
    "start", "start_many", "unfinish", "unmove", "unrecord_event",
]  # fmt: skip
