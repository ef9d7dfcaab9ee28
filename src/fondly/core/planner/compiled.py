"""A playbook made ready for planning: what would else be worked out for every client again."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from fondly.core.planner import calendars
from fondly.core.planner.calendars import Gate, WorkDays
from fondly.core.planner.conditions import Condition, ConditionError, parse_condition
from fondly.core.planner.timing import ROUGHLY
from fondly.core.planner.zones import zone_of
from fondly.core.playbook.model import Playbook, Stage, Touchpoint, When, signals_of
from fondly.core.words import say

MOST_PLAYBOOKS = 64
MOST_GATES = 20_000


@dataclass(frozen=True, slots=True)
class Step:
    """A touchpoint with everything about it that does not depend on the client."""

    touchpoint: Touchpoint
    stage: Stage
    when: When | None
    automatic: bool  # reaches the client without a person at that minute: quiet hours and caps apply
    exempt: bool  # never held back by a cap
    rank: int  # who goes first when a cap is tight; lower is first
    condition: Condition | None
    unreadable: str  # why `if:` could not be read

    outlives: bool = False  # hangs on the end of its stage

    @property
    def recurring(self) -> bool:
        return self.when is not None and self.when.form in ("every", "yearly")


@dataclass(slots=True)
class Book:
    """One playbook version, compiled."""

    playbook: Playbook
    work: WorkDays
    steps: dict[str, tuple[Step, ...]]  # by stage
    by_name: dict[str, Step]
    order: dict[str, int]  # stage -> place in the file
    starts: dict[str, list[str]]  # signal -> stages it starts
    ends: dict[str, tuple[str, ...]]  # stage -> the signals that end it
    moving: frozenset[str]  # every signal that can end or start a stage
    events: frozenset[str]  # everything the playbook calls an event
    channels: dict[str, str]
    reach: timedelta  # how far before another touchpoint something can be planned
    _gates: dict[tuple[str, str, str], tuple[Gate, ...]] = field(default_factory=dict)

    def business_zone(self, client: ZoneInfo) -> ZoneInfo:
        """Where people work; a playbook that names no zone (or UTC) works where its client is."""
        name = self.playbook.timezone
        return client if name in ("", "UTC") else zone_of(name, client.key)

    def gates(self, step: Step, zone: ZoneInfo) -> tuple[Gate, ...]:
        """Everything that may hold this touchpoint back for a client of that zone, in the fixed order."""
        key = (step.stage.name, step.touchpoint.name, zone.key)
        found = self._gates.get(key)
        if found is None:
            if len(self._gates) > MOST_GATES:
                self._gates.clear()
            found = self._gates[key] = tuple(_gates(self, step, zone))
        return found


_READY: dict[int, Book] = {}


def ready(playbook: Playbook) -> Book:
    """The compiled form of this playbook value; made once per value."""
    found = _READY.get(id(playbook))
    if found is None or found.playbook is not playbook:
        if len(_READY) >= MOST_PLAYBOOKS:
            _READY.clear()
        found = _READY[id(playbook)] = _compile(playbook)
    return found


def _compile(playbook: Playbook) -> Book:
    steps = {
        name: tuple(_step(touchpoint, stage) for touchpoint in stage.touchpoints.values())
        for name, stage in playbook.stages.items()
    }
    by_name = {step.touchpoint.name: step for group in reversed(steps.values()) for step in reversed(group)}
    starts: dict[str, list[str]] = {}
    for name, stage in playbook.stages.items():
        for signal in signals_of(stage.starts):
            starts.setdefault(signal, []).append(name)
    ends = {name: signals_of(stage.ends) for name, stage in playbook.stages.items()}
    return Book(
        playbook=playbook,
        work=WorkDays(playbook.calendar),
        steps=steps,
        by_name=by_name,
        order={name: place for place, name in enumerate(playbook.stages)},
        starts=starts,
        ends=ends,
        moving=frozenset(starts).union(*ends.values()),
        events=frozenset(playbook.events).union(starts, *ends.values(), _awaited(by_name.values())),
        channels={name: step.touchpoint.channel for name, step in by_name.items()},
        reach=max((_reach(step.when) for step in by_name.values()), default=timedelta(0)),
    )


def _awaited(steps: Iterable[Step]) -> set[str]:
    """The events that touchpoints hang on."""
    whens = (step.when for step in steps)
    return {when.anchor.name for when in whens if when is not None and when.anchor.kind == "event"}


def _reach(when: When | None) -> timedelta:
    """How long before the planned time of another touchpoint this one comes, at most; four years is enough."""
    if when is None or when.step is None or when.form != "before" or when.anchor.kind != "touchpoint":
        return timedelta(0)
    return timedelta(seconds=min(ROUGHLY[when.step.unit] * when.step.count, ROUGHLY["months"] * 48), days=3)


def _step(touchpoint: Touchpoint, stage: Stage) -> Step:
    condition, unreadable = None, ""
    if touchpoint.condition:
        try:
            condition = parse_condition(touchpoint.condition)
        except ConditionError as error:
            unreadable = error.args[0]
    return Step(
        touchpoint=touchpoint,
        stage=stage,
        when=touchpoint.when,
        automatic=touchpoint.mode != "by_hand",
        exempt=touchpoint.delivery == "must_arrive" or bool(touchpoint.step),
        rank=_rank(touchpoint),
        condition=condition,
        unreadable=unreadable,
        outlives=_outlives(touchpoint.when, stage),
    )


def _outlives(when: When | None, stage: Stage) -> bool:
    """Whether its moments can come after the client left the stage."""
    return when is not None and (when.anchor.kind == "exit" or str(when.anchor) in signals_of(stage.ends))


def _rank(touchpoint: Touchpoint) -> int:
    if touchpoint.sets is not None:
        return 0
    return {"work": 1, "wow": 2}.get(touchpoint.kind, 3)


def _gates(book: Book, step: Step, zone: ZoneInfo) -> list[Gate]:
    """Weekdays and between, then work days and hours, then quiet and channel hours."""
    when, calendar, found = step.when, book.playbook.calendar, []
    business = book.business_zone(zone)
    spoken = business if when is not None and when.zone == "business" else zone
    if when is not None and when.weekdays_only:
        found.append(calendars.weekday_gate(spoken))
    if when is not None and when.between:
        words = say("between {hours}", hours=calendars.words_of_hours(when.between))
        found.append(calendars.window_gate(when.between, spoken, words))
    if step.automatic:
        if calendar.quiet is not None:
            found.append(calendars.quiet_gate(calendar.quiet, zone))
    elif book.work.stated:
        named = when is not None and (when.at is not None or when.between is not None)
        found.append(calendars.work_gate(book.work, business, named))
    channel = book.playbook.channels.get(step.touchpoint.channel)
    if channel is not None and channel.hours is not None:
        words = say("{channel} hours {hours}", channel=channel.name, hours=calendars.words_of_hours(channel.hours))
        found.append(calendars.window_gate(channel.hours, zone, words))
    return found
