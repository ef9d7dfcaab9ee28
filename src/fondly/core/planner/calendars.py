"""When something may happen: business hours, holidays, days off, quiet hours, channel hours.

A gate answers for one instant: None when it is open, else the next instant it opens and
the words for why. Gates are asked in a fixed order again and again until all are open.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from fondly.core.planner.timing import FAR, ONE_DAY, instant
from fondly.core.planner.why import WEEKDAYS, say_day
from fondly.core.playbook.model import Calendar
from fondly.core.words import say

LONGEST_WAIT = timedelta(days=60)  # closed for longer: an alert, not a loop
DEFAULT_OPENING = time(9)
Gate = Callable[[datetime], tuple[datetime, str] | None]
Window = tuple[time, time]


@lru_cache(maxsize=512)
def holidays_of(code: str, year: int) -> Mapping[date, str]:
    """The public holidays of "US" or "US-NY" in a year, by name; none for an unknown code."""
    if not code or not 1 <= year <= 9999:
        return {}
    import holidays

    country, _, part = code.strip().upper().partition("-")
    try:
        return dict(holidays.country_holidays(country, subdiv=part or None, years=year))
    except (NotImplementedError, KeyError, ValueError):
        return {}


class WorkDays:
    """The days and hours people work, with the name of every closure."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.stated = calendar.business is not None or bool(calendar.holidays or calendar.closed)
        self._seen: dict[date, str] = {}

    def closed(self, day: date) -> str:
        """Why nobody works that day; "" when somebody does."""
        found = self._seen.get(day)
        if found is None:
            if len(self._seen) > 8000:
                self._seen.clear()
            found = self._seen[day] = self._look(day)
        return found

    def open_day(self, day: date) -> bool:
        return not self.closed(day)

    def keeps_off(self, day: date) -> str:
        """Why nobody works that day as far as the playbook says so; weekends count only with `business`."""
        return self._closure(day) if self.calendar.business is None else self.closed(day)

    def opening(self, day: date) -> time:
        """When that day's work begins; on a day off the opening of the first working weekday, else 09:00."""
        business = self.calendar.working
        if day.weekday() in business:
            return business[day.weekday()][0]
        return business[min(business)][0] if business else DEFAULT_OPENING

    def _look(self, day: date) -> str:
        weekend = (
            ""
            if day.weekday() in self.calendar.working
            else say("no business on {weekday}s", weekday=WEEKDAYS[day.weekday()])
        )
        return self._closure(day) or weekend

    def _closure(self, day: date) -> str:
        for first, last in self.calendar.closed:
            if first <= day <= last:
                return say("closed {days}", days=words_of_days(first, last))
        if self.calendar.holidays:
            name = holidays_of(self.calendar.holidays, day.year).get(day)
            if name:
                return name
        return ""


def words_of_days(first: date, last: date) -> str:
    """24 Dec 2026 to 2 Jan 2027."""
    return say_day(first) if first == last else say("{first} to {last}", first=say_day(first), last=say_day(last))


def words_of_hours(window: Window) -> str:
    return f"{window[0]:%H:%M}-{window[1]:%H:%M}"


def inside(clock: time, window: Window) -> bool:
    """Whether a wall-clock time lies in [from, to), which may wrap midnight; equal ends mean the whole day."""
    first, last = window
    if first < last:
        return first <= clock < last
    return clock >= first or clock < last


def next_clock(moment: datetime, clock: time, zone: ZoneInfo) -> datetime:
    """The first instant after the moment at which the wall clock shows that time."""
    day = moment.astimezone(zone).date()
    for ahead in range(-1, 4):
        found = instant(day + timedelta(days=ahead), clock, zone)
        if found > moment:
            return found
    return FAR


def quiet_gate(quiet: Window, zone: ZoneInfo) -> Gate:
    """Closed inside the quiet hours of the client's zone."""
    words = say("quiet hours {hours}", hours=words_of_hours(quiet))

    def gate(moment: datetime) -> tuple[datetime, str] | None:
        if not inside(moment.astimezone(zone).time(), quiet):
            return None
        return (FAR, words) if quiet[0] == quiet[1] else (next_clock(moment, quiet[1], zone), words)

    return gate


def window_gate(window: Window, zone: ZoneInfo, words: str) -> Gate:
    """Open only inside a window of the day: `between`, or a channel's hours."""

    def gate(moment: datetime) -> tuple[datetime, str] | None:
        if inside(moment.astimezone(zone).time(), window):
            return None
        return next_clock(moment, window[0], zone), words

    return gate


def weekday_gate(zone: ZoneInfo) -> Gate:
    """Closed on Saturdays and Sundays; keeps the wall-clock time."""

    def gate(moment: datetime) -> tuple[datetime, str] | None:
        local = moment.astimezone(zone)
        if local.weekday() < 5:
            return None
        monday = local.date() + timedelta(days=7 - local.weekday())
        return instant(monday, local.time(), zone), say("on weekdays only")

    return gate


def work_gate(work: WorkDays, zone: ZoneInfo, keep_clock: bool) -> Gate:
    """Open when people work. With keep_clock only the days count: the playbook named the time itself.

    A playbook that says no business hours keeps every time of day; only its days off move a moment.
    """
    business = work.calendar.working
    keep_clock = keep_clock or work.calendar.business is None

    def gate(moment: datetime) -> tuple[datetime, str] | None:
        local = moment.astimezone(zone)
        day, clock = local.date(), local.time()
        why = work.keeps_off(day)
        if not why and (keep_clock or _at_work(clock, business[day.weekday()])):
            return None
        if not why and clock < business[day.weekday()][0]:
            return instant(day, business[day.weekday()][0], zone), say("before business hours")
        opens = next_open_day(work, day)
        if opens is None:
            return FAR, why or say("outside business hours")
        start = clock if keep_clock else business[opens.weekday()][0]
        return instant(opens, start, zone), why or say("after business hours")

    return gate


def _at_work(clock: time, window: Window) -> bool:
    first, last = window
    return clock >= first and (clock < last or last <= first)


def next_open_day(work: WorkDays, day: date) -> date | None:
    """The next day somebody works, within the longest wait."""
    for _ in range(LONGEST_WAIT.days + 2):
        day += ONE_DAY
        if work.open_day(day):
            return day
    return None


def first_open(wanted: datetime, gates: Sequence[Gate]) -> tuple[datetime, tuple[str, ...]] | None:
    """The first instant from `wanted` on at which every gate is open, and the words of those that moved it.

    None when nothing opens within LONGEST_WAIT.
    """
    at = wanted
    moved: list[str] = []
    while True:
        hit = next((found for gate in gates if (found := gate(at)) is not None), None)
        if hit is None:
            return at, tuple(moved)
        at = hit[0]
        if hit[1] not in moved:
            moved.append(hit[1])
        if at - wanted > LONGEST_WAIT:
            return None


def last_open(wanted: datetime, gates: Sequence[Gate]) -> datetime | None:
    """The last quarter of an hour before `wanted` at which every gate is open; None within three days."""
    for quarters in range(1, 3 * 24 * 4):
        at = wanted - timedelta(minutes=15 * quarters)
        if all(gate(at) is None for gate in gates):
            return at
    return None
