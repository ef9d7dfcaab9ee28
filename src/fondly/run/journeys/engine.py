"""One turn of the engine: plan, claim, perform, send."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from fondly.run.journeys import claiming, planning, rows, switch

_MOST_BATCHES = 20  # of one kind in one turn, so that planning a crowd does not hold back mail that is due

# Sends what lies ready; registered by the outbox when it starts. fn(now, worker, stopping) -> how many left.
Sender = Callable[[datetime, str, Callable[[], bool]], int]
_senders: list[Sender] = []
# What time alone brings about in another room, such as a promise that was not kept. fn(now) -> how many.
Watch = Callable[[datetime], int]
_watches: list[Watch] = []


@dataclass(frozen=True, slots=True)
class Tick:
    """What one turn did. done: moments performed or given to a person; sent: messages that left."""

    planned: int = 0
    claimed: int = 0
    done: int = 0
    sent: int = 0
    taken_over: int = 0
    watched: int = 0

    @property
    def quiet(self) -> bool:
        return not (self.planned or self.claimed or self.done or self.sent or self.taken_over or self.watched)


def on_send(sender: Sender) -> None:
    """Call `sender` at the end of every turn."""
    if sender not in _senders:
        _senders.append(sender)


def on_time(watch: Watch) -> None:
    """Call `watch` at the start of every turn, also while everything is paused: time passes all the same."""
    if watch not in _watches:
        _watches.append(watch)


def never() -> bool:
    """Nobody asked to stop."""
    return False


def tick(now: datetime, worker: str = "worker", stopping: Callable[[], bool] = never) -> Tick:
    """One turn. With everything paused nothing is planned or claimed and nothing leaves."""
    watched = sum(watch(now) for watch in _watches)
    if switch.why_paused():
        return Tick(watched=watched)
    # One read while nothing is due: with SQLite a transaction here would make others wait every second.
    turn = _do_due(now, worker, stopping) if rows.is_anything_due(now) else Tick()
    sent = 0 if stopping() else sum(sender(now, worker, stopping) for sender in _senders)
    return replace(turn, sent=sent, watched=watched)


def _do_due(now: datetime, worker: str, stopping: Callable[[], bool]) -> Tick:
    planning.wake(now)
    taken_over = claiming.take_over(now)
    planned = _repeat(lambda: planning.plan_due(now), planning.BATCH, stopping)
    claimed = done = 0
    for _ in range(_MOST_BATCHES):
        batch = claiming.claim(now, worker)
        claimed += len(batch.jobs) + batch.by_hand
        done += batch.by_hand + claiming.perform(batch, now, worker)
        if stopping() or not (batch.jobs or batch.by_hand):
            break
    return Tick(planned, claimed, done, taken_over=taken_over)


def _repeat(step: Callable[[], int], full: int, stopping: Callable[[], bool]) -> int:
    total = 0
    for _ in range(_MOST_BATCHES):
        count = step()
        total += count
        if count < full or stopping():
            break
    return total
