"""Answers that may be some seconds old: asked for on every page, changed once a week."""

import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_all: list["Fresh[Any]"] = []


class Fresh(Generic[T]):
    """What `read()` returns, read again after `seconds`. Each process has its own."""

    def __init__(self, read: Callable[[], T], seconds: float) -> None:
        self._read, self._seconds = read, seconds
        self._known: tuple[float, T] | None = None
        _all.append(self)

    def __call__(self) -> T:
        if self._known is None or time.monotonic() - self._known[0] > self._seconds:
            self._known = (time.monotonic(), self._read())
        return self._known[1]

    def forget(self) -> None:
        """Read again at the next question."""
        self._known = None


def forget_all() -> None:
    """Read everything again, as a new process does."""
    for one in _all:
        one.forget()
