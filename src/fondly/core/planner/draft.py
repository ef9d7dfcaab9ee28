"""A moment while it is being decided."""

from dataclasses import dataclass, field
from datetime import datetime

from fondly.core.planner.calendars import Gate
from fondly.core.planner.compiled import Step
from fondly.core.planner.occurrences import Call


@dataclass(slots=True)
class Draft:
    """A moment being decided."""

    call: Call
    at: datetime
    gates: tuple[Gate, ...] = ()
    moved: list[str] = field(default_factory=list)
    ask: str = ""
    settled: bool = False
    fixed: bool = False  # a person set the time

    @property
    def step(self) -> Step:
        return self.call.step
