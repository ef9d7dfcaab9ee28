"""The one switch that stops everything: nothing is claimed and nothing passes the point of no return."""

from fondly.ground.models import Setting

NAME = "engine.paused"


def why_paused() -> str:
    """The reason given when everything was paused; "" when the engine runs."""
    return Setting.get(NAME)


def ready() -> str:
    """The same, and makes sure the switch's row is there: a commit locks it, so that turning it waits or is seen."""
    return Setting.objects.get_or_create(name=NAME, defaults={"value": ""})[0].value


def turn(why: str) -> None:
    """Pause for this reason, or run again with ""."""
    Setting.put(NAME, why[:300])
