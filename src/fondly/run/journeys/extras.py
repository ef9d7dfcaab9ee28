"""Touchpoints that a person starts for clients beside their plan."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from fondly.core.planner.model import Schedule
from fondly.core.planner.zones import zone_of
from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.model import Touchpoint
from fondly.design.playbooks import library
from fondly.ground import bulk
from fondly.ground.action import NotFound
from fondly.ground.locking import locked
from fondly.ground.wording import recorded
from fondly.run.journeys import moment_rows
from fondly.run.journeys.histories import with_clients
from fondly.run.journeys.left_out import Chosen, Reasons
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.starting import course

BATCH = 500
_NEW = (*moment_rows.NEW, "override", "override_at", "override_by", "override_why")
_RANK = {Journey.State.ACTIVE.value: 2, Journey.State.PAUSED.value: 1}


@dataclass(frozen=True, slots=True)
class Looked:
    """taking: the journeys of those who get it, with when; left_out: (client id, why)."""

    taking: list[tuple[Journey, Book, datetime]] = field(default_factory=list)
    left_out: list[tuple[int, str]] = field(default_factory=list)


def choose(playbook_id: int, name: str, *, again: bool, key: str) -> Chosen:
    """Raises NotFound when the live version has no such touchpoint; Refused when there is no live version."""
    at = course(playbook_id, "")
    touchpoint = at.book.touchpoint(name)
    if touchpoint is None:
        raise NotFound(
            _("%(playbook)s has no touchpoint %(name)r.") % {"playbook": at.playbook.name, "name": name[:80]}
        )
    return Chosen(playbook_id, touchpoint, again, key[:40])


def look(chosen: Chosen, client_ids: Sequence[int], now: datetime, *, lock: bool = False) -> Looked:
    """Who of up to BATCH clients would get it. Writes nothing. lock: the journeys, until the transaction ends."""
    journeys = _journeys(chosen, client_ids, lock=lock)
    books = library.parsed_all({journey.version_id for journey in journeys.values()})
    reasons = Reasons(chosen, list(journeys.values()), books)
    looked = Looked()
    for pk in client_ids:
        journey = journeys.get(pk)
        why = reasons.why_not(journey)
        at = None if why or journey is None else reasons.opens_at(journey, now)
        if journey is not None and at is not None:
            looked.taking.append((journey, books[journey.version_id], at))
        else:
            looked.left_out.append((pk, why or _("nothing is open for it in the coming weeks")))
    return looked


def add(chosen: Chosen, looked: Looked, now: datetime, by: str, why: str) -> list[int]:
    """Store a moment for each of the journeys (locked); gives back their ids. No plan takes a person's word away."""
    rows = []
    for journey, book, at in looked.taking:
        schedule = _schedule(chosen, book, journey, at, now, by)
        rows.append((*moment_rows.new(journey, book, schedule), "at", at, by[:200], why[:300]))
    bulk.insert_rows(Moment, _NEW, rows)
    ids = {journey.pk for journey, _book, _at in looked.taking}
    return list(Moment.objects.filter(journey__among=ids, key=chosen.moment_key).values_list("pk", flat=True))


def _schedule(chosen: Chosen, book: Book, journey: Journey, at: datetime, now: datetime, by: str) -> Schedule:
    touchpoint, zone = _touchpoint(chosen, book), zone_of(journey.client.zone, book.timezone)
    return Schedule(
        key=chosen.moment_key, touchpoint=touchpoint.name, stage=touchpoint.stage, stay=0, kind=touchpoint.kind,
        channel=touchpoint.channel, mode=touchpoint.mode, at=at, wanted_at=now, local=at.astimezone(zone).isoformat(),
        zone=zone.key, why=recorded("started by %(who)s") % {"who": by},
    )  # fmt: skip


def _touchpoint(chosen: Chosen, book: Book) -> Touchpoint:
    """As the version has it that the client lives."""
    return book.touchpoint(chosen.touchpoint.name) or chosen.touchpoint


def _journeys(chosen: Chosen, client_ids: Sequence[int], *, lock: bool) -> dict[int, Journey]:
    """By client: a running journey before a paused one, and that before one that has ended; the newest of each."""
    found = with_clients(Journey.objects.filter(client__among=set(client_ids), playbook=chosen.playbook_id))
    living = found.filter(client__merged_into=None, client__erased_at=None).order_by("pk")
    rows = list(locked(living)) if lock else list(living)
    rows.sort(key=lambda journey: (_RANK.get(journey.state, 0), journey.started_at, journey.pk))
    return {journey.client_id: journey for journey in rows}
