"""Frequency caps: at most so many automatic messages in any rolling window.

Messages are placed by rank (promises, then work, then wow, then relationship), so a tight
cap holds back the less important one. Transactional steps and `must_arrive` are never held
back, yet they count.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fondly.core.planner.calendars import LONGEST_WAIT, Gate, first_open
from fondly.core.planner.timing import ROUGHLY
from fondly.core.playbook.model import Cap
from fondly.core.words import say, words_of


@dataclass(slots=True)
class Tally:
    """One cap and the messages that count against it, in order."""

    cap: Cap
    window: timedelta
    times: list[datetime] = field(default_factory=list)

    def blocked_until(self, at: datetime) -> datetime | None:
        """None when one more message fits at that time, else when the first message of the full window is over."""
        count = self.cap.count
        if count < 1:
            return at + LONGEST_WAIT * 2
        near = self.times[bisect_right(self.times, at - self.window) : bisect_left(self.times, at + self.window)]
        place = bisect_right(near, at)
        together = [*near[:place], at, *near[place:]]
        for first in range(max(0, place - count), place + 1):
            last = first + count
            if last < len(together) and together[last] - together[first] < self.window:
                return near[first] + self.window
        return None


def tallies(caps: Sequence[Cap]) -> list[Tally]:
    return [Tally(cap, timedelta(seconds=ROUGHLY[cap.window.unit] * cap.window.count)) for cap in caps]


def record(tallies: Sequence[Tally], channel: str, at: datetime) -> None:
    """Count a message against every cap it falls under."""
    for tally in tallies:
        if tally.cap.channel in ("", channel):
            insort(tally.times, at)


def place(tallies: Sequence[Tally], channel: str, at: datetime, gates: Sequence[Gate]) -> tuple[datetime, str] | None:
    """The first open instant from `at` on that no cap forbids, and the words of the cap that moved it.

    None when that is further away than the longest wait.
    """
    wanted, words = at, ""
    while at - wanted <= LONGEST_WAIT:
        under = (tally for tally in tallies if tally.cap.channel in ("", channel))
        blocks = [(until, tally.cap) for tally in under if (until := tally.blocked_until(at)) is not None]
        if not blocks:
            return at, words
        until, cap = max(blocks, key=lambda block: block[0])
        words = say_cap(cap)
        opened = first_open(until, gates)
        if opened is None:
            return None
        at = opened[0]
    return None


def say_cap(cap: Cap) -> str:
    """At most 3 e-mails in 7 days."""
    what = words_of(cap.channel) or say("automatic messages")
    return say("at most {count} {what} in {window}", count=cap.count, what=what, window=cap.window)
