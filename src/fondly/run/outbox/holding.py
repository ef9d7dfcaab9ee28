"""How long a message waits before it goes, so that it can be taken back."""

from datetime import datetime, timedelta

from django.conf import settings

from fondly.ground.models import Setting

SETTING = "outbox.hold_seconds"
MOST_SECONDS = 24 * 3600


def is_fixed() -> bool:
    """Whether it was set where Fondly is started: that counts, and the screen cannot change it."""
    return settings.FONDLY["FONDLY_HOLD_SECONDS"].source != "default"


def seconds() -> int:
    """As started, else as set on screen, else a minute."""
    chosen = "" if is_fixed() else Setting.get(SETTING)
    return int(chosen) if chosen else settings.FONDLY_HOLD_SECONDS


def until(now: datetime) -> datetime:
    """The end of the hold of a message that begins to wait now."""
    return now + timedelta(seconds=seconds())
