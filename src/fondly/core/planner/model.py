"""What the planner is told and what it decides. Values only.

All instants are aware datetimes in UTC. `zone` names are IANA names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

NOTHING: Mapping[Any, Any] = MappingProxyType({})


def nothing() -> Mapping[Any, Any]:
    """The empty map, as a default of fields."""
    return NOTHING


FactKind = Literal[
    "entered",  # name = stage; the journey starts or a person moves the client
    "event",  # name = event
    "done",  # name = touchpoint, key = moment key
    "skipped",  # name = touchpoint, key = moment key
    "replied",  # name = touchpoint
    "answered",  # name = survey, value = score
    "promise",  # name = "broken" | "changed" | "kept"
    "contact",  # a real two-way contact on any channel
    "sent",  # an automatic message left; name = touchpoint, value = channel (counts against caps)
    "exited",  # name = reason
]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened, in the order it happened."""

    at: datetime
    kind: FactKind
    name: str = ""
    key: str = ""
    value: Any = None
    id: int | str = ""  # stable; makes the moment keys of event-triggered touchpoints stable


@dataclass(frozen=True, slots=True)
class Person:
    """What the planner may know about the client."""

    zone: str = ""  # empty: the playbook's zone
    persona: str = ""
    fields: Mapping[str, Any] = field(default_factory=nothing)  # date fields are datetime.date or aware datetime
    refused: frozenset[tuple[str, str]] = frozenset()  # (channel, purpose) without consent; "" = any


@dataclass(frozen=True, slots=True)
class Override:
    """A person's word about one moment; it survives every recomputation."""

    action: Literal["skip", "at", "now"]
    at: datetime | None = None
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Everything the planner knows of one journey. `facts` are sorted by (at, id) and include the first `entered`."""

    facts: tuple[Fact, ...]
    person: Person = Person()
    overrides: Mapping[str, Override] = field(default_factory=nothing)
    paused_until: datetime | None = None
    jitter_seed: str = ""  # spreads deferred sends; empty: no spread
    subject: str = ""  # the client, as experiments draw them; empty: in no experiment
    over: frozenset[str] = frozenset()  # keys of moments that have ended, also where no fact tells of it


@dataclass(frozen=True, slots=True)
class Stay:
    """A client's time in a stage. left_at is None while it has no known end; it may lie in the future."""

    ordinal: int  # 0, 1, 2 ... over the whole journey
    stage: str
    entered_at: datetime
    left_at: datetime | None
    why: str  # why it was entered
    why_left: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """This moment should happen at `at`.

    key is stable for ever: "<stay ordinal>:<stage>/<touchpoint>/<occurrence>".
    wanted_at is the instant before quiet hours, closures and caps moved it; moved says which did.
    """

    key: str
    touchpoint: str
    stage: str
    stay: int
    kind: str
    channel: str
    mode: str
    at: datetime
    wanted_at: datetime
    local: str  # wall-clock time with offset, ISO 8601
    zone: str
    why: str
    moved: tuple[str, ...] = ()
    settled: bool = False  # already done or skipped according to the history
    ask: str = ""  # not empty: it is late, a person must say yes first; the text says why


@dataclass(frozen=True, slots=True)
class Skip:
    """This moment was called for and will not happen."""

    key: str
    touchpoint: str
    stage: str
    stay: int
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Alert:
    """This moment is called for and can never happen as the playbook stands: a person must look at it."""

    key: str
    touchpoint: str
    stage: str
    stay: int
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """This touchpoint has nothing to wait for in time: something must happen first."""

    touchpoint: str
    stage: str
    why: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The journey is over."""

    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    stays: tuple[Stay, ...]
    moments: tuple[Schedule, ...]  # sorted by at, key
    skips: tuple[Skip, ...] = ()
    waits: tuple[Wait, ...] = ()
    stop: Stop | None = None
    look_again_at: datetime | None = None  # when time alone changes this plan (horizon, stage length)
    alerts: tuple[Alert, ...] = ()

    @property
    def stage(self) -> str:
        """The stage the client is in, "" when there is none."""
        return self.stays[-1].stage if self.stays else ""


@dataclass(frozen=True, slots=True)
class Ghost:
    """A made-up client for a rehearsal."""

    start: datetime
    stage: str = ""
    zone: str = ""
    persona: str = ""
    fields: Mapping[str, Any] = field(default_factory=nothing)
    events: tuple[tuple[str, datetime], ...] = ()  # "proposal_accepted"; also "nps.answered=9", "promise.broken"
    name: str = "Ghost"
    seed: str = field(default="")
