"""Looking again at the journeys whose time for it has come."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction

from fondly.ground.instants import stored
from fondly.ground.locking import locked
from fondly.ground.reading import places
from fondly.people.clients.timeline import NewFact
from fondly.run.journeys.histories import PLAN, with_clients
from fondly.run.journeys.models import Journey
from fondly.run.journeys.reconcile import reconcile

log = logging.getLogger("fondly.planning")
BATCH = 250
TRY_AGAIN = timedelta(hours=1)  # for a journey whose planning fails
_CHUNK = 500
_LIVING = (Journey.State.ACTIVE, Journey.State.PAUSED)


def plan_due(now: datetime, *, batch: int = BATCH) -> int:
    """Plan one batch of journeys that are due for it; returns how many. Each batch is one transaction."""
    due = Journey.objects.filter(state=Journey.State.ACTIVE, plan_at__lte=now).order_by("plan_at", "pk")
    ids = list(due.values_list("pk", flat=True)[:batch])
    if not ids:
        return 0
    try:
        return _plan(ids, now)
    except DatabaseError:
        raise
    except Exception:
        log.exception("a batch of journeys cannot be planned together; planning them one by one")
        return sum(_plan_alone(pk, now) for pk in ids)


def _plan(ids: Sequence[int], now: datetime) -> int:
    with transaction.atomic():
        due = Journey.objects.filter(pk__in=ids, state=Journey.State.ACTIVE, plan_at__lte=now)
        journeys = list(locked(with_clients(due).order_by("pk"), skip=True))
        if journeys:
            reconcile(journeys, now)
        return len(journeys)


def _plan_alone(pk: int, now: datetime) -> int:
    """Plan one journey; one that cannot be planned waits an hour instead of stopping all others."""
    try:
        return _plan([pk], now)
    except DatabaseError:
        raise
    except Exception:
        log.exception("journey %s cannot be planned", pk)
        Journey.objects.filter(pk=pk).update(plan_at=now + TRY_AGAIN)
        return 1


def wake(now: datetime) -> int:
    """Resume the journeys whose pause is over; their plan is looked at next."""
    return Journey.objects.filter(state=Journey.State.PAUSED, paused_until__lte=now).update(
        state=Journey.State.ACTIVE, plan_at=now, paused_why=""
    )


def ask_for(client_ids: Sequence[int], now: datetime) -> None:
    """Have the journeys of these clients planned again at the next turn."""
    ids = sorted(set(client_ids))
    for start in range(0, len(ids), _CHUNK):
        _ask_some(ids[start : start + _CHUNK], now)


def _ask_some(client_ids: Sequence[int], now: datetime) -> None:
    """Plain SQL: this runs for every fact, between a mail's point of no return and its last dot."""
    ids = places(client_ids)
    sql = f"UPDATE journeys_journey SET plan_at = %s WHERE state = 'active' AND client_id IN ({ids})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [stored(now), *client_ids])


def on_facts(facts: Sequence[NewFact], now: datetime) -> None:
    """Something happened to clients: what a plan itself wrote changes no plan."""
    ask_for(_clients_of(facts), now)


def _clients_of(facts: Iterable[NewFact]) -> list[int]:
    return [fact.client_id for fact in facts if fact.source != PLAN]
