"""Scripts of steps: made from a seed, lived, and, when a rule breaks, made as short as they can be."""

import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from tests.proof.simulation_acts import ACTS
from tests.proof.simulation_rules import Violation
from tests.proof.simulation_steps import STEPS
from tests.proof.simulation_world import World, living

ALL = {**STEPS, **ACTS}
FEW, MANY = 5, 600  # clients of a world: a few with much happening to each, or a crowd
LENGTH = 120
CROWD_EVERY = 2  # worlds
LONGEST_SHORTENING = 60.0  # seconds


class Choice(NamedTuple):
    """One step and the numbers that choose in it."""

    name: str
    a: int
    b: int
    c: int


@dataclass(frozen=True, slots=True)
class Lived:
    """What a script led to. years: of clients on a journey; acts: of people; broken: the rule, or ""."""

    seed: int
    years: float
    steps: int
    acts: int
    moments: int
    mails: int
    broken: str = ""


def clients_of(seed: int) -> int:
    """How many clients the world of this seed has."""
    return FEW if seed % CROWD_EVERY else MANY


def script(seed: int, length: int = LENGTH) -> list[Choice]:
    """The steps of a seed. They begin with a start for everyone; the numbers choose among what is there by then."""
    roll = Random(f"script {seed}")
    names, weights = list(ALL), [weight for _, weight in ALL.values()]
    chosen = ["start_all", *roll.choices(names, weights, k=length)]
    return [Choice(name, *(roll.randrange(1000) for _ in range(3))) for name in chosen]


def live(seed: int, steps: Sequence[Choice]) -> Lived:
    """Do these steps in the world of this seed, judging after each."""
    with living(seed, clients_of(seed)) as world:
        count, broken = 0, ""
        for step in steps:
            broken = _broken_by(world, step)
            count += 1
            if broken:
                break
        broken = broken or _broken_at_the_end(world)
        years = world.lived.total_seconds() / (365.25 * 86_400)
        return Lived(seed, years, count, world.acts, world.rules.moments, world.server.taken.total(), broken)


def _broken_by(world: World, step: Choice) -> str:
    """The rule this step breaks, in words; anything it did not expect counts as broken, too."""
    try:
        settled = ALL[step.name][0](world, step.a, step.b, step.c)
        world.rules.judge(settled=settled is True and not world.traps and not world.server.next_faults)
    except Violation as violation:
        return str(violation)
    except Exception:
        return "crashed: " + " | ".join(traceback.format_exc(limit=-4).splitlines()[-5:])
    return ""


def _broken_at_the_end(world: World) -> str:
    """The rule of the doctor's that this world breaks, in words."""
    try:
        world.rules.judge_all()
    except Violation as violation:
        return str(violation)
    return ""


def kind_of(broken: str) -> str:
    """A broken rule without what it was broken on, to tell whether a shorter script breaks the same."""
    return "".join(letter for letter in broken if not letter.isdigit())[:40]


def shortest(seed: int, steps: Sequence[Choice]) -> tuple[list[Choice], Lived]:
    """The script without the steps that are not needed to break the same rule, as far as that is found in a minute."""
    began = time.monotonic()
    lived = live(seed, steps)
    kept = list(steps[: lived.steps])
    if not lived.broken:
        return kept, lived
    wanted, size = kind_of(lived.broken), max(len(kept) // 2, 1)
    while True:
        place = 0
        while place < len(kept):
            if time.monotonic() - began > LONGEST_SHORTENING:
                return kept, lived
            shorter = kept[:place] + kept[place + size :]
            tried = live(seed, shorter)
            if kind_of(tried.broken) == wanted:
                kept, lived = shorter[: tried.steps], tried
            else:
                place += size
        if size == 1:
            return kept, lived
        size //= 2
