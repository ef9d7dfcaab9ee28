"""How the invented people move: when they arrive, how long they stay in a stage, what happens there, who leaves."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from fondly.core.playbook.model import Duration, Playbook, Stage

_DAYS = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1, "weeks": 7, "months": 30, "business days": 1.4}
_USUAL = {"before": (3, 10), "new": (12, 32), "ongoing": (45, 120), "alumni": (400, 800)}
_LEAVE = {"before": 0.14, "new": 0.03, "ongoing": 0.04, "alumni": 0.0}
_REASON = {"before": "declined", "new": "cancelled", "ongoing": "cancelled", "alumni": "unsubscribed"}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens to one client: an event, or leaving for good."""

    at: datetime
    event: str = ""
    leaves: str = ""  # a reason


def course(book: Playbook, arrives: datetime, until: datetime, dice: random.Random, stop: str = "") -> list[Step]:
    """All steps of one client between arrival and `until`. stop: they stay in that stage when they reach it."""
    steps: list[Step] = []
    at, stage = arrives, first_stage(book)
    passed: set[str] = set()
    while stage is not None and at < until:
        stay = timedelta(days=_usual(stage) if stop else _days(stage, dice))
        steps += _happenings(book, stage, at, stay, dice)
        passed.add(stage.name)
        follower = _after(book, stage, passed, stop)
        if stage.name == stop or stage.never_ends or follower is None:
            break
        at += stay
        if not stop and dice.random() < _LEAVE.get(stage.phase, 0):
            steps.append(Step(at, leaves=_REASON.get(stage.phase, "person")))
            break
        breaks_out = follower != book.stage_after(stage.name)
        event = follower.starts if breaks_out else stage.ends or follower.starts
        if event:
            steps.append(Step(at, event))
        stage = follower
    return sorted((step for step in steps if step.at < until), key=lambda step: step.at)


def first_stage(book: Playbook) -> Stage:
    """Where a client we know by name begins: the second stage when the first is only being seen."""
    stages = list(book.stages.values())
    return stages[1] if len(stages) > 1 and stages[0].phase == "before" and stages[1].phase == "before" else stages[0]


def days_until(book: Playbook, stop: str) -> float:
    """About how many days it takes to reach a stage."""
    total = 0.0
    stage: Stage | None = first_stage(book)
    passed: set[str] = set()
    while stage is not None and stage.name != stop and not stage.never_ends:
        total += _usual(stage)
        passed.add(stage.name)
        stage = _after(book, stage, passed, stop)
    return total


def _after(book: Playbook, stage: Stage, passed: set[str], stop: str) -> Stage | None:
    """The stage after; out of a ring of stages gone round once, the one to be reached."""
    follower = book.stage_after(stage.name)
    came_round = follower is not None and follower.name in passed
    return book.stages[stop] if stop and came_round else follower


def _usual(stage: Stage) -> float:
    if stage.length is not None:
        return _in_days(stage.length)
    low, high = _USUAL.get(stage.phase, (10, 30))
    return (low + high) / 2


def _days(stage: Stage, dice: random.Random) -> float:
    if stage.length is not None and not stage.ends:
        return _in_days(stage.length)
    return _usual(stage) * dice.uniform(0.6, 1.3)


def _in_days(length: Duration) -> float:
    return length.count * _DAYS.get(length.unit, 30)


def _happenings(book: Playbook, stage: Stage, at: datetime, stay: timedelta, dice: random.Random) -> list[Step]:
    """Events that touchpoints of this stage wait for, each most of the time, in the order of the file."""
    moving = {s.ends for s in book.stages.values()} | {s.starts for s in book.stages.values()}
    anchors = [t.when.anchor for t in stage.touchpoints.values() if t.when is not None]
    names = list(dict.fromkeys(a.name for a in anchors if a.kind == "event" and a.name not in moving))
    part = stay / (len(names) + 1)
    return [Step(at + part * (n + dice.uniform(0.3, 0.9)), name) for n, name in enumerate(names) if dice.random() < 0.8]
