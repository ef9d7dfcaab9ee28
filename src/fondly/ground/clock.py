"""The only clock. It can be moved (demo, tests, rehearsal); nothing else reads the time.

The offset lives in the database, so that every process of one install agrees.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)
_OFFSET = "clock.offset_seconds"
_TARGET = "clock.target"
_REFRESH_SECONDS = 0.5
_cache: dict[str, float] = {"offset": 0.0, "read_at": -1.0}


def now() -> datetime:
    """The current instant, UTC, moved by the install's clock offset."""
    frozen = _frozen.get()
    if frozen is not None:
        return frozen
    return datetime.now(UTC) + timedelta(seconds=_offset())


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Hold the clock at `instant` inside the block (this thread and task only)."""
    token = _frozen.set(instant)
    try:
        yield
    finally:
        _frozen.reset(token)


def set_to(instant: datetime) -> None:
    """Move the clock of this install so that it shows `instant` now. For demos and tests of a whole install."""
    from fondly.ground.models import Setting

    offset = (instant - datetime.now(UTC)).total_seconds()
    Setting.put(_OFFSET, str(offset))
    _cache.update(offset=offset, read_at=time.monotonic())


def ask_for(target: datetime) -> None:
    """Ask the worker to live through all the time between now and `target`, moment by moment."""
    from fondly.ground.models import Setting

    Setting.put(_TARGET, target.astimezone(UTC).isoformat())


def target() -> datetime | None:
    """Where the worker has been asked to bring the clock, if it is not there yet."""
    from fondly.ground.models import Setting

    text = Setting.get(_TARGET)
    return datetime.fromisoformat(text) if text else None


def arrived() -> None:
    from fondly.ground.models import Setting

    Setting.put(_TARGET, "")


def is_moved() -> bool:
    return abs(_offset()) > 1


def forget_cache() -> None:
    _cache.update(offset=0.0, read_at=-1.0)


def _offset() -> float:
    from django.conf import settings

    if not settings.FONDLY_MOVABLE_CLOCK:
        return 0.0
    if time.monotonic() - _cache["read_at"] > _REFRESH_SECONDS or _cache["read_at"] < 0:
        _cache.update(offset=_stored_offset(), read_at=time.monotonic())
    return _cache["offset"]


def _stored_offset() -> float:
    from fondly.ground.models import Setting

    return float(Setting.get(_OFFSET) or 0.0)
