"""The one switch that stops everything: nothing is claimed and nothing passes the point of no return."""

from collections.abc import Callable
from datetime import datetime

from fondly.ground.models import Setting

NAME = "engine.paused"
# What another room must settle before anything moves again. fn(now); called in the transaction that resumes.
Settling = Callable[[datetime], None]
_settlings: list[Settling] = []


def why_paused() -> str:
    """The reason given when everything was paused; "" when the engine runs."""
    return Setting.get(NAME)


def ready() -> str:
    """The same, and makes sure the switch's row is there: a commit locks it, so that turning it waits or is seen."""
    return Setting.objects.get_or_create(name=NAME, defaults={"value": ""})[0].value


def before_resuming(settling: Settling) -> None:
    """Call `settling` whenever everything is about to run again."""
    if settling not in _settlings:
        _settlings.append(settling)


def resume(now: datetime) -> None:
    """Run again, once every room has settled what must not simply go on. Call in a transaction."""
    for settling in _settlings:
        settling(now)
    turn("")


def turn(why: str) -> None:
    """Pause for this reason, or run again with ""."""
    Setting.put(NAME, why[:300])
