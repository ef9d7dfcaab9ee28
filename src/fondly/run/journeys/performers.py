"""Who can do what by itself: rooms register a performer per channel when they start; the engine imports none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.model import Touchpoint
from fondly.run.journeys.rows import ClientRow, MomentRow

Outcome = Literal["on_the_way", "approve", "by_hand", "skipped", "failed", "done", "uncertain"]


@dataclass(frozen=True, slots=True)
class Job:
    """One moment to perform, with all a performer needs."""

    moment: MomentRow
    client: ClientRow
    book: Book
    touchpoint: Touchpoint


@dataclass(frozen=True, slots=True)
class Result:
    """on_the_way: the performer will report the end itself; by_hand: a person must do it, reason says why.

    uncertain: it may have happened already; a person says whether.
    """

    moment_id: int
    outcome: Outcome
    reason: str = ""


class Performer(Protocol):
    """Performs the moments of one channel. All calls happen inside a transaction of the engine."""

    def perform(self, jobs: Sequence[Job], now: datetime) -> Sequence[Result]:
        """Write down the intent for every job (nothing leaves the house here). Raises: the batch is undone."""
        ...

    def withdraw(self, moment_ids: Sequence[int], reason: str, now: datetime) -> set[int]:
        """Call back what has not left yet. Returns the moments that are safely withdrawn (or had nothing)."""
        ...

    def ask(self, moment_ids: Sequence[int], reason: str, now: datetime) -> set[int]:
        """Turn what waits into a question to a person, with the content kept. Returns those turned."""
        ...

    def postpone(self, moment_id: int, at: datetime, reason: str) -> None:
        """Let what waits go at `at` instead, with the content kept."""
        ...


_performers: dict[str, Performer] = {}


def register(name: str, performer: Performer) -> None:
    """Let `performer` do the moments of the channel `name`."""
    _performers[name] = performer


def of(channel: str) -> Performer | None:
    """The performer of a channel; None means a person does it."""
    return _performers.get(channel)


def withdraw(moments: Sequence[tuple[int, str]], reason: str, now: datetime) -> set[int]:
    """Withdraw moments given as (id, channel); channels without a performer have nothing on the way."""
    done: set[int] = set()
    for channel in {channel for _, channel in moments}:
        ids = [pk for pk, where in moments if where == channel]
        performer = of(channel)
        done.update(ids if performer is None else performer.withdraw(ids, reason, now))
    return done


def ask(moments: Sequence[tuple[int, str]], reason: str, now: datetime) -> set[int]:
    """Turn moments on their way, given as (id, channel), into questions to a person."""
    done: set[int] = set()
    for channel in {channel for _, channel in moments}:
        performer = of(channel)
        if performer is not None:
            done.update(performer.ask([pk for pk, where in moments if where == channel], reason, now))
    return done


def postpone(moment_id: int, channel: str, at: datetime, reason: str) -> None:
    """Hold back one moment on its way until a later time."""
    performer = of(channel)
    if performer is not None:
        performer.postpone(moment_id, at, reason)
