"""Every rule of time across a change of a zone's clocks, against instants worked out from the change alone.

A wall-clock time happens at its first occurrence; one that the clocks leap over happens the instant they leap.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from fondly.core.planner.decide import decide
from fondly.core.planner.model import Fact, History, Person, Schedule
from fondly.core.playbook.model import Playbook
from fondly.core.playbook.reading import read

FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LEAPS_OF_A_DAY = (("Pacific/Apia", 2011), ("Pacific/Fakaofo", 2011), ("Pacific/Kwajalein", 1993))
WINDOW = timedelta(hours=2)
SHORTEST_DAY = timedelta(hours=20)  # from one day's time to the next day's, whatever the clocks do
BUSINESS = (time(9), time(17))


@dataclass(frozen=True, slots=True)
class Turn:
    """The clocks of a zone change at `at`, from one offset to another."""

    zone: str
    at: datetime
    before: timedelta
    after: timedelta

    @property
    def wall(self) -> datetime:
        """A wall-clock time (naive) that is leapt over or happens twice."""
        first = self.at.replace(tzinfo=None) + min(self.before, self.after)
        return first.replace(second=0) + min(timedelta(minutes=15), abs(self.after - self.before) / 2)

    def instant(self, wall: datetime) -> datetime:
        """When that wall-clock time (naive) happens first, or would have: worked out from this change alone."""
        earlier, later = (wall - offset for offset in (self.before, self.after))
        at = self.at.replace(tzinfo=None)
        found = earlier if earlier < at else max(later, at)
        return found.replace(tzinfo=UTC)


@dataclass(slots=True)
class Found:
    """What was looked at, and what was wrong. examples: the first few wrongs, in words."""

    turns: int = 0
    moments: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def note(self, kind: str, words: str) -> None:
        self.wrong[kind] += 1
        if len(self.examples) < 20:
            self.examples.append(f"{kind}: {words}")

    def add(self, other: "Found") -> None:
        self.turns, self.moments = self.turns + other.turns, self.moments + other.moments
        self.wrong.update(other.wrong)
        self.examples = (self.examples + other.examples)[:20]


def zones() -> list[str]:
    """Every zone of the tz database, by name."""
    return sorted(available_timezones() - {"localtime", "Factory"})


def turns_of(name: str, first: datetime = FIRST, last: datetime = LAST) -> Iterator[Turn]:
    """Every change of the zone's offset in that time, found by day and then by halving."""
    zone, day = ZoneInfo(name), first
    while day < last:
        following = day + ONE_DAY
        if _offset(day, zone) != _offset(following, zone):
            yield _turn(name, zone, day, following)
        day = following


def _turn(name: str, zone: ZoneInfo, low: datetime, high: datetime) -> Turn:
    before, after = _offset(low, zone), _offset(high, zone)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return Turn(name, high, before, after)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


# -- the rules ----------------------------------------------------------------------------------

_HEAD = "fondly: 1\nname: Turn\nchannels: {email: {}, phone: {}}\nfields: {born: {type: date}, meets: {type: date}}\n"
_EVENTS = ("back1", "back2", "back7", "back_month", "back_hours", "back_business")
RULES = {
    "elapsed": "26 hours after back1",
    "elapsed minutes": "90 minutes after back_hours",
    "days": "2 days after back2",
    "days at": "2 days after back2 at {clock}",
    "weeks at": "1 week after back7 at {clock}",
    "months at": "1 month after back_month at {clock}",
    "business days": "3 business days after back_business",
    "business days at": "3 business days after back_business at {clock}",
    "yearly at": "yearly on born at {clock}",
    "before at": "1 day before meets at {clock}",
    "on a date at": "on born_again at {clock}",
    "every day at": "every day at {clock}",
    "every 8 hours": "every 8 hours",
    "every weekday at": "every {weekday} at {clock}",
    "between": "1 day after back1 between {clock} and {until}",
    "on weekdays": "1 day after back1 at {clock} on weekdays",
}


@lru_cache(maxsize=4096)
def _book(clock: str, until: str, weekday: str, kind: str) -> Playbook:
    """plain: the rules alone; quiet: quiet hours lie on the change; business: done by hand in business hours."""
    calendar = {
        "plain": "", "quiet": f'calendar: {{quiet: "{clock}-{until}"}}\n',
        "business": 'calendar: {business: "mon-fri 09:00-17:00"}\n',
    }[kind]  # fmt: skip
    channel, mode = ("phone", "by_hand") if kind == "business" else ("email", "auto")
    lines = [
        f"      r{number}: {{kind: work, channel: {channel}, mode: {mode}, late: send, "
        f"when: {when.format(clock=clock, until=until, weekday=weekday)}}}"
        for number, when in enumerate(RULES.values())
    ]
    fields = _HEAD.replace("meets:", "born_again: {type: date}, meets:")
    events = f"events: [{', '.join(_EVENTS)}]\n"
    stage = "stages:\n  care:\n    phase: ongoing\n    never_ends: true\n    touchpoints:\n"
    return read(f"{fields}{calendar}{events}{stage}" + "\n".join(lines))


@dataclass(frozen=True, slots=True)
class Case:
    """One change of the clocks, with a client whose rules all meet on that day."""

    turn: Turn
    entered_at: datetime
    anchors: dict[str, datetime]

    @classmethod
    def of(cls, turn: Turn) -> "Case":
        zone, day = ZoneInfo(turn.zone), turn.wall.date()
        noon = {
            "back1": day - ONE_DAY, "back2": day - 2 * ONE_DAY, "back7": day - 7 * ONE_DAY,
            "back_month": _month_before(day), "back_business": _business_days(day, -3),
        }  # fmt: skip
        anchors = {name: datetime.combine(at, turn.wall.time(), zone).astimezone(UTC) for name, at in noon.items()}
        anchors["back_hours"] = turn.at - timedelta(minutes=45)
        return cls(turn, min(anchors.values()) - timedelta(days=2, hours=5), anchors)

    def history(self) -> History:
        facts = [Fact(self.entered_at, "entered", "care", id=0)]
        facts += [Fact(at, "event", name, id=name) for name, at in self.anchors.items()]
        day = self.turn.wall.date()
        born = day.replace(year=1980, day=min(day.day, 28))
        fields = {"born": born, "born_again": day, "meets": day + ONE_DAY}
        return History(tuple(sorted(facts, key=lambda fact: fact.at)), Person(self.turn.zone, fields=fields))


def _month_before(day: date) -> date:
    last = day.replace(day=1) - ONE_DAY
    return last.replace(day=min(day.day, last.day))


def _business_days(day: date, count: int) -> date:
    way = ONE_DAY if count > 0 else -ONE_DAY
    left = abs(count)
    while left:
        day += way
        left -= day.weekday() < 5
    return day


# -- what should come of them --------------------------------------------------------------------


def look_at(turn: Turn, found: Found) -> None:
    """Plan all rules of all kinds of calendars over this change and compare."""
    found.turns += 1
    case, clock = Case.of(turn), turn.wall.time()
    until = (datetime.combine(turn.wall.date(), clock) + WINDOW).time()
    names = (f"{clock:%H:%M}", f"{until:%H:%M}", DAYS[turn.wall.weekday()])
    now = case.entered_at
    for kind in ("plain", "quiet", "business"):
        plan = decide(_book(*names, kind), case.history(), turn.at - timedelta(minutes=30), until=turn.at + 4 * ONE_DAY)
        moments = [moment for moment in plan.moments if moment.at > now]
        found.moments += len(moments)
        by_rule = {rule: [m for m in moments if m.touchpoint == f"r{n}"] for n, rule in enumerate(RULES)}
        _no_doubles(turn, kind, by_rule, found)
        if kind == "plain":
            _as_expected(case, by_rule, found)
        else:
            _open_only(turn, kind, (clock, until), by_rule, found)


def _no_doubles(turn: Turn, kind: str, by_rule: dict[str, list[Schedule]], found: Found) -> None:
    for rule, moments in by_rule.items():
        never_opens = rule == "between" and kind == "quiet"  # its window is the quiet hours: a person is told so
        if not moments and not rule.startswith("every") and not never_opens:
            found.note("lost", f"{turn.zone} {turn.at} {kind} {rule}")
        for what, count in Counter(moment.key for moment in moments).items():
            if count > 1:
                found.note("double", f"{turn.zone} {turn.at} {kind} {rule}: {what} {count} times")
        if rule == "every day at" and kind == "plain":
            for one, other in pairwise(moments):
                if other.at - one.at < SHORTEST_DAY:
                    found.note("double", f"{turn.zone} {turn.at} {rule}: {one.local} and {other.local}")


def _as_expected(case: Case, by_rule: dict[str, list[Schedule]], found: Found) -> None:
    turn = case.turn
    for rule, wanted in _expected(case).items():
        instants = [moment.at for moment in by_rule[rule]]
        for at in wanted:
            if at not in instants:
                found.note("wrong", f"{turn.zone} {turn.at} {rule}: {at} is not among {[str(i) for i in instants][:4]}")
    zone, (first, last) = ZoneInfo(turn.zone), (turn.wall.time(), (turn.wall + WINDOW).time())
    for moment in by_rule["between"]:
        if not _inside(moment.at.astimezone(zone).time(), first, last):
            found.note("closed", f"{turn.zone} {turn.at} between: {moment.local}")
    for moment in by_rule["on weekdays"]:
        if moment.at.astimezone(zone).weekday() > 4:
            found.note("closed", f"{turn.zone} {turn.at} on weekdays: {moment.local}")


def _expected(case: Case) -> dict[str, Sequence[datetime]]:
    """Rule -> instants that must be among its moments."""
    turn, wall, anchors = case.turn, case.turn.wall, case.anchors
    day, at_clock = wall.date(), turn.instant(wall)
    born = datetime.combine(day.replace(day=min(day.day, 28)), wall.time())
    weekday_only = day.weekday() < 5
    return {
        "elapsed": [anchors["back1"] + timedelta(hours=26)],
        "elapsed minutes": [anchors["back_hours"] + timedelta(minutes=90)],
        "days": [at_clock], "days at": [at_clock], "weeks at": [at_clock],
        "months at": [at_clock] if day.day <= 28 else [],
        "business days": [at_clock] if weekday_only else [], "business days at": [at_clock] if weekday_only else [],
        "yearly at": [turn.instant(born)] if day.day <= 28 else [], "before at": [at_clock], "on a date at": [at_clock],
        "every day at": [turn.instant(datetime.combine(on, wall.time())) for on in _days_that_were(turn)],
        "every 8 hours": [case.entered_at + timedelta(hours=8 * n) for n in _steps_near(case)],
        "every weekday at": [at_clock],
    }  # fmt: skip


def _days_that_were(turn: Turn) -> list[date]:
    """The day of the change and two more; a whole day that was left out has no moment of its own."""
    day = turn.wall.date()
    first = int(turn.after - turn.before >= ONE_DAY)
    return [day + n * ONE_DAY for n in range(first, 3)]


def _steps_near(case: Case) -> range:
    """The numbers of the eight-hour steps of the day after the change."""
    passed = int((case.turn.at - case.entered_at) / timedelta(hours=8))
    return range(passed + 1, passed + 4)


def _open_only(
    turn: Turn, kind: str, quiet: tuple[time, time], by_rule: dict[str, list[Schedule]], found: Found
) -> None:
    """No moment lies in a closed hour, and none waits more than four days."""
    zone = ZoneInfo(turn.zone)
    for rule, moments in by_rule.items():
        for moment in moments:
            local = moment.at.astimezone(zone)
            open_now = not _inside(local.time(), *quiet) if kind == "quiet" else _in_business(rule, local)
            if not open_now:
                found.note("closed", f"{turn.zone} {turn.at} {kind} {rule}: {moment.local}")
            if moment.at - moment.wanted_at > 4 * ONE_DAY:
                found.note("lost", f"{turn.zone} {turn.at} {kind} {rule}: waits until {moment.local}")


def _in_business(rule: str, local: datetime) -> bool:
    """A rule that names its own time keeps it; only its day must be a working one."""
    named = rule.endswith(" at") or rule in ("between", "on weekdays")
    return local.weekday() < 5 and (named or BUSINESS[0] <= local.time() < BUSINESS[1])


def _inside(at: time, first: time, last: time) -> bool:
    return first <= at < last if first < last else at >= first or at < last
