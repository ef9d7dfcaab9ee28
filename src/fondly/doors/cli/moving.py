"""Living through time: from one thing that is due to the next, until a wished instant."""

from collections.abc import Callable
from datetime import datetime

from fondly.ground import clock
from fondly.run.journeys import engine
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox.models import Message


def next_at(after: datetime, until: datetime) -> datetime | None:
    """The next instant in (after, until] at which the engine has something to do; None when there is nothing."""
    found = (
        Journey.objects.filter(state=Journey.State.ACTIVE, plan_at__gt=after)
        .order_by("plan_at")
        .values_list("plan_at"),
        Moment.objects.filter(state=Moment.State.PLANNED, at__gt=after).order_by("at").values_list("at"),
        Message.objects.filter(state=Message.State.HELD, go_at__gt=after).order_by("go_at").values_list("go_at"),
    )
    instants = [row[0] for row in (query.first() for query in found) if row and row[0] <= until]
    return min(instants, default=None)


def settle(worker: str, stopping: Callable[[], bool]) -> None:
    """Tick until there is nothing more to do at this instant."""
    while not stopping() and not engine.tick(clock.now(), worker, stopping).quiet:
        pass


def bring_to(target: datetime, worker: str, stopping: Callable[[], bool], beat: Callable[[], None]) -> None:
    """Move the install's clock to `target`, stopping at every instant at which something is due."""
    settle(worker, stopping)
    while not stopping() and (step := next_at(clock.now(), target)) is not None:
        clock.set_to(step)
        beat()
        settle(worker, stopping)
    if not stopping():
        clock.set_to(max(target, clock.now()))
        clock.arrived()
