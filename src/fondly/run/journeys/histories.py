"""What the planner must know of many journeys, read in a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from fondly.core.planner.model import Fact, FactKind, History, Override, Person
from fondly.core.planner.zones import zone_of
from fondly.core.playbook.model import Playbook as Book
from fondly.people.clients import consents
from fondly.people.clients.models import Client, Interaction
from fondly.run.journeys.models import Journey, Moment

PLAN = "plan"  # source of the facts that a plan itself wrote; they are not fed back to it
_KINDS: dict[str, FactKind] = {
    "entered": "entered", "event": "event", "done": "done", "skipped": "skipped", "replied": "replied",
    "answered": "answered", "promise": "promise", "sent": "sent", "exited": "exited",
}  # fmt: skip
OF_CLIENT = ("name", "zone", "persona", "fields", "is_demo")  # all that planning and its previews look at
_OVER = frozenset((Moment.State.DONE, Moment.State.SKIPPED, Moment.State.FAILED))
_SHARED = frozenset({"event", "replied", "answered", "promise"})  # without a journey they speak to every one


class Row(NamedTuple):
    """One fact of the timeline, as read."""

    id: int
    client_id: int
    journey_id: int | None
    at: datetime
    kind: str
    name: str
    key: str
    channel: str
    value: float | None
    is_contact: bool
    source: str


class Kept(NamedTuple):
    """A stored moment, as much of it as planning looks at."""

    id: int
    journey_id: int
    key: str
    touchpoint: str
    stage: str
    channel: str
    state: str
    asks: str
    at: datetime
    wanted_at: datetime
    local: str
    why: str
    override: str
    override_at: datetime | None
    override_by: str
    override_why: str
    lease_until: datetime | None
    role: str
    reason: str


@dataclass(slots=True)
class Loaded:
    """Histories and stored moments by journey. entered: (stage, at) that a person or a start wrote down."""

    histories: dict[int, History] = field(default_factory=dict)
    moments: dict[int, list[Kept]] = field(default_factory=lambda: defaultdict(list))
    entered: dict[int, set[tuple[str, datetime]]] = field(default_factory=dict)


def with_clients(rows: QuerySet[Journey]) -> QuerySet[Journey]:
    """These journeys with OF_CLIENT of their clients."""
    own = (column.name for column in Journey._meta.concrete_fields)
    return rows.select_related("client").only(*own, *(f"client__{name}" for name in OF_CLIENT))


def load(journeys: Sequence[Journey], books: Mapping[int, Book]) -> Loaded:
    """Histories of journeys whose `client` is already loaded; books by version id. At most five queries."""
    loaded = Loaded()
    for moment in moments_of([journey.pk for journey in journeys]):
        loaded.moments[moment.journey_id].append(moment)
    rows = _facts({journey.client_id for journey in journeys})
    refused = _refused(journeys, books)
    drawn = subjects(journeys, books)
    for journey in journeys:
        mine = rows.get(journey.client_id, ())
        facts = tuple(_facts_of(journey, mine))
        loaded.entered[journey.pk] = {(fact.name, fact.at) for fact in facts if fact.kind == "entered"}
        loaded.histories[journey.pk] = History(
            facts=facts,
            person=person_of(journey.client, books[journey.version_id], refused[journey.client_id]),
            overrides={m.key: _override(m) for m in loaded.moments[journey.pk] if m.override},
            paused_until=journey.paused_until,
            jitter_seed=str(journey.pk),
            subject=drawn.get(journey.client_id, ""),
            over=frozenset(m.key for m in loaded.moments[journey.pk] if m.state in _OVER),
        )
    return loaded


def moments_of(journey_ids: Sequence[int]) -> Iterable[Kept]:
    """The stored moments of these journeys."""
    rows = Moment.objects.filter(journey_id__in=journey_ids).order_by("at", "id").values_list(*Kept._fields)
    return (Kept(*row) for row in rows.iterator(chunk_size=2000))


def person_of(client: Client, book: Book, refused: frozenset[tuple[str, str]]) -> Person:
    """What the planner may know about a client, dates read as dates."""
    known = {name: _typed(value, book, name, client) for name, value in client.fields.items()}
    return Person(
        zone=client.zone,
        persona=client.persona,
        fields={name: value for name, value in known.items() if value not in (None, "")},
        refused=refused,
    )


def _facts(client_ids: set[int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    telling = Q(kind__in=list(_KINDS)) | Q(is_contact=True)
    rows = Interaction.objects.filter(telling, client_id__in=client_ids).order_by("at", "id").values_list(*Row._fields)
    for values in rows.iterator(chunk_size=5000):
        found[values[1]].append(Row(*values))
    return found


def _facts_of(journey: Journey, rows: Iterable[Row]) -> Iterable[Fact]:
    for row in rows:
        mine = row.journey_id == journey.pk
        shared = row.journey_id is None and row.kind in _SHARED and row.at >= journey.started_at
        if (mine or shared) and row.kind in _KINDS and not (row.kind == "entered" and row.source == PLAN):
            value = row.channel if row.kind == "sent" else row.value
            yield Fact(row.at, _KINDS[row.kind], row.name, row.key, value, row.id)
        elif row.kind == "sent":  # another journey's message: it counts against the caps, nothing else
            yield Fact(row.at, "sent", "", "", row.channel, row.id)
        if row.is_contact:
            yield Fact(row.at, "contact", row.name, "", None, row.id)


def _refused(journeys: Sequence[Journey], books: Mapping[int, Book]) -> dict[int, frozenset[tuple[str, str]]]:
    used = [books[version_id] for version_id in {journey.version_id for journey in journeys}]
    purposes = {touchpoint.consent for book in used for touchpoint in book.touchpoints()} - {""}
    channels = {touchpoint.channel for book in used for touchpoint in book.touchpoints()} - {""}
    ids = sorted({journey.client_id for journey in journeys})
    return consents.refused(ids, purposes=sorted(purposes | {"marketing"}), channels=sorted(channels))


def subjects(journeys: Sequence[Journey], books: Mapping[int, Book]) -> dict[int, str]:
    """Per client whom experiments draw: the oldest of the records that became one. Only where there are holdouts."""
    ids = {journey.client_id for journey in journeys if books[journey.version_id].holdouts}
    oldest = {pk: pk for pk in ids}
    found = {pk: pk for pk in ids}  # record -> the client it is part of
    while found:
        merged = Client.objects.filter(merged_into__in=found).values_list("pk", "merged_into")
        found = {pk: found[into] for pk, into in merged if into is not None}
        for pk, client_id in found.items():
            oldest[client_id] = min(oldest[client_id], pk)
    return {pk: str(first) for pk, first in oldest.items()}


def _override(moment: Kept) -> Override:
    action: Any = moment.override
    return Override(action, moment.override_at, moment.override_by, moment.override_why)


def _typed(value: Any, book: Book, name: str, client: Client) -> Any:
    """A field as the planner wants it: dates as dates, instants aware, anything unreadable left out."""
    declared = book.fields.get(name)
    if declared is None or declared.type not in ("date", "datetime") or not isinstance(value, str):
        return value
    try:
        if declared.type == "date":
            return date.fromisoformat(value.strip()[:10])
        instant = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone_of(client.zone, book.timezone))
