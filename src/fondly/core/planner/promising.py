"""When a promise made by a touchpoint falls due."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from fondly.core.planner.compiled import Book, ready
from fondly.core.planner.model import Person
from fondly.core.planner.scene import as_day
from fondly.core.planner.timing import instant, step_from
from fondly.core.planner.zones import zone_of
from fondly.core.playbook.durations import UnreadableError
from fondly.core.playbook.model import Playbook, PromiseSet
from fondly.core.playbook.when import Due, Names, due

DEFAULT_CLOSING = time(17)


def due_at(playbook: Playbook, promise: PromiseSet, made_at: datetime, person: Person) -> datetime | None:
    """The instant (UTC) by which the promise must be kept; None when it has no readable date yet.

    "2 days" counts from when it was made, on our calendar for business days; a date field means the end of that
    working day; "every Friday 16:00" means the next one.
    """
    if not promise.due:
        return None
    fields = frozenset(name for name, field in playbook.fields.items() if field.type in ("date", "datetime"))
    try:
        read = due(promise.due, Names(fields=fields))
    except UnreadableError:
        return None
    book = ready(playbook)
    zone = zone_of(person.zone, playbook.timezone)
    return _instant_of(read, book, made_at, person, zone)


def _instant_of(read: Due, book: Book, made_at: datetime, person: Person, zone: ZoneInfo) -> datetime | None:
    if read.form == "step" and read.step is not None:
        return step_from(made_at, read.step, 1, zone, None, book.work.open_day)
    if read.form == "field":
        return _end_of_field(read.field, book, person, zone)
    return _next_weekday(read, book, made_at, zone)


def _end_of_field(name: str, book: Book, person: Person, zone: ZoneInfo) -> datetime | None:
    found = as_day(person.fields.get(name), zone)
    if found is None:
        return None
    day, exactly = found
    return exactly or instant(day, _closing(book, day.weekday()), zone)


def _next_weekday(read: Due, book: Book, made_at: datetime, zone: ZoneInfo) -> datetime:
    local = made_at.astimezone(zone)
    clock = read.at or _closing(book, read.weekday)
    day = local.date() + timedelta(days=(read.weekday - local.weekday()) % 7)
    found = instant(day, clock, zone)
    return found if found > made_at else instant(day + timedelta(days=7), clock, zone)


def _closing(book: Book, weekday: int) -> time:
    hours = book.playbook.calendar.working.get(weekday)
    return hours[1] if hours else DEFAULT_CLOSING
