"""How time passes and what goes wrong on the way: dead workers, slow workers, wrong clocks, refusing mail servers."""

from collections.abc import Callable
from datetime import timedelta

from fondly.ground import clock
from fondly.run.journeys import claiming
from fondly.run.outbox import faults
from tests.proof.simulation_acts import ACTS
from tests.proof.simulation_mail import FAULTS, Killed
from tests.proof.simulation_world import World

Step = Callable[[World, int, int, int], "bool | None"]
OUTAGE = timedelta(days=3)
ACT_NAMES = tuple(ACTS)
# Where others can act: at "checked" the sender holds the rows and the switch, so that everybody waits.
OPEN_PLACES = tuple(name for name in faults.NAMES if name != "checked")
HOLD = timedelta(minutes=2)  # longer than a message waits to be taken back


def live(world: World, a: int, _b: int, _c: int) -> bool:
    """From one due thing to the next, a few times; what waits out its hold then goes."""
    settled = world.settle()
    for _ in range(a % 3 + 1):
        if settled:
            world.live_on()
            settled = world.settle()
    return settled


def hold(world: World, _a: int, _b: int, _c: int) -> bool:
    """Just long enough for what is held to go."""
    world.pass_time(HOLD)
    return world.settle()


def days(world: World, a: int, _b: int, _c: int) -> bool:
    world.pass_time(timedelta(hours=a % 400))
    return world.settle()


def outage(world: World, _a: int, _b: int, _c: int) -> bool:
    """Nothing ran for three days."""
    world.pass_time(OUTAGE)
    return world.settle()


def turn(world: World, _a: int, _b: int, _c: int) -> None:
    """One turn of the engine, whatever is left to do."""
    world.tick()


def wrong_clock(world: World, a: int, _b: int, _c: int) -> None:
    """A worker whose clock is a day ahead or behind takes a turn; leases are on the database's clock."""
    world.tick("other", world.now + timedelta(days=1 if a % 2 else -1))


def dies_after_claim(world: World, _a: int, _b: int, _c: int) -> None:
    """A worker takes moments and is never seen again."""
    with clock.at(world.now):
        claiming.claim(world.now, "dead")
    world.rules.drain("engine")


def act_in_claim(world: World, a: int, b: int, c: int) -> None:
    """A person acts on what a worker has just taken, before it writes the message."""
    with clock.at(world.now):
        claimed = claiming.claim(world.now, "slow")
    ACTS[ACT_NAMES[a % len(ACT_NAMES)]][0](world, b, c, a)
    with clock.at(world.now):
        claiming.perform(claimed, world.now, "slow")
    world.rules.drain("engine")


def refuses(world: World, a: int, b: int, _c: int) -> None:
    """The mail server will not take the next mails as it should."""
    world.server.next_faults += [FAULTS[a % len(FAULTS)]] * (b % 3 + 1)


def dies_sending(world: World, a: int, _b: int, _c: int) -> None:
    """The worker that next comes to a place in the sending path is killed there."""

    def die() -> None:
        raise Killed

    world.traps[faults.NAMES[a % len(faults.NAMES)]] = die


def zombie(world: World, a: int, _b: int, _c: int) -> None:
    """At a place in the sending path a worker stands still until its lease is over and another has done a turn."""

    def stand_still() -> None:
        world.end_leases()
        world.tick("second")

    world.traps[OPEN_PLACES[a % len(OPEN_PLACES)]] = stand_still


def act_in_sending(world: World, a: int, b: int, c: int) -> None:
    """At a place in the sending path of the next mail a person acts."""

    def act() -> None:
        ACTS[ACT_NAMES[b % len(ACT_NAMES)]][0](world, c, a, b)

    world.traps[OPEN_PLACES[a % len(OPEN_PLACES)]] = act


STEPS: dict[str, tuple[Step, int]] = {
    "live": (live, 40), "hold": (hold, 12), "days": (days, 10), "outage": (outage, 3), "turn": (turn, 4),
    "wrong_clock": (wrong_clock, 2), "dies_after_claim": (dies_after_claim, 2), "act_in_claim": (act_in_claim, 3),
    "refuses": (refuses, 5), "dies_sending": (dies_sending, 3), "zombie": (zombie, 3),
    "act_in_sending": (act_in_sending, 6),
}  # fmt: skip
