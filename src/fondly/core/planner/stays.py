"""Where the client was, when and why: the stays of a journey.

`starts:` moves a client forward from any earlier stage; `ends:` moves to the next stage;
`length:` without `ends:` moves by itself in calendar time; a person moves a client anywhere,
also back. After `exited` nothing more happens until a person moves the client in again.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from fondly.core.planner.compiled import Book
from fondly.core.planner.facts import signal_of
from fondly.core.planner.model import Fact, Stay, Stop
from fondly.core.planner.timing import FAR, step_from
from fondly.core.playbook.model import Stage
from fondly.core.words import say, words_of

MOST_STAYS = 5000
COMPLETED = "completed"


@dataclass(slots=True)
class Walk:
    """The stays so far, the open one last. ended_by: the signal that closed a stay, by ordinal."""

    stays: list[Stay] = field(default_factory=list)
    stop: Stop | None = None
    ended_by: dict[int, str] = field(default_factory=dict)


def usual_end(book: Book, stage: Stage, entered_at: datetime, zone: ZoneInfo) -> datetime | None:
    """Entry plus the stage's length; None without a length."""
    if stage.length is None or stage.length.count < 1:
        return None
    return step_from(entered_at, stage.length, 1, zone, None, book.work.open_day)


def own_end(book: Book, stage: Stage, entered_at: datetime, zone: ZoneInfo) -> datetime | None:
    """When the stage ends by itself: after its length, unless an event ends it or it never ends."""
    if stage.ends or stage.never_ends:
        return None
    end = usual_end(book, stage, entered_at, zone)
    return None if end is None or end >= FAR else end


def walk(book: Book, facts: list[Fact], zone: ZoneInfo, now: datetime) -> Walk:
    """The stays that the facts and the passing of time make, up to now."""
    walker = _Walker(book, zone)
    for fact in facts:
        walker.pass_time(fact.at)
        walker.take(fact)
    walker.pass_time(now)
    walker.foresee()
    return walker.walked


class _Walker:
    def __init__(self, book: Book, zone: ZoneInfo) -> None:
        self.book, self.zone = book, zone
        self.walked = Walk()
        self.open = False
        self.end: datetime | None = None  # when the open stay ends by itself

    @property
    def last(self) -> Stay:
        return self.walked.stays[-1]

    def take(self, fact: Fact) -> None:
        if fact.kind == "entered":
            self._moved_by_person(fact)
        elif not self.open:
            return
        elif fact.kind == "exited":
            self._leave(fact.at, say("left: {reason}", reason=words_of(fact.name)) if fact.name else say("left"))
            self.walked.stop = Stop(fact.name or "exited", fact.at)
        else:
            self._hear(signal_of(fact), fact.at)

    def pass_time(self, until: datetime) -> None:
        while self.open and self.end is not None and self.end <= until and len(self.walked.stays) < MOST_STAYS:
            stage = self.book.playbook.stages[self.last.stage]
            self._go_on(self.end, say("{stage} lasted its {length}", stage=stage.title, length=stage.length))

    def foresee(self) -> None:
        """The open stay knows its own end, if time alone brings it."""
        if self.open and self.end is not None:
            stay = self.last
            stage = self.book.playbook.stages[stay.stage]
            self.walked.stays[-1] = replace(stay, left_at=self.end, why_left=say("lasts {length}", length=stage.length))

    def _moved_by_person(self, fact: Fact) -> None:
        if fact.name not in self.book.order or (self.open and self.last.stage == fact.name):
            return
        first = not self.walked.stays
        why = say("the journey starts here") if first else say("a person moved the client here")
        self._enter(
            fact.name,
            fact.at,
            why,
            say("a person moved the client to {stage}", stage=self.book.playbook.stages[fact.name].title),
        )
        self.walked.stop = None

    def _hear(self, signal: str, at: datetime) -> None:
        if signal not in self.book.moving:
            return
        place = self.book.order[self.last.stage]
        later = (name for name in self.book.starts.get(signal, ()) if self.book.order[name] > place)
        target = next(later, "")
        ends = signal in self.book.ends[self.last.stage]
        if not target and not ends:
            return
        if ends:
            self.walked.ended_by[self.last.ordinal] = signal
        happened = say("{signal} happened", signal=words_of(signal))
        if target:
            self._enter(target, at, happened, happened)
        else:
            self._go_on(at, happened)

    def _go_on(self, at: datetime, why: str) -> None:
        following = self.book.playbook.stage_after(self.last.stage)
        if following is None:
            self._leave(at, why)
            self.walked.stop = Stop(COMPLETED, at)
        else:
            self._enter(following.name, at, why, why)

    def _leave(self, at: datetime, why: str) -> None:
        self.walked.stays[-1] = replace(self.last, left_at=at, why_left=why)
        self.open = False

    def _enter(self, stage: str, at: datetime, why: str, why_left: str) -> None:
        if self.open:
            self._leave(at, why_left)
        self.walked.stays.append(Stay(len(self.walked.stays), stage, at, None, why))
        self.open = True
        self.end = own_end(self.book, self.book.playbook.stages[stage], at, self.zone)
