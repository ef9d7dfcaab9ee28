"""Which moments a touchpoint calls for in one stay, before any calendar moves them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from fondly.core.planner.compiled import Step
from fondly.core.planner.facts import occurrence_id
from fondly.core.planner.model import Stay
from fondly.core.planner.scene import Scene, as_day, facts_within, key_of, within
from fondly.core.planner.stays import usual_end
from fondly.core.planner.timing import ELAPSED, FAR, ROUGHLY, exists, in_year, instant, nearest_clock, step_from
from fondly.core.planner.why import say_every, say_leaving, say_missing, say_no_date, say_time, say_when, say_yearly
from fondly.core.playbook.model import Duration, When
from fondly.core.words import say, words_of

LOOK_BACK = 12  # how many past occurrences of a recurring touchpoint stay in a plan
MOST_AHEAD = 1000  # of one touchpoint in one plan
UNFORESEEN = frozenset({"event", "done", "replied", "answered", "promise", "contact"})
MIDNIGHT = time(0)
ONE_WEEK = Duration(1, "weeks")


@dataclass(frozen=True, slots=True)
class Point:
    """One instant a touchpoint hangs on. survives: it still counts after the client left the stage."""

    occurrence: str
    at: datetime
    survives: bool = False
    day: date | None = None  # a date without a time
    absolute: bool = False  # may lie before the client entered


@dataclass(slots=True)
class Call:
    """One moment that a touchpoint calls for. before: the instant it must not reach."""

    step: Step
    stay: Stay
    occurrence: str
    wanted: datetime
    why: Callable[[], str]  # the sentence; most are never asked for
    survives: bool = False
    is_certain: bool = False  # see Scene.is_certain
    before: datetime | None = None
    missed: str = ""  # why it will not happen, known from its time alone
    key: str = ""

    def __post_init__(self) -> None:
        self.key = key_of(self.stay, self.step.touchpoint.name, self.occurrence)


# The planned times of another touchpoint: (stay, name) -> (occurrence, at), or None when they go round in a circle.
PlannedTimes = Callable[[Stay, str], "list[tuple[str, datetime]] | None"]


def calls(scene: Scene, stay: Stay, step: Step, planned: PlannedTimes) -> tuple[list[Call], str]:
    """The moments a touchpoint calls for in a stay; and, if there are none, what it waits for."""
    when = step.when
    if when is None:
        return [], say(
            "its `when` cannot be read: {sentence}", sentence=step.touchpoint.when_text or say("it is empty")
        )
    if when.form == "yearly":
        return _yearly(scene, stay, step, when)
    points = _points(scene, stay, step, when, planned)
    if isinstance(points, str):
        return [], points
    if when.form == "every":
        return list(_every(scene, stay, step, when, points)), ""
    if when.form == "before" and when.anchor.kind in UNFORESEEN:
        return [], say("nobody knows {event} before it happens; use a date field", event=words_of(str(when.anchor)))
    found = (_single(scene, stay, step, when, point) for point in points)
    return [call for call in found if call is not None], ""


def _points(scene: Scene, stay: Stay, step: Step, when: When, planned: PlannedTimes) -> list[Point] | str:
    """The instants the touchpoint hangs on, or what it waits for."""
    match when.anchor.kind:
        case "entry":
            found = [Point("1", stay.entered_at)]
        case "exit":
            found = _exit(scene, stay, step, when)
        case "field":
            return _field(scene, step, when)
        case "touchpoint":
            times = planned(stay, when.anchor.name)
            if times is None:
                return say("hangs on {name}, which hangs on it in turn", name=words_of(when.anchor.name))
            found = [Point(occurrence, at, absolute=True) for occurrence, at in times]
        case "contact" if when.form == "every":
            return _last_contact(scene, stay, step, when)
        case _:
            found = _happened(scene, stay, step, when)
    return found or say_missing(when, step.stage.title)


def _exit(scene: Scene, stay: Stay, step: Step, when: When) -> list[Point]:
    if when.form == "before":  # who leaves earlier than usual leaves before anyone could know
        expected = usual_end(scene.book, step.stage, stay.entered_at, scene.zone)
        return [] if expected is None else [Point("1", expected)]
    return [] if stay.left_at is None else [Point("1", stay.left_at, survives=True)]


def _happened(scene: Scene, stay: Stay, step: Step, when: When) -> list[Point]:
    name = str(when.anchor)
    facts = scene.signals.named(name) if when.anchor.kind != "contact" else scene.signals.named("contact")[-1:]
    found = [Point(occurrence_id(fact), fact.at) for fact in facts_within(facts, stay)]
    if name in scene.book.ends[stay.stage] and scene.walked.ended_by.get(stay.ordinal) == name:
        last = [Point(occurrence_id(fact), fact.at, survives=True) for fact in facts if fact.at == stay.left_at]
        found.extend(last[:1])
    return found


def _field(scene: Scene, step: Step, when: When) -> list[Point] | str:
    zone = scene.spoken_zone(step)
    value = scene.history.person.fields.get(when.anchor.name)
    if value is None or value == "":
        return say_missing(when, step.stage.title)
    found = as_day(value, zone)
    if found is None:
        return say_no_date(when, value)
    day, at = found
    if at is not None:
        return [Point("1", at.astimezone(UTC), absolute=True)]
    opening = when.at or scene.book.work.opening(day)
    return [Point("1", instant(day, opening, zone), day=day, absolute=True)]


def _single(scene: Scene, stay: Stay, step: Step, when: When, point: Point) -> Call | None:
    """The one moment of one point; None when it does not belong to this stay or plan."""
    zone = scene.spoken_zone(step)
    wanted = _wanted(scene, step, when, point)
    is_certain = scene.is_certain(stay, wanted, survives=point.survives)
    if not is_certain and scene.past_horizon(wanted):
        return None
    missed = ""
    if wanted < stay.entered_at and point.absolute:
        missed = say(
            "its time, {at}, was before the client entered {stage}", at=say_time(wanted, zone), stage=step.stage.title
        )
    elif not point.survives and stay.left_at is not None and wanted >= stay.left_at:
        missed = say_leaving(step.stage.title, stay.left_at, zone)
    return Call(
        step=step,
        stay=stay,
        occurrence=point.occurrence,
        wanted=wanted,
        why=partial(say_when, when, step.stage.title, point.at, zone),
        survives=point.survives,
        is_certain=is_certain,
        before=point.at if when.form == "before" else None,
        missed=missed,
    )


def _wanted(scene: Scene, step: Step, when: When, point: Point) -> datetime:
    zone = scene.spoken_zone(step)
    if when.form == "on" or when.step is None:
        if when.at is None or point.day is not None:
            return point.at
        return nearest_clock(point.at, when.at, zone)
    times = -1 if when.form == "before" else 1
    return step_from(point.at, when.step, times, zone, when.at, scene.book.work.open_day)


def _yearly(scene: Scene, stay: Stay, step: Step, when: When) -> tuple[list[Call], str]:
    zone = scene.spoken_zone(step)
    value = scene.history.person.fields.get(when.anchor.name)
    found = as_day(value, zone)
    if found is None:
        missing = value is None or value == ""
        return [], say_missing(when, step.stage.title) if missing else say_no_date(when, value)
    last = min(scene.until, stay.left_at or scene.until).astimezone(zone).year + 1
    first = max(stay.entered_at.astimezone(zone).year, found[0].year, last - MOST_AHEAD)
    made = [_one_year(scene, stay, step, when, found, year) for year in range(first, min(last, 9990) + 1)]
    return [call for call in made if call is not None], ""


def _one_year(
    scene: Scene, stay: Stay, step: Step, when: When, found: tuple[date, datetime | None], year: int
) -> Call | None:
    zone = scene.spoken_zone(step)
    day, at = in_year(found[0], year), found[1]
    clock = when.at or (at.astimezone(zone).time() if at else scene.book.work.opening(day))
    wanted = instant(day, clock, zone)
    if not within(wanted, stay) or scene.past_horizon(wanted):
        return None
    return Call(step, stay, str(year), wanted, partial(say_yearly, when, found[0], year))


def _last_contact(scene: Scene, stay: Stay, step: Step, when: When) -> list[Point]:
    """The last real two-way contact; the entry when there is none, or when it is too long ago to count from."""
    past = [at for at in scene.signals.contacts if stay.left_at is None or at < stay.left_at]
    last = max(past, default=None)
    if last is None or when.step is None:
        return [Point("1", stay.entered_at)]
    first_due = step_from(last, when.step, 1, scene.spoken_zone(step), when.at, scene.book.work.open_day)
    return [Point("1", last if first_due >= stay.entered_at else stay.entered_at)]


def _every(scene: Scene, stay: Stay, step: Step, when: When, points: list[Point]) -> Iterator[Call]:
    """Occurrence k at anchor + k steps; the number in the key is k, or for contacts a count over the stay."""
    anchor = points[0].at
    shift = 0
    if when.anchor.kind == "contact":
        settled = _settled_in(scene, stay, step)
        shift = sum(at <= anchor for at in settled)
        yield from _settled_calls(stay, step, settled)
    zone = scene.spoken_zone(step)
    first = _first_number(scene, when, anchor) if shift == 0 and when.anchor.kind != "contact" else 1
    if when.anchor.kind == "contact":
        first = len(_settled_in(scene, stay, step)) - shift + 1
    for k in range(first, first + MOST_AHEAD):
        wanted = _nth(scene, step, when, anchor, k)
        if wanted >= FAR or (stay.left_at is not None and wanted >= stay.left_at) or scene.past_horizon(wanted):
            return
        if _day_left_out(scene, step, when, anchor, k, wanted):
            continue
        number = k + shift
        yield Call(step, stay, str(number), wanted, partial(say_every, when, step.stage.title, anchor, zone, number))


def _settled_in(scene: Scene, stay: Stay, step: Step) -> list[datetime]:
    """When the moments of this touchpoint in this stay were done or skipped."""
    start = key_of(stay, step.touchpoint.name, "")
    return sorted(fact.at for key, fact in scene.signals.settled.items() if key.startswith(start))


def _settled_calls(stay: Stay, step: Step, settled: list[datetime]) -> Iterator[Call]:
    for number, at in enumerate(settled, 1):
        yield Call(step, stay, str(number), at, partial(say, "keeping in touch, number {number}", number=number))


def _first_number(scene: Scene, when: When, anchor: datetime) -> int:
    """Where to begin counting: far past occurrences are of no use to a plan."""
    step = when.step or ONE_WEEK
    seconds = ROUGHLY["weeks" if when.weekday is not None else step.unit] * max(step.count, 1)
    passed = max(0.0, (scene.now - anchor).total_seconds()) / seconds
    if step.unit.startswith("business"):
        passed *= 0.8  # holidays and days off make business days rarer
    return max(1, int(passed) - (LOOK_BACK if scene.since is None else 1))


def _nth(scene: Scene, step: Step, when: When, anchor: datetime, k: int) -> datetime:
    zone = scene.spoken_zone(step)
    if when.weekday is None:
        return step_from(anchor, when.step or ONE_WEEK, k, zone, when.at, scene.book.work.open_day)
    local = anchor.astimezone(zone)
    day = local.date() + timedelta(days=(when.weekday - local.weekday()) % 7)
    clock = when.at or local.time()
    first = instant(day, clock, zone)
    if first < anchor or (first == anchor and when.at is None):
        day += timedelta(days=7)
    weeks = when.step.count if when.step is not None and when.step.unit == "weeks" else 1
    try:
        return instant(day + timedelta(weeks=weeks * (k - 1)), clock, zone)
    except OverflowError:
        return FAR


def _day_left_out(scene: Scene, step: Step, when: When, anchor: datetime, k: int, wanted: datetime) -> bool:
    """Whether its civil day never was and the next occurrence falls on the day it would move to."""
    if when.step is not None and when.step.unit in ELAPSED:
        return False
    zone = scene.spoken_zone(step)
    local = wanted.astimezone(zone)
    day = local.date()
    if local.time() != MIDNIGHT or exists(day - timedelta(days=1), zone):
        return False
    following = _nth(scene, step, when, anchor, k + 1)
    return following.astimezone(zone).date() == day
