"""How much work a rehearsed client base makes, and where it piles up."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fondly.core.planner.model import Schedule, Skip
from fondly.core.planner.rehearsal import Rehearsal
from fondly.core.planner.zones import zone_of
from fondly.core.playbook.model import Playbook, Touchpoint
from fondly.core.words import Said, say, words_of

FULL_WEEK = 40.0  # hours of one person
DAYS_A_WEEK = 5
UNSAID_MINUTES = {"by_hand": 10, "approve": 2, "auto": 0}  # when a touchpoint gives no `minutes`
MOST_OVERLOADS = 12


@dataclass(frozen=True, slots=True)
class Week:
    begins: date  # a Monday
    messages: int  # automatic ones
    by_hand: int
    hours: float


@dataclass(frozen=True, slots=True)
class RoleLoad:
    """Hours of work a week. capacity: what the role has for clients."""

    role: str
    average: float
    peak: float
    peak_week: date
    capacity: float
    weeks_over: int


@dataclass(frozen=True, slots=True)
class Overload:
    """A day on which a role has more than a fifth of its week to do."""

    day: date
    role: str
    hours: float
    capacity: float


@dataclass(frozen=True, slots=True)
class Report:
    """A rehearsed client base. clashes, moved and skipped are (words, times), the most frequent first."""

    clients: int
    days: int
    start: date
    moments: int
    messages: int
    hours: float
    weekend: int
    weeks: tuple[Week, ...]
    roles: tuple[RoleLoad, ...]
    clashes: tuple[tuple[str, int], ...]
    overloads: tuple[Overload, ...]  # the worst
    overloaded_days: int
    moved: tuple[tuple[str, int], ...]
    skipped: tuple[tuple[str, int], ...]

    def as_json(self) -> dict[str, Any]:
        """The same as plain values; dates as ISO text, pairs as {"what", "times"}."""
        made: dict[str, Any] = _plain(asdict(self))
        for name in ("clashes", "moved", "skipped"):
            made[name] = [{"what": what, "times": times} for what, times in made[name]]
        return made


@dataclass(frozen=True, slots=True)
class _Done:
    """One moment of one client, with what it costs."""

    client: int
    moment: Schedule
    day: date
    role: str
    hours: float

    @property
    def automatic(self) -> bool:
        return self.moment.mode != "by_hand"

    @property
    def week(self) -> date:
        return self.day - timedelta(days=self.day.weekday())


def weigh(
    playbook: Playbook, lives: Sequence[Rehearsal], *, start: datetime, days: int, capacity: Mapping[str, float]
) -> Report:
    """The report on these lives; days are those of the playbook's zone."""
    zone = zone_of(playbook.timezone)
    begins = start.astimezone(zone).date()
    done = [_cost(playbook, number, moment) for number, life in enumerate(lives) for moment in life.moments]
    mondays = _mondays(begins, days)
    capacities = {role: capacity.get(role) or capacity_of(playbook, role) for role in _roles(playbook, done)}
    overloads = _overloads(done, capacities)
    return Report(
        clients=len(lives),
        days=days,
        start=begins,
        moments=len(done),
        messages=sum(found.automatic for found in done),
        hours=round(sum(found.hours for found in done), 1),
        weekend=sum(found.day.weekday() > 4 for found in done),
        weeks=_weeks(done, mondays),
        roles=tuple(_role_load(role, done, mondays, capacities[role]) for role in capacities),
        clashes=_clashes(done),
        overloads=tuple(overloads[:MOST_OVERLOADS]),
        overloaded_days=len(overloads),
        moved=_most(_without_date(words) for found in done for words in found.moment.moved),
        skipped=_most(_kind_of_skip(skip) for life in lives for skip in life.skips),
    )


def capacity_of(playbook: Playbook, role: str) -> float:
    """Hours a week: as the playbook says, else 40 for each person, shared among the roles that person has."""
    roles = playbook.team.roles
    found = roles.get(role)
    if found is not None and found.hours_per_week is not None:
        return found.hours_per_week
    people = found.people if found is not None else ()
    shares = (sum(person in other.people for other in roles.values()) for person in people)
    return sum(FULL_WEEK / share for share in shares) or FULL_WEEK


def minutes_of(touchpoint: Touchpoint) -> int:
    return touchpoint.minutes or UNSAID_MINUTES.get(touchpoint.mode, 0)


def _cost(playbook: Playbook, client: int, moment: Schedule) -> _Done:
    stage = playbook.stages[moment.stage]
    touchpoint = stage.touchpoints[moment.touchpoint]
    hours = 0.0 if touchpoint.mode == "auto" else minutes_of(touchpoint) / 60
    day = date.fromisoformat(moment.local[:10])
    return _Done(client, moment, day, touchpoint.owner or stage.owner or "nobody", hours)


def _roles(playbook: Playbook, done: Iterable[_Done]) -> list[str]:
    return list(dict.fromkeys([*playbook.team.roles, *(found.role for found in done if found.hours)]))


def _mondays(begins: date, days: int) -> list[date]:
    first = begins - timedelta(days=begins.weekday())
    last = begins + timedelta(days=days)
    return [first + timedelta(weeks=number) for number in range((last - first).days // 7 + 1)]


def _weeks(done: Sequence[_Done], mondays: Sequence[date]) -> tuple[Week, ...]:
    messages, by_hand, hours = Counter[date](), Counter[date](), defaultdict[date, float](float)
    for found in done:
        (messages if found.automatic else by_hand)[found.week] += 1
        hours[found.week] += found.hours
    return tuple(Week(monday, messages[monday], by_hand[monday], round(hours[monday], 2)) for monday in mondays)


def _role_load(role: str, done: Sequence[_Done], mondays: Sequence[date], capacity: float) -> RoleLoad:
    hours = dict.fromkeys(mondays, 0.0)
    for found in done:
        if found.role == role:
            hours[found.week] = hours.get(found.week, 0.0) + found.hours
    peak_week = max(hours, key=lambda week: hours[week])
    return RoleLoad(
        role=role,
        average=round(sum(hours.values()) / len(hours), 2),
        peak=round(hours[peak_week], 2),
        peak_week=peak_week,
        capacity=capacity,
        weeks_over=sum(spent > capacity for spent in hours.values()),
    )


def _clashes(done: Iterable[_Done]) -> tuple[tuple[str, int], ...]:
    """Which messages reach one client on the same day, and how often."""
    days: dict[tuple[int, date], list[str]] = defaultdict(list)
    for found in done:
        if found.automatic:
            days[found.client, found.day].append(words_of(found.moment.touchpoint))
    return _most(" + ".join(sorted(names)) for names in days.values() if len(names) > 1)


def _overloads(done: Iterable[_Done], capacities: Mapping[str, float]) -> list[Overload]:
    """The days that hold more work than a role can do, the worst first."""
    hours: dict[tuple[date, str], float] = defaultdict(float)
    for found in done:
        if found.hours:
            hours[found.day, found.role] += found.hours
    over = [
        Overload(day, role, round(spent, 2), round(capacities[role] / DAYS_A_WEEK, 2))
        for (day, role), spent in hours.items()
        if spent > capacities[role] / DAYS_A_WEEK
    ]
    return sorted(over, key=lambda found: (found.capacity - found.hours, found.day, found.role))


def _most(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0])))


# Reasons with a date in them, by how they begin, and the words alike ones are counted under.
_ALIKE = (
    ("the client leaves", say("the client leaves the stage before its time")),
    ("its time, ", say("its time was before the client came")),
    ("it was due", say("too late")),
    ("paused", say("paused")),
)


def _without_date(reason: str) -> str:
    return next((words for start, words in _ALIKE if reason.startswith(start)), reason)


def _kind_of_skip(skip: Skip) -> Said:
    return say("{touchpoint}: {reason}", touchpoint=words_of(skip.touchpoint), reason=_without_date(skip.reason))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
