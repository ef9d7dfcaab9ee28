"""The timeline: what happened between us and a client, append-only. Everything above writes it through record()."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from fondly.ground import bulk, clock
from fondly.people.clients import hooks, rows
from fondly.people.clients.models import Client, Interaction

KINDS = frozenset(
    [
        "entered",
        "left",
        "event",
        "done",
        "skipped",
        "sent",
        "received",
        "replied",
        "answered",
        "promise",
        "note",
        "call",
        "meeting",
        "exited",
        "consent",
        "field",
        "paused",
        "resumed",
        "merged",
        "imported",
        "offered",
    ]
)
SOLVED = frozenset({"", "yes", "partly", "no"})
JUDGES = frozenset({"", "client", "person", "guess"})
_FEELINGS_KEPT = 5
_BATCH = 1000
_EXACT = {"stage": 60, "channel": 40, "key": 200, "source": 40, "external_id": 200}


@dataclass(frozen=True, slots=True)
class NewFact:
    """One thing that happened. feeling is -2..+2; amount_minor is in the smallest unit of the client's currency."""

    client_id: int
    kind: str
    at: datetime
    name: str = ""
    journey_id: int | None = None
    stage: str = ""
    channel: str = ""
    key: str = ""
    text: str = ""
    value: float | None = None
    feeling: int | None = None
    solved: str = ""
    judged_by: str = ""
    is_contact: bool = False
    amount_minor: int | None = None
    resource: str = ""
    by_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    external_id: str = ""


def record(*facts: NewFact) -> None:
    """Add facts in bulk. A repeat of (source, external_id) is ignored.

    Keeps the clients' feeling, recent_feelings and last_contact_at. Raises ValueError on a fact
    that cannot be (unknown kind, naive instant, feeling out of range, key too long).
    """
    if not facts:
        return
    for fact in facts:
        _check(fact)
    rows.add(facts, clock.now())
    _keep_contacts(facts)
    refresh_feelings({fact.client_id for fact in facts if fact.feeling is not None})
    hooks.on_facts(facts)


def feeling_of(recent: Sequence[int]) -> float | None:
    """The mean of feelings, newest last, the newest counting most (weights 1, 2, 3 ...)."""
    if not recent:
        return None
    weights = range(1, len(recent) + 1)
    return round(sum(w * f for w, f in zip(weights, recent, strict=True)) / sum(weights), 4)


def refresh_feelings(client_ids: Iterable[int]) -> None:
    """Compute the kept feelings of these clients again from their timelines."""
    ids = sorted(client_ids)
    for start in range(0, len(ids), _BATCH):
        _refresh_some(ids[start : start + _BATCH])


def refresh_contact(client_id: int) -> None:
    """Compute last_contact_at again from the timeline (after an un-merge)."""
    facts = Interaction.objects.filter(client_id=client_id, is_contact=True)
    newest = facts.order_by("-at").values_list("at", flat=True).first()
    Client.objects.filter(pk=client_id).update(last_contact_at=newest)


def _refresh_some(ids: list[int]) -> None:
    newest_first = Window(RowNumber(), partition_by=F("client_id"), order_by=[F("at").desc(), F("id").desc()])
    felt = Interaction.objects.filter(client_id__in=ids, feeling__isnull=False).annotate(place=newest_first)
    recent: dict[int, list[int]] = defaultdict(list)
    rows = felt.filter(place__lte=_FEELINGS_KEPT).order_by("client_id", "at", "id")
    for client_id, feeling in rows.values_list("client_id", "feeling"):
        recent[client_id].append(int(feeling or 0))
    bulk.update(Client, ("recent_feelings", "feeling"), [(recent[pk], feeling_of(recent[pk]), pk) for pk in ids])


def _keep_contacts(facts: Sequence[NewFact]) -> None:
    newest: dict[int, datetime] = {}
    for fact in facts:
        if fact.is_contact:
            newest[fact.client_id] = max(fact.at, newest.get(fact.client_id, fact.at))
    if not newest:
        return
    known = Client.objects.filter(pk__in=list(newest)).only("pk", "last_contact_at")
    later = [c.pk for c in known if c.last_contact_at is None or c.last_contact_at < newest[c.pk]]
    bulk.update(Client, ("last_contact_at",), [(newest[pk], pk) for pk in later])


def _check(fact: NewFact) -> None:
    if fact.kind not in KINDS:
        raise ValueError(f"{fact.kind!r} is not a kind of fact; one of: {', '.join(sorted(KINDS))}")
    if fact.at.tzinfo is None:
        raise ValueError(f"The fact {fact.kind} {fact.name!r} has an instant without a time zone: {fact.at}")
    if fact.feeling is not None and not -2 <= fact.feeling <= 2:
        raise ValueError(f"A feeling is from -2 to +2, not {fact.feeling}")
    if fact.solved not in SOLVED or fact.judged_by not in JUDGES:
        raise ValueError(f"solved={fact.solved!r}, judged_by={fact.judged_by!r}: yes/partly/no and client/person/guess")
    for name, limit in _EXACT.items():
        if len(getattr(fact, name)) > limit:
            raise ValueError(f"{name} of a fact holds at most {limit} characters: {getattr(fact, name)[:60]!r}…")
