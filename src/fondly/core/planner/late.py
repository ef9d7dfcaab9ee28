"""What becomes of a moment whose time has passed."""

from datetime import datetime

from fondly.core.planner.compiled import Step
from fondly.core.planner.scene import Scene
from fondly.core.planner.timing import FAR, step_from
from fondly.core.planner.why import say_time
from fondly.core.words import say


def deadline(scene: Scene, step: Step, at: datetime) -> datetime:
    """Until when a moment due at that time may happen as if nothing were wrong; FAR when always."""
    after = step.touchpoint.late.after
    if after is None:
        return FAR
    return step_from(at, after, 1, scene.zone, None, scene.book.work.open_day)


def say_late(scene: Scene, step: Step, at: datetime) -> str:
    """It was due Tue 6 Jan 2026 09:00 and may be 2 days late."""
    return say("it was due {at} and may be {limit} late", at=say_time(at, scene.zone), limit=step.touchpoint.late.after)
