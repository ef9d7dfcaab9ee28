"""The time of a log in bins, and the hour and weekday of its events, so that what always happens then is no finding."""

from dataclasses import dataclass

import numpy as np

from fondly.core.metrics.findings.steps import Flags, Ints
from fondly.core.metrics.frames import DAY, SECOND

_HOUR = 3600 * SECOND
_UNITS = (
    *(minutes * 60 * SECOND for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
    # Not two days: some such bins would be weekends.
    *(days * DAY for days in (1, 7, 14, 28, 56, 112)),
)
_MOST_BINS, _MOST_DAYS = 200, 400
_PART_OF_DAY = 3 * _HOUR
_MONDAY = 4  # 1970-01-05


@dataclass(frozen=True)
class Calendar:
    """bin i of `bins` begins at begins_at + i · unit (microseconds)."""

    begins_at: int
    unit: int
    bins: int
    days: float

    def bins_of(self, at: Ints) -> Ints:
        return np.clip((at - self.begins_at) // self.unit, 0, self.bins - 1)

    def instant(self, edge: int) -> int:
        return self.begins_at + edge * self.unit

    def weekend_of(self, at: Ints) -> Ints:
        """0 on workdays, 1 on Saturdays, 2 on Sundays."""
        return np.maximum((at // DAY - _MONDAY) % 7 - 4, 0)

    def cells_of(self, at: Ints, again: Flags) -> tuple[Ints, int]:
        """What is compared with like: part of the day, Saturday, Sunday, the client's first time; and how many kinds.

        Only what the log has seen four times or more: a week's log says nothing of weekdays.
        """
        cells, count = again.astype(np.int64), 2
        if self.days >= 4:
            cells, count = cells * 8 + at % DAY // _PART_OF_DAY, count * 8
        if self.days >= 28:
            cells, count = cells * 3 + self.weekend_of(at), count * 3
        return cells, count


def calendar(begins_at: int, ends_at: int) -> Calendar:
    """At most 200 bins of a usual length (400 of a day), from hours and days that begin at whole ones (UTC)."""
    span = max(ends_at - begins_at, 1)
    unit = next((one for one in _UNITS if span / one < (_MOST_DAYS if one == DAY else _MOST_BINS) - 1), _UNITS[-1])
    start = begins_at // min(unit, DAY) * min(unit, DAY)
    return Calendar(start, unit, int((ends_at - start) // unit) + 1, span / DAY)
