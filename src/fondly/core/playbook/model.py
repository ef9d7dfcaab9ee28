"""The written client experience as values.

Every class here is one word of the playbook file. Nothing reads a file, a clock or
a database: `reading.py` makes these from text, `checks/` judges them, and
`core.planner` lives them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from types import MappingProxyType
from typing import Any, Literal

from fondly.core.playbook.units import Unit, say_length

Kind = Literal["work", "relationship", "wow"]
Phase = Literal["before", "new", "ongoing", "alumni"]
Mode = Literal["auto", "approve", "by_hand"]
Delivery = Literal["never_twice", "must_arrive"]
AnchorKind = Literal[
    "entry",  # the client enters the stage
    "exit",  # the client leaves the stage
    "event",  # something happened: proposal_accepted
    "field",  # a date on the client: home_anniversary
    "touchpoint",  # the planned time of another touchpoint: session
    "done",  # another touchpoint was done: home_visit.done
    "replied",  # the client replied to it: first_reply.replied
    "answered",  # a survey was answered: nps.answered
    "promise",  # promise.broken, promise.changed, promise.kept
    "contact",  # the last real two-way contact
]
NOTHING: Mapping[str, Any] = MappingProxyType({})


def nothing() -> Mapping[str, Any]:
    """The empty map, as a default of fields."""
    return NOTHING


# Channels where Fondly itself can deliver; every other channel is done by a person.
AUTOMATIC_CHANNELS = frozenset({"email"})


@dataclass(frozen=True, slots=True)
class Anchor:
    kind: AnchorKind
    name: str = ""

    def __str__(self) -> str:
        if self.kind in ("done", "replied", "answered"):
            return f"{self.name}.{self.kind}"
        if self.kind == "promise":
            return f"promise.{self.name}"
        return self.name or self.kind


@dataclass(frozen=True, slots=True)
class Duration:
    """`5 days`, `2 business days`: a count of one unit."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return say_length(self.count, self.unit)


@dataclass(frozen=True, slots=True)
class When:
    """One `when:` sentence.

    form: `on` anchor; `after`/`before` anchor by `step`; `every` step (counted from
    stage entry, or from the last contact if anchor is `contact`); `yearly` on a date field.
    weekday: 0 = Monday, for `every friday`.
    """

    text: str
    form: Literal["on", "after", "before", "every", "yearly"]
    anchor: Anchor
    step: Duration | None = None
    weekday: int | None = None
    at: time | None = None
    between: tuple[time, time] | None = None
    weekdays_only: bool = False
    zone: Literal["client", "business"] = "client"


@dataclass(frozen=True, slots=True)
class Late:
    """What to do when a moment could not happen in time.

    action: what happens once `after` has passed; `send` means whenever it becomes possible.
    """

    action: Literal["send", "skip", "ask"] = "ask"
    after: Duration | None = Duration(2, "days")


@dataclass(frozen=True, slots=True)
class PromiseSet:
    """`sets:` - a promise that this touchpoint makes. due is text: a duration, a date field or `every Friday 16:00`."""

    what: str
    due: str = ""


@dataclass(frozen=True, slots=True)
class Touchpoint:
    name: str
    stage: str
    kind: Kind
    channel: str
    when: When | None  # None when the sentence could not be read
    when_text: str = ""
    template: str = ""
    survey: str = ""
    document: str = ""
    form: str = ""
    checklist: str = ""
    offer: str = ""
    condition: str = ""  # the text of `if:`
    consent: str = ""  # the purpose that needs consent, e.g. "marketing"
    step: str = ""  # signature, payment, proposal, summary ...
    mode: Mode = "by_hand"
    delivery: Delivery = "never_twice"
    late: Late = Late()
    owner: str = ""  # a role; empty means the stage's owner
    personas: tuple[str, ...] = ()  # only for these; empty means everyone
    minutes: int = 0
    costs: str = ""  # as written; money in the playbook's currency
    about: str = ""
    serves: str = ""
    sets: PromiseSet | None = None
    sample: bool = False
    milestone: bool = False
    extra: Mapping[str, Any] = field(default_factory=nothing)


@dataclass(frozen=True, slots=True)
class Handoff:
    from_role: str
    touchpoint: str


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    phase: Phase | str
    title: str = ""  # what people read; the reader makes it from the name when it is not written
    covers: tuple[str, ...] = ()
    owner: str = ""
    department: str = ""
    goal: str = ""
    feel: str = ""
    starts: str = ""  # the event that starts this stage, from whatever earlier stage
    ends: str = ""  # the event that ends it
    length: Duration | None = None  # moves on by itself when there is no `ends`; else only the usual length
    next: str = ""  # the stage that follows; empty means the next one in the file
    never_ends: bool = False
    leads_back_to: str = ""
    handoff: Handoff | None = None
    touchpoints: Mapping[str, Touchpoint] = field(default_factory=nothing)
    extra: Mapping[str, Any] = field(default_factory=nothing)


def signals_of(text: str) -> tuple[str, ...]:
    """The signals a `starts:` or `ends:` names: "closed", or "paid or cancelled"."""
    return tuple(part.strip().removeprefix("on ") for part in text.split(" or ") if part.strip())


@dataclass(frozen=True, slots=True)
class Channel:
    name: str
    reply_within: str = ""
    consent: str = ""
    hours: tuple[time, time] | None = None  # `hours: "08:00-20:00"`, when we may use it, in the client's zone
    minimal: bool = False
    extra: Mapping[str, Any] = field(default_factory=nothing)


@dataclass(frozen=True, slots=True)
class Role:
    name: str
    people: tuple[str, ...] = ()
    may_spend: str = ""
    may_offer: tuple[str, ...] = ()  # ("any",) for everything
    hours_per_week: float | None = None  # capacity of the whole role
    department: str = ""


@dataclass(frozen=True, slots=True)
class Team:
    roles: Mapping[str, Role] = field(default_factory=nothing)
    speak_up: str = ""
    ideas: str = ""
    training: str = ""
    annual_review: str = ""
    feedback: tuple[str, ...] = ("everyone",)  # who sees what clients said and scored


@dataclass(frozen=True, slots=True)
class Persona:
    name: str
    who: str = ""
    behaves: str = ""
    prefers: tuple[str, ...] = ()
    worries: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=nothing)


@dataclass(frozen=True, slots=True)
class Brand:
    story: str = ""
    promise: str = ""
    feel: tuple[str, ...] = ()
    say: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    typical: str = ""  # what the typical one in the trade does
    facts: Mapping[str, str] = field(default_factory=nothing)


USUAL_HOURS: Mapping[int, tuple[time, time]] = MappingProxyType({day: (time(9), time(17)) for day in range(5)})


@dataclass(frozen=True, slots=True)
class Calendar:
    """Business hours, quiet hours and days off. Times are wall-clock times.

    business: weekday (0 = Monday) -> (opens, closes). quiet: nothing automatic reaches a
    client between these (may wrap midnight), in the client's zone. holidays: "US", "US-NY".
    Only what a playbook says moves a moment: None means it says nothing.
    """

    business: Mapping[int, tuple[time, time]] | None = None
    quiet: tuple[time, time] | None = None
    holidays: str = ""
    closed: tuple[tuple[date, date], ...] = ()  # first and last day, both closed

    @property
    def working(self) -> Mapping[int, tuple[time, time]]:
        """The days and hours that business days are counted by: those of the playbook, else the usual ones."""
        return USUAL_HOURS if self.business is None else self.business


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `count` automatic messages in any rolling `window`; channel "" is all channels together."""

    channel: str
    count: int
    window: Duration


@dataclass(frozen=True, slots=True)
class Holdout:
    """The share (0..1) of clients who go without a touchpoint while an experiment asks what it does."""

    experiment: str
    share: float


@dataclass(frozen=True, slots=True)
class Reentry:
    policy: Literal["never", "after_exit", "after_interval", "per_matter"] = "per_matter"
    interval: Duration | None = None


@dataclass(frozen=True, slots=True)
class Template:
    name: str
    body: str
    subject: str = ""
    consent: str = ""
    fills: tuple[str, ...] = ()  # words a person fills in before it is sent: "week.next"


@dataclass(frozen=True, slots=True)
class Survey:
    name: str
    ask: str
    low: int
    high: int
    follow_up: str = ""


@dataclass(frozen=True, slots=True)
class Recovery:
    name: str
    when: str
    owner: str = ""
    within: str = ""
    steps: tuple[str, ...] = ()
    offer: str = ""


@dataclass(frozen=True, slots=True)
class ClientField:
    name: str
    type: Literal["text", "date", "datetime", "number", "yes_no", "choice"] | str = "text"
    source: str = ""  # `from:`
    optional: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Playbook:
    """One playbook version. Maps keep the order of the file."""

    name: str
    format: int = 1
    industry: str = ""
    reviewed: date | None = None
    timezone: str = "UTC"
    currency: str = "USD"
    language: str = "en"
    clients: Literal["people", "business"] | str = "people"
    sensitive: bool = False
    brand: Brand = Brand()
    calendar: Calendar = field(default_factory=Calendar)
    caps: tuple[Cap, ...] = ()
    reentry: Reentry = Reentry()
    target: Mapping[str, float] = field(default_factory=nothing)  # persona -> share 0..1
    personas: Mapping[str, Persona] = field(default_factory=nothing)
    values: Mapping[str, str] = field(default_factory=nothing)
    channels: Mapping[str, Channel] = field(default_factory=nothing)
    team: Team = Team()
    offers: Mapping[str, Mapping[str, Any]] = field(default_factory=nothing)
    fields: Mapping[str, ClientField] = field(default_factory=nothing)
    events: tuple[str, ...] = ()
    leaving: Mapping[str, Any] = field(
        default_factory=nothing
    )  # reasons, ask, save: how a client can leave from any stage
    inquiries: Mapping[str, Mapping[str, Any]] = field(default_factory=nothing)
    stages: Mapping[str, Stage] = field(default_factory=nothing)
    recovery: Mapping[str, Recovery] = field(default_factory=nothing)
    documents: Mapping[str, Mapping[str, Any]] = field(default_factory=nothing)
    surveys: Mapping[str, Survey] = field(default_factory=nothing)
    survey_rest: Duration | None = None
    reviews: tuple[str, ...] = ()
    targets: Mapping[str, str] = field(default_factory=nothing)
    experiments: Mapping[str, Mapping[str, Any]] = field(default_factory=nothing)
    holdouts: Mapping[str, Holdout] = field(default_factory=nothing)  # touchpoint -> what holds some clients out of it
    templates: Mapping[str, Template] = field(default_factory=nothing)
    checklists: Mapping[str, tuple[str, ...]] = field(default_factory=nothing)
    skip: Mapping[str, str] = field(default_factory=nothing)  # rule id (or "rule path") -> reason
    marks: Mapping[str, tuple[int, int]] = field(
        default_factory=nothing
    )  # "stages.new.owner" -> (line, column), both from 1
    sources: Mapping[str, str] = field(
        default_factory=nothing
    )  # "templates.hello" -> "templates/hello.md", for what is not in the main file

    def touchpoints(self) -> tuple[Touchpoint, ...]:
        return tuple(t for stage in self.stages.values() for t in stage.touchpoints.values())

    def touchpoint(self, name: str) -> Touchpoint | None:
        return next((t for t in self.touchpoints() if t.name == name), None)

    def stage_after(self, name: str) -> Stage | None:
        """The stage that follows: the one named by `next:`, else the next in the file."""
        stage = self.stages[name]
        if stage.next:
            return self.stages.get(stage.next)
        names = list(self.stages)
        position = names.index(name) + 1
        return self.stages[names[position]] if position < len(names) else None
