"""A moment while it is being decided."""

from dataclasses import dataclass, field
from datetime import datetime

from fondly.core.planner.calendars import Gate
from fondly.core.planner.compiled import Step
from fondly.core.planner.occurrences import Call


@dataclass(slots=True, eq=False)  # each is itself: looking for one among many compares no values
class Draft:
    """A moment being decided."""

    call: Call
    at: datetime
    gates: tuple[Gate, ...] = ()
    moved: list[str] = field(default_factory=list)
    ask: str = ""
    settled: bool = False
    fixed: bool = False  # a person set the time
    due_at: datetime = field(init=False)  # before a cap or the spreading moved it: lateness counts from here

    @property
    def step(self) -> Step:
        return self.call.step
