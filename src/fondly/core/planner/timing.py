"""Step arithmetic: what "2 days after" means.

Minutes and hours are elapsed time. Days, weeks, months, business days and business months
are steps on the calendar of a zone; they keep the wall-clock time of the anchor unless
another time is given. Instants are aware datetimes in UTC.
"""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fondly.core.playbook.model import Duration

FAR = datetime(9998, 1, 1, tzinfo=UTC)  # later than anything a business plans
ELAPSED = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1)}
ROUGHLY = {
    "minutes": 60,
    "hours": 3600,
    "days": 86_400,
    "weeks": 604_800,
    "months": 2_629_746,
    "business days": 120_960,
    "business months": 2_629_746,
}
MOST_CLOSED_DAYS = 400  # longer than this without one open day: the calendar is closed for good
ONE_DAY = timedelta(days=1)
OpenDay = Callable[[date], bool]


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant of a wall-clock time: the first of two, or the first valid one after a gap."""
    wall = datetime.combine(day, clock.replace(fold=0) if clock.fold else clock, tzinfo=zone)
    found = wall.astimezone(UTC)
    if found.astimezone(zone).utcoffset() == wall.utcoffset():
        return found
    return _end_of_gap(wall, zone)


def exists(day: date, zone: ZoneInfo) -> bool:
    """False for a civil day that a zone left out, as Apia did with 30 December 2011."""
    return instant(day, time(0), zone).astimezone(zone).date() == day


def _end_of_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant the clocks jumped, found by halving between the two readings of the missing time."""
    low, high = wall.replace(fold=1).astimezone(UTC), wall.astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    low, high = low.replace(microsecond=0), high.replace(microsecond=0)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def add_months(day: date, months: int) -> date:
    """The same day of the month; the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def in_year(day: date, year: int) -> date:
    """That day in another year; 29 February falls on the 28th when there is none."""
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))


def step_from(
    anchor: datetime, step: Duration, times: int, zone: ZoneInfo, at: time | None, open_day: OpenDay
) -> datetime:
    """`times` steps from the anchor (negative: before it); FAR when that is beyond any calendar."""
    try:
        if step.unit in ELAPSED:
            moved = anchor + ELAPSED[step.unit] * (step.count * times)
            return moved if at is None else nearest_clock(moved, at, zone, forward=times > 0)
        local = anchor.astimezone(zone)
        day = step_day(local.date(), step, times, open_day)
        return FAR if day is None else instant(day, at or local.time(), zone)
    except (OverflowError, ValueError):  # year 10000
        return FAR


def nearest_clock(moment: datetime, at: time, zone: ZoneInfo, *, forward: bool = True) -> datetime:
    """The first time the clock shows `at` not before the moment (or the last not after it)."""
    day = moment.astimezone(zone).date()
    found = instant(day, at, zone)
    if forward and found < moment:
        return instant(day + ONE_DAY, at, zone)
    if not forward and found > moment:
        return instant(day - ONE_DAY, at, zone)
    return found


def step_day(day: date, step: Duration, times: int, open_day: OpenDay) -> date | None:
    """The civil day `times` steps away; None when the calendar never opens."""
    count = step.count * times
    match step.unit:
        case "days":
            return day + timedelta(days=count)
        case "weeks":
            return day + timedelta(weeks=count)
        case "months":
            return add_months(day, count)
        case "business months":
            return _open_from(add_months(day, count), open_day)
        case _:
            return _count_open_days(day, count, open_day)


def _open_from(day: date, open_day: OpenDay) -> date | None:
    for ahead in range(MOST_CLOSED_DAYS):
        found = day + timedelta(days=ahead)
        if open_day(found):
            return found
    return None


def _count_open_days(day: date, count: int, open_day: OpenDay) -> date | None:
    way = ONE_DAY if count > 0 else -ONE_DAY
    left, closed = abs(count), 0
    while left:
        day += way
        if open_day(day):
            left, closed = left - 1, 0
        else:
            closed += 1
        if closed > MOST_CLOSED_DAYS:
            return None
    return day
