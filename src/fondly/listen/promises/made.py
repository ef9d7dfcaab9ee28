"""Promises that come from the playbook: a touchpoint with `sets:` was done, and those that were not kept in time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from fondly.core.planner.promising import due_at
from fondly.core.playbook.model import Playbook
from fondly.design.playbooks import library
from fondly.ground import bulk
from fondly.ground.wording import recorded
from fondly.listen.promises.models import Promise
from fondly.people.clients.timeline import NewFact, record
from fondly.run.journeys import histories, records
from fondly.run.journeys.models import Journey
from fondly.run.outbox import restoring

_BATCH = 500
_JUST_AFTER = timedelta(seconds=1)  # due at 16:00 is kept at 16:00:00 and broken a second later


def from_facts(facts: Sequence[NewFact]) -> None:
    """Open the promises that done or sent touchpoints set. A repeat of the touchpoint keeps the one before."""
    happened = [f for f in facts if f.kind in ("done", "sent") and f.journey_id and _may_set(f)]
    if not happened:
        return
    journeys = Journey.objects.select_related("client").in_bulk([f.journey_id for f in happened])
    books = library.parsed_all({journey.version_id for journey in journeys.values()})
    for fact in happened:
        journey = journeys.get(fact.journey_id or 0)
        if journey is not None:
            _from_fact(fact, journey, books[journey.version_id])


def _may_set(fact: NewFact) -> bool:
    """A fact that a moment wrote says itself whether its touchpoint sets a promise; histories set none."""
    return "sets" in fact.data if fact.source == records.MOMENT else not fact.source.startswith("log:")


def _from_fact(fact: NewFact, journey: Journey, playbook: Playbook) -> None:
    touchpoint = playbook.touchpoint(fact.name)
    if touchpoint is None or touchpoint.sets is None:
        return
    same = Promise.objects.filter(journey=journey, touchpoint=fact.name, made_at__lte=fact.at)
    known = list(same.filter(Q(made_at=fact.at) | Q(state=Promise.State.OPEN)).order_by("pk"))
    if any(promise.made_at == fact.at for promise in known):
        return
    earlier = next(iter(known), None)
    if earlier is not None:
        end(earlier, Promise.State.KEPT, fact.at, recorded("Done again"))
    Promise.objects.create(
        client_id=fact.client_id,
        journey=journey,
        what=touchpoint.sets.what,
        due_at=due_at(playbook, touchpoint.sets, fact.at, histories.person_of(journey.client, playbook, frozenset())),
        touchpoint=fact.name,
        stage=fact.stage,
        said_by="The playbook",
        made_at=fact.at,
    )


def sweep(now: datetime) -> int:
    """Mark what was due and is still open as broken, and say so on the timelines. How many were.

    What fell due before a restore was perhaps kept in the install that is lost: it stays due until a person says.
    """
    due = Promise.objects.filter(state=Promise.State.OPEN, due_at__lt=now)
    late = list(due.exclude(_in_doubt()).order_by("due_at", "id")[:_BATCH])
    end_all([(promise, Promise.State.BROKEN, promise.due_at or now) for promise in late], recorded("Not kept in time"))
    return len(late)


def doubt(now: datetime) -> None:
    """Before everything runs again: say at each promise that a restore left in doubt why it is still due."""
    doubted = Promise.objects.filter(_in_doubt(), state=Promise.State.OPEN)
    doubted.update(note=recorded("It may have been kept before the restore."))


def _in_doubt() -> Q:
    """Due before the newest restore; nothing when there never was one."""
    fence = restoring.fence()
    return Q(due_at__lte=fence.restored_at) if fence is not None else Q(pk__in=[])


def next_due_after(instant: datetime) -> datetime | None:
    """When sweep() first has something to do, later than `instant`."""
    open_ones = Promise.objects.filter(state=Promise.State.OPEN, due_at__gte=instant).order_by("due_at")
    found = open_ones.values_list("due_at", flat=True).first()
    return found + _JUST_AFTER if found else None


def end(promise: Promise, state: Promise.State, at: datetime, note: str, by_id: int | None = None) -> None:
    """Close a promise and put it on the timeline."""
    end_all([(promise, state, at)], note, by_id)


def end_all(ended: Sequence[tuple[Promise, Promise.State, datetime]], note: str, by_id: int | None = None) -> None:
    """Close promises, each with its state and instant, and put them on the timelines."""
    for promise, state, at in ended:
        promise.state, promise.ended_at, promise.note = state, at, note[:300]
        promise.revision += 1
    rows = [(p.state, p.ended_at, p.note, p.revision, p.pk) for p, _state, _at in ended]
    bulk.update(Promise, ("state", "ended_at", "note", "revision"), rows)
    record(*(fact_of(promise, at, by_id) for promise, _state, at in ended))


def fact_of(promise: Promise, at: datetime, by_id: int | None = None) -> NewFact:
    """What the timeline says of a promise that came to its present state at this instant."""
    return NewFact(
        promise.client_id,
        "promise",
        at,
        name=str(promise.state),
        journey_id=promise.journey_id,
        stage=promise.stage,
        text=promise.what,
        by_id=by_id,
        data={"promise_id": promise.pk, "note": promise.note},
    )
