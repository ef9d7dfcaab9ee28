"""A playbook lived by a made-up client in virtual time. Nothing is sent, nothing is stored.

The ghost does what the playbook hopes: every moment is done when it is due, so `x.done`
fires. Events and fields happen as given; a `script` may add what happens in each stay.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from fondly.core.planner.compiled import Book, ready
from fondly.core.planner.decide import decide_pending
from fondly.core.planner.facts import TALKING
from fondly.core.planner.model import (
    Alert,
    Fact,
    FactKind,
    Ghost,
    History,
    Person,
    Plan,
    Schedule,
    Skip,
    Stay,
    Stop,
    Wait,
)
from fondly.core.planner.timing import instant
from fondly.core.planner.zones import zone_of
from fondly.core.playbook.model import Playbook
from fondly.core.words import say

MOST_TURNS = 20_000
LOOK_AHEAD = timedelta(days=25)  # a plan is made this far at a time
Script = Callable[[Stay], Sequence[Fact]]
Answer = Callable[[Schedule], Sequence[Fact]]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a ghost lived through: moments in order of time, all stays, and what did not happen and why."""

    moments: tuple[Schedule, ...]
    stays: tuple[Stay, ...]
    waits: tuple[Wait, ...] = ()
    skips: tuple[Skip, ...] = ()
    alerts: tuple[Alert, ...] = ()
    stop: Stop | None = None


def rehearse(playbook: Playbook, ghost: Ghost, *, days: int) -> Rehearsal:
    """Live `days` days of the client's calendar. Raises ValueError for a stage the playbook does not have."""
    local = ghost.start.astimezone(zone_of(ghost.zone, playbook.timezone))
    end = instant(local.date() + timedelta(days=days), local.time(), zone_of(ghost.zone, playbook.timezone))
    return live(playbook, ghost, end)


def live(
    playbook: Playbook, ghost: Ghost, end: datetime, script: Script | None = None, answer: Answer | None = None
) -> Rehearsal:
    """Live until `end`. script: the facts of a stay, told when it begins; answer: what follows a moment."""
    life = _Life(playbook, ghost, end, script, answer)
    life.run()
    return life.result()


def fact_of(signal: str, at: datetime, number: int | str) -> Fact:
    """The fact behind "proposal_accepted", "nps.answered=9", "home_visit.done" or "promise.broken"."""
    name, _, value = signal.partition("=")
    first, _, last = name.partition(".")
    score: float | str | None = float(value) if value.replace(".", "", 1).isdigit() else value or None
    if name in ("contact", "exited"):
        return Fact(at, "contact" if name == "contact" else "exited", id=number)
    if last in ("done", "replied", "answered"):
        kind: FactKind = last  # type: ignore[assignment]
        return Fact(at, kind, first, value=score, id=number)
    return (
        Fact(at, "promise", last, id=number) if first == "promise" else Fact(at, "event", name, value=score, id=number)
    )


@dataclass(slots=True)
class _Life:
    playbook: Playbook
    ghost: Ghost
    end: datetime
    script: Script | None
    answer: Answer | None
    book: Book = field(init=False)
    facts: list[Fact] = field(init=False)
    until: datetime = field(init=False)
    looked: datetime = field(init=False)  # when the last plan was made
    told: int = 0  # stays whose script was told
    lived: dict[str, Schedule] = field(default_factory=dict)
    skips: dict[str, Skip] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    plan: Plan = field(default_factory=lambda: Plan((), ()))

    def __post_init__(self) -> None:
        self.book = ready(self.playbook)
        self.until, self.looked = self.end, self.ghost.start.astimezone(UTC)
        stage = self.ghost.stage or next(iter(self.playbook.stages), "")
        if stage not in self.playbook.stages:
            raise ValueError(say('the playbook has no stage "{stage}"', stage=stage))
        events = [fact_of(name, at.astimezone(UTC), number) for number, (name, at) in enumerate(self.ghost.events, 1)]
        self.facts = [Fact(self.ghost.start.astimezone(UTC), "entered", stage, id=0), *events]

    def run(self) -> None:
        now, matters = self.ghost.start.astimezone(UTC), what_matters(self.playbook)
        for _ in range(MOST_TURNS):
            self.look(now)
            turn = self.next_turn(now)
            now = self.do_until(now, min(turn, self.end), matters)
            if now >= self.end:
                return

    def look(self, now: datetime) -> None:
        """Decide afresh; tell the script of every stay that has begun."""
        self.until = min(self.end, now + LOOK_AHEAD)
        self.plan = self.decided(now)
        while self.script is not None and self.told < len(self.plan.stays):
            self.facts += self.script(self.plan.stays[self.told])
            self.told += 1
            if self.told == len(self.plan.stays):
                self.plan = self.decided(now)
        self.looked = now
        for skip in self.plan.skips:
            self.skips.setdefault(skip.key, skip)
        self.alerts |= {alert.key: alert for alert in self.plan.alerts}

    def decided(self, now: datetime) -> Plan:
        ghost = self.ghost
        person = Person(ghost.zone, ghost.persona, ghost.fields)
        history = History(tuple(self.facts), person, jitter_seed=ghost.seed, subject=ghost.seed)
        return decide_pending(self.playbook, history, now, until=self.until, since=self.looked)

    def next_turn(self, now: datetime) -> datetime:
        """When something other than a moment happens next: an event, or the stage ends by itself."""
        turns = [fact.at for fact in self.facts if fact.at > now]
        turns += [stay.left_at for stay in self.plan.stays[-1:] if stay.left_at is not None and stay.left_at > now]
        return min([*turns, self.until])

    def do_until(self, now: datetime, turn: datetime, matters: frozenset[str]) -> datetime:
        """Do what is due before the turn; stop early when something done changes the plan. Returns the new now."""
        stopped: datetime | None = None
        for moment in self.plan.moments:
            if moment.settled or moment.key in self.lived:
                continue
            at = max(moment.at, now)
            if at > turn or at >= self.end or (stopped is not None and at > stopped):
                break
            if self.do(moment, at, now) or moment.touchpoint in matters:
                stopped = at
        return turn if stopped is None else stopped

    def do(self, moment: Schedule, at: datetime, now: datetime) -> bool:
        """Do one moment; True when something follows from it."""
        self.facts.append(Fact(at, "done", moment.touchpoint, moment.key, id=moment.key))
        if moment.at < now:
            local = at.astimezone(zone_of(moment.zone)).isoformat()
            moment = replace(moment, at=at, local=local, moved=(*moment.moved, say("its time had passed")))
        self.lived[moment.key] = moment
        following = self.answer(moment) if self.answer is not None else ()
        self.facts += following
        return bool(following)

    def seen(self, stay: Stay) -> Stay:
        """A stay that lasts beyond the rehearsal is still open."""
        open_still = stay.left_at is not None and stay.left_at > self.end
        return replace(stay, left_at=None) if open_still else stay

    def result(self) -> Rehearsal:
        moments = sorted(self.lived.values(), key=lambda moment: (moment.at, moment.key))
        skips = [skip for key, skip in self.skips.items() if key not in self.lived and skip.at <= self.end]
        return Rehearsal(
            moments=tuple(moments),
            stays=tuple(self.seen(stay) for stay in self.plan.stays),
            waits=self.plan.waits,
            skips=tuple(sorted(skips, key=lambda skip: (skip.at, skip.key))),
            alerts=tuple(self.alerts.values()),
            stop=self.plan.stop,
        )


def what_matters(playbook: Playbook) -> frozenset[str]:
    """The touchpoints whose doing can change a plan."""
    touchpoints = playbook.touchpoints()
    steps = (step for group in ready(playbook).steps.values() for step in group)
    names = {name for step in steps if step.condition is not None for name in step.condition.names}
    texts = " ".join(f"{stage.starts} {stage.ends}" for stage in playbook.stages.values())
    anchors = {t.when.anchor.name for t in touchpoints if t.when is not None and t.when.anchor.kind == "done"}
    talks = "replied" in names or any(t.when is not None and t.when.anchor.kind == "contact" for t in touchpoints)
    return frozenset(
        t.name
        for t in touchpoints
        if t.name in anchors
        or f"{t.name}.done" in names
        or f"{t.name}.done" in texts
        or (talks and t.channel in TALKING)
    )
