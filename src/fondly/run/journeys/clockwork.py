"""Living through time: from one thing that is due to the next, so that two weeks passed in a minute are two real weeks.

Nothing is late that would not have been late, and everything happens in its order.
"""

from collections.abc import Callable
from datetime import datetime

from fondly.ground import clock
from fondly.run.journeys import engine
from fondly.run.journeys.models import Journey, Moment

# fn(after) -> the first instant after `after` at which that room has something to do, or None.
Source = Callable[[datetime], datetime | None]
_sources: list[Source] = []
_MOST_TURNS = 1000  # at one instant; more means that something never comes to rest


def register(source: Source) -> None:
    """Let another room say when it has something to do next."""
    if source not in _sources:
        _sources.append(source)


def next_at(after: datetime, until: datetime) -> datetime | None:
    """The next instant in (after, until] at which anything is due; None when there is nothing."""
    instants = [instant for source in (_plans, _pauses, _moments, *_sources) if (instant := source(after)) is not None]
    return min((instant for instant in instants if instant <= until), default=None)


def settle(worker: str, stopping: Callable[[], bool] = engine.never) -> datetime:
    """Tick until there is nothing more to do at this instant. Returns the instant of the last look."""
    for _ in range(_MOST_TURNS):
        now = clock.now()
        if stopping() or engine.tick(now, worker, stopping).quiet:
            break
    return now


def bring_to(
    target: datetime, worker: str, stopping: Callable[[], bool] = engine.never, beat: Callable[[], None] = lambda: None
) -> None:
    """Move the install's clock to `target`, stopping at every instant at which something is due."""
    looked = settle(worker, stopping)
    # After the last look, not after now: what fell due while it looked would be passed by.
    while not stopping() and (step := next_at(looked, target)) is not None:
        clock.set_to(max(step, clock.now()))
        beat()
        looked = settle(worker, stopping)
    if not stopping():
        clock.set_to(max(target, clock.now()))
        clock.arrived()


def _plans(after: datetime) -> datetime | None:
    rows = Journey.objects.filter(state=Journey.State.ACTIVE, plan_at__gt=after).order_by("plan_at")
    return rows.values_list("plan_at", flat=True).first()


def _pauses(after: datetime) -> datetime | None:
    rows = Journey.objects.filter(state=Journey.State.PAUSED, paused_until__gt=after).order_by("paused_until")
    return rows.values_list("paused_until", flat=True).first()


def _moments(after: datetime) -> datetime | None:
    rows = Moment.objects.filter(state=Moment.State.PLANNED, at__gt=after).order_by("at")
    return rows.values_list("at", flat=True).first()
