"""What clients lived, counted stage by stage from stays, moments and the timeline. SQL groups; Python only adds up."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DateTimeField, F, FloatField, Func, Q, QuerySet, Sum, Value

from fondly.ground import clock
from fondly.people.clients.models import Interaction
from fondly.run.journeys.models import Journey, Moment, Stay

ON_TIME_DAYS = 1.0  # a moment done within a day of its time is on time
LIVING = (Journey.State.ACTIVE, Journey.State.PAUSED)
_HAPPENED = ("done", "sent")
Row = dict[str, Any]


class DaysBetween(Func):
    """The first instant minus the second, in days, as a fraction."""

    output_field: Any = FloatField()
    arity = 2

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, template="(julianday(%(expressions)s))", arg_joiner=") - julianday(",
                           **more)  # fmt: skip

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "(EXTRACT(EPOCH FROM (%(expressions)s)) / 86400.0)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" - ", **more)


@dataclass(slots=True)
class Wanted:
    """What to count. persona "" means everyone; since None means ever. relationship: names of such touchpoints."""

    playbook_id: int
    persona: str = ""
    since: datetime | None = None
    relationship: tuple[str, ...] = ()
    rests: tuple[tuple[str, float], ...] = ()  # stage, days that may pass without talking
    several: bool = True  # more than one playbook is lived here, so facts must be told apart


@dataclass(slots=True)
class Counts:
    """All counts of one map. Lists hold one small row per group, as JSON keeps them."""

    now: dict[str, int] = field(default_factory=dict)  # stage -> clients in it
    left: list[Row] = field(default_factory=list)  # stage, reason, n
    stays: list[Row] = field(default_factory=list)  # stage, days, n: stays that were over after so many days
    staying: list[Row] = field(default_factory=list)  # stage, days, n: stays that have lasted so many days
    ever: dict[str, int] = field(default_factory=dict)  # stage -> journeys that were in it at any time of the period
    felt: dict[str, list[float]] = field(default_factory=dict)  # stage -> n, sum, sum of squares
    happened: list[Row] = field(default_factory=list)  # stage, name, n, journeys: done or sent
    moments: list[Row] = field(default_factory=list)  # stage, touchpoint, done, late, skipped, failed
    promises: list[Row] = field(default_factory=list)  # stage, name, n
    events: list[Row] = field(default_factory=list)  # name, n, journeys
    touched: dict[str, int] = field(default_factory=dict)  # stage -> journeys with a relationship touch
    silent: dict[str, int] = field(default_factory=dict)  # stage -> clients past its rest
    journeys: int = 0

    def as_json(self) -> Row:
        return asdict(self)


def count(wanted: Wanted) -> Counts:
    """Everything, in a dozen grouped queries."""
    counts = Counts()
    journeys = _journeys(wanted)
    counts.journeys = _since(journeys, "started_at", wanted).count()
    counts.now = _pairs(journeys.filter(state__in=LIVING).values("stage"), "stage")
    counts.left = _left(journeys, wanted)
    now = clock.now()
    counts.silent = {stage: silent_journeys(journeys, stage, days, now).count() for stage, days in wanted.rests}
    _count_stays(counts, wanted, now)
    facts = _facts(wanted)
    _count_felt(counts, facts)
    _count_happened(counts, facts, wanted)
    counts.moments = _moments(wanted)
    counts.promises = list(_grouped(facts.filter(kind="promise"), "stage", "name").annotate(n=Count("pk")))
    told = facts.filter(kind="event").exclude(name="")
    counts.events = list(_grouped(told, "name").annotate(n=Count("pk"), journeys=Count("journey_id", distinct=True)))
    return counts


def _journeys(wanted: Wanted) -> "QuerySet[Journey]":
    found = Journey.objects.filter(playbook=wanted.playbook_id)
    return found.filter(client__persona=wanted.persona) if wanted.persona else found


def _facts(wanted: Wanted) -> "QuerySet[Interaction]":
    """Facts of this playbook's journeys. With one playbook lived no join is needed."""
    found = _since(Interaction.objects.filter(journey_id__isnull=False), "at", wanted)
    if wanted.several or wanted.persona:
        return found.filter(journey_id__in=_journeys(wanted).values("pk"))
    return found


def _since(found: Any, field_name: str, wanted: Wanted) -> Any:
    return found.filter(**{f"{field_name}__gte": wanted.since}) if wanted.since else found


def _left(journeys: "QuerySet[Journey]", wanted: Wanted) -> list[Row]:
    gone = _since(journeys.filter(state=Journey.State.EXITED), "ended_at", wanted)
    return list(_grouped(gone, "exit_stage", reason=F("exit_reason")).annotate(n=Count("pk")))


def _count_stays(counts: Counts, wanted: Wanted, now: datetime) -> None:
    lived = Stay.objects.filter(journey__in=_journeys(wanted))
    if not wanted.several and not wanted.persona:
        lived = Stay.objects.all()
    if wanted.since:
        lived = lived.filter(Q(left_at=None) | Q(left_at__gte=wanted.since))
    counts.ever = _pairs(lived.values("stage"), "stage", Count("journey", distinct=True))
    counts.stays = _by_days(lived.filter(left_at__isnull=False), F("left_at"))
    counts.staying = _by_days(lived.filter(left_at=None), Value(now, DateTimeField()))


def _by_days(lived: "QuerySet[Stay]", until: Any) -> list[Row]:
    """In whole days, so that a stage has some hundred rows however many live in it."""
    whole = Func(DaysBetween(until, "entered_at"), function="ROUND", output_field=FloatField())
    return list(_grouped(lived.annotate(days=whole), "stage", "days").annotate(n=Count("pk")).order_by("stage", "days"))


def _count_felt(counts: Counts, facts: "QuerySet[Interaction]") -> None:
    rows = _grouped(facts.filter(feeling__isnull=False), "stage")
    square = F("feeling") * F("feeling")
    for row in rows.annotate(n=Count("pk"), total=Sum("feeling"), squares=Sum(square)):
        counts.felt[row["stage"]] = [row["n"], row["total"], row["squares"]]


def _count_happened(counts: Counts, facts: "QuerySet[Interaction]", wanted: Wanted) -> None:
    done = facts.filter(kind__in=_HAPPENED).exclude(name="")
    numbers = {"n": Count("pk"), "journeys": Count("journey_id", distinct=True)}
    counts.happened = list(_grouped(done, "stage", "name").annotate(**numbers))
    warm = done.filter(name__in=wanted.relationship)
    counts.touched = _pairs(warm.values("stage"), "stage", Count("journey_id", distinct=True))


def _moments(wanted: Wanted) -> list[Row]:
    found = Moment.objects.exclude(state__in=(Moment.State.PLANNED, Moment.State.CANCELLED))
    if wanted.several or wanted.persona:
        found = found.filter(journey__in=_journeys(wanted))
    late = Q(state=Moment.State.DONE, lag__gt=ON_TIME_DAYS)
    found = _since(found, "at", wanted).annotate(lag=DaysBetween("ended_at", "wanted_at"))
    return list(
        _grouped(found, "stage", "touchpoint").annotate(
            done=Count("pk", filter=Q(state=Moment.State.DONE)),
            late=Count("pk", filter=late),
            skipped=Count("pk", filter=Q(state=Moment.State.SKIPPED)),
            failed=Count("pk", filter=Q(state=Moment.State.FAILED)),
        )
    )


def _grouped(found: Any, *names: str, **more: Any) -> Any:
    return found.order_by().values(*names, **more)


def _pairs(found: Any, name: str, number: Any = None) -> dict[str, int]:
    return dict(found.order_by().annotate(_n=number or Count("pk")).values_list(name, "_n"))


def silent_journeys(journeys: "QuerySet[Journey]", stage: str, days: float, now: datetime) -> "QuerySet[Journey]":
    since = now - timedelta(days=days)
    never = Q(client__last_contact_at=None, stage_entered_at__lt=since)
    return journeys.filter(Q(client__last_contact_at__lt=since) | never, stage=stage, state=Journey.State.ACTIVE)


def several_playbooks() -> bool:
    """Whether journeys of more than one playbook are stored."""
    first = Journey.objects.order_by("playbook").values_list("playbook", flat=True).first()
    return first is not None and Journey.objects.filter(playbook__gt=first).exists()
