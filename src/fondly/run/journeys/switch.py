"""The one switch that stops everything: nothing is claimed and nothing passes the point of no return."""

from django.db import connection

from fondly.ground.models import Setting

NAME = "engine.paused"


def why_paused() -> str:
    """The reason given when everything was paused; "" when the engine runs."""
    return Setting.get(NAME)


def lock_why_paused() -> str:
    """The same inside a transaction, so that turning the switch waits for it (PostgreSQL; SQLite has one writer)."""
    rows = Setting.objects.filter(name=NAME)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return rows.values_list("value", flat=True).first() or ""


def turn(why: str) -> None:
    """Pause for this reason, or run again with ""."""
    Setting.put(NAME, why[:300])
