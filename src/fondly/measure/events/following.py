"""What an event brings about: who a visitor is, and the facts on a client's timeline that move journeys.

Taking events in must be fast, so it only marks those that bring something about. The worker follows the marks
here, a batch in one transaction: marks, visitors and facts change together, so each event is followed exactly once.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from fondly.core.words import heading
from fondly.ground.locking import past_deadlocks
from fondly.measure.events import known, people
from fondly.measure.events.models import ANONYMOUS, BehaviourEvent
from fondly.measure.events.people import People
from fondly.people.clients import timeline
from fondly.people.clients.identity import email_key
from fondly.people.clients.timeline import NewFact

log = logging.getLogger("fondly.events")
SOURCE = "events"
BATCH = 500
Todo = BehaviourEvent.Todo


def turn(now: datetime) -> int:
    """Follow one batch; returns how many events. now: not asked for, an event has its own time."""
    if not _marked().exists():
        return 0
    try:
        return past_deadlocks(lambda: _follow_some(BATCH))
    except DatabaseError:
        raise
    except Exception:
        log.exception("a batch of events cannot be followed together; following them one by one")
        return sum(_follow_alone() for _ in range(_marked()[:BATCH].count()))


def _follow_some(most: int) -> int:
    with transaction.atomic():
        people.alone()
        rows = list(_marked().order_by("pk")[:most])
        _follow(rows)
    return len(rows)


def _follow_alone() -> int:
    """The first marked event; one that cannot be followed stays where it is instead of stopping all others."""
    try:
        return _follow_some(1)
    except DatabaseError:
        raise
    except Exception:
        first = _marked().order_by("pk").first()
        log.exception("event %s cannot be followed", first and first.message_id)
        _mark([first] if first else [], Todo.NOTHING)
        return 1


def _marked() -> QuerySet[BehaviourEvent]:
    return BehaviourEvent.objects.filter(todo=Todo.FOLLOW)


def _follow(rows: Sequence[BehaviourEvent]) -> None:
    followed = _Followed(rows)
    for row in rows:
        if row.kind == "identify":
            followed.identify(row)
        elif row.kind == "alias":
            followed.alias(row)
        else:
            followed.happened(row)
    _mark(rows, Todo.NOTHING)
    _mark(followed.waiting, Todo.VISITOR)
    followed.people.save()
    timeline.record(*followed.facts)


def _mark(rows: Sequence[BehaviourEvent], todo: Todo) -> None:
    BehaviourEvent.objects.filter(pk__in=[row.pk for row in rows]).update(todo=todo)


class _Followed:
    """One batch being followed, in the order the events came."""

    def __init__(self, rows: Sequence[BehaviourEvent]) -> None:
        ids = {one for row in rows for one in _ids(row)}
        self.people = People(ids)
        self.facts: list[NewFact] = []
        self.waiting: list[BehaviourEvent] = []
        unknown = {one for one in ids if self.people.client_of(one) is None}
        self._emails = {row.pk: _email(row) for row in rows if row.kind == "identify" and row.visitor in unknown}
        self._by_id = people.by_external_id(unknown)
        self._by_email = people.by_email(filter(None, self._emails.values()))
        self._spellings = known.spellings()

    def identify(self, row: BehaviourEvent) -> None:
        by_email = self._by_email.get(self._emails.get(row.pk, ""))
        self.people.meet(row.visitor, self._by_id.get(row.visitor, by_email))
        if row.also and self.people.is_free(row.also):
            self.people.join(row.also, row.visitor)

    def alias(self, row: BehaviourEvent) -> None:
        """A previousId does not say which kind of id it is: the one we know, both when we know none."""
        self.people.meet(row.visitor, self._by_id.get(row.visitor))
        for previous in self._by_id.keys() & _previous(row):
            self.people.meet(previous, self._by_id[previous])
        met = [one for one in _previous(row) if self.people.has_met(one)]
        for previous in met[:1] or _previous(row):
            self.people.join(previous, row.visitor)

    def happened(self, row: BehaviourEvent) -> None:
        event = self._spellings[row.name]
        if not event:
            return  # no playbook waits for it any more
        if row.visitor in self._by_id:
            self.people.meet(row.visitor, self._by_id[row.visitor])
        client_id = self.people.client_of(row.visitor)
        if client_id is None:
            self.waiting.append(row)
        else:
            self.facts.append(
                NewFact(client_id, "event", row.at, name=event, text=heading(event), source=SOURCE,
                        external_id=row.message_id)
            )  # fmt: skip


def _ids(row: BehaviourEvent) -> Iterator[str]:
    yield row.visitor
    if row.kind == "alias":
        yield from _previous(row)
    elif row.also:
        yield row.also


def _previous(row: BehaviourEvent) -> tuple[str, str]:
    return ANONYMOUS + row.also, row.also


def _email(row: BehaviourEvent) -> str:
    """The matching form of the address among the traits, "" without one."""
    email = json.loads(row.properties).get("email")
    return email_key(email) if isinstance(email, str) and len(email) < 1000 else ""
