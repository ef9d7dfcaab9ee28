"""Promises that come from the playbook: a touchpoint with `sets:` was done, and those that were not kept in time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fondly.core.planner.promising import due_at
from fondly.design.playbooks import library
from fondly.listen.promises.models import Promise
from fondly.people.clients.timeline import NewFact, record
from fondly.run.journeys import histories, records
from fondly.run.journeys.models import Journey

_BATCH = 500
_JUST_AFTER = timedelta(seconds=1)  # due at 16:00 is kept at 16:00:00 and broken a second later


def from_facts(facts: Sequence[NewFact]) -> None:
    """Open the promises that done or sent touchpoints set. A repeat of the touchpoint keeps the one before."""
    happened = [f for f in facts if f.kind in ("done", "sent") and f.journey_id and _may_set(f)]
    if not happened:
        return
    journeys = Journey.objects.select_related("client").in_bulk([f.journey_id for f in happened])
    for fact in happened:
        journey = journeys.get(fact.journey_id or 0)
        if journey is not None:
            _from_fact(fact, journey)


def _may_set(fact: NewFact) -> bool:
    """A fact that a moment wrote says itself whether its touchpoint sets a promise; histories set none."""
    return "sets" in fact.data if fact.source == records.MOMENT else not fact.source.startswith("log:")


def _from_fact(fact: NewFact, journey: Journey) -> None:
    playbook = library.parsed(journey.version_id)
    touchpoint = playbook.touchpoint(fact.name)
    if touchpoint is None or touchpoint.sets is None:
        return
    earlier = Promise.objects.filter(
        journey=journey, touchpoint=fact.name, state=Promise.State.OPEN, made_at__lt=fact.at
    ).first()
    if Promise.objects.filter(journey=journey, touchpoint=fact.name, made_at=fact.at).exists():
        return
    if earlier is not None:
        _end(earlier, Promise.State.KEPT, fact.at, "Done again")
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
    """Mark what was due and is still open as broken, and say so on the timelines. How many were."""
    late = list(Promise.objects.filter(state=Promise.State.OPEN, due_at__lt=now).order_by("due_at", "id")[:_BATCH])
    for promise in late:
        _end(promise, Promise.State.BROKEN, promise.due_at or now, "Not kept in time")
    return len(late)


def next_due_after(instant: datetime) -> datetime | None:
    """When sweep() first has something to do, later than `instant`."""
    open_ones = Promise.objects.filter(state=Promise.State.OPEN, due_at__gte=instant).order_by("due_at")
    found = open_ones.values_list("due_at", flat=True).first()
    return found + _JUST_AFTER if found else None


def end(promise: Promise, state: Promise.State, at: datetime, note: str, by_id: int | None = None) -> None:
    """Close a promise and put it on the timeline."""
    _end(promise, state, at, note, by_id)


def _end(promise: Promise, state: Promise.State, at: datetime, note: str, by_id: int | None = None) -> None:
    promise.state, promise.ended_at, promise.note = state, at, note[:300]
    promise.revision += 1
    promise.save(update_fields=["state", "ended_at", "note", "revision"])
    record(
        NewFact(
            promise.client_id,
            "promise",
            at,
            name=str(state),
            journey_id=promise.journey_id,
            stage=promise.stage,
            text=promise.what,
            by_id=by_id,
            data={"promise_id": promise.pk, "note": note},
        )
    )
