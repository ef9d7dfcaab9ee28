"""A rehearsal as JSON, as a calendar, and as tables."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from fondly.core.planner.model import Ghost, Schedule, Stay
from fondly.core.planner.rehearsal import Rehearsal
from fondly.core.planner.zones import zone_of
from fondly.core.playbook.model import Playbook
from fondly.core.words import words_of

if TYPE_CHECKING:
    from fondly.core.planner.load import Report

MOST_ROWS = 12


def as_json(rehearsed: Rehearsal, zone: str) -> dict[str, list[dict[str, Any]]]:
    """{"moments": [...], "stays": [...]}; times are ISO 8601 with the offset of the client's zone."""
    return {
        "moments": [_moment(moment) for moment in rehearsed.moments],
        "stays": [_stay(stay, zone) for stay in rehearsed.stays],
    }


def _moment(moment: Schedule) -> dict[str, Any]:
    return {
        "touchpoint": moment.touchpoint,
        "stage": moment.stage,
        "kind": moment.kind,
        "channel": moment.channel,
        "at": moment.local,
        "why": _why(moment),
    }


def _why(moment: Schedule) -> str:
    return f"{moment.why}; moved: {', '.join(moment.moved)}" if moment.moved else moment.why


def _stay(stay: Stay, zone: str) -> dict[str, Any]:
    place = zone_of(zone)
    left = None if stay.left_at is None else stay.left_at.astimezone(place).isoformat()
    return {"stage": stay.stage, "from": stay.entered_at.astimezone(place).isoformat(), "to": left, "why": stay.why}


def calendar(playbook: Playbook, rehearsed: Rehearsal, ghost: Ghost) -> str:
    """Week by week, day by day, for reading."""
    lines = [f"{playbook.name}: one client from {_day(ghost.start.astimezone(zone_of(ghost.zone)))} ({ghost.zone})"]
    place = zone_of(ghost.zone)
    entries: list[tuple[datetime, int, str]] = [
        (stay.entered_at.astimezone(place), 0, f"── {playbook.stages[stay.stage].title}: {stay.why}")
        for stay in rehearsed.stays
    ]
    entries += [(datetime.fromisoformat(m.local), 1, _line(m)) for m in rehearsed.moments]
    entries.sort(key=lambda entry: (entry[0], entry[1]))
    for week, inside in groupby(entries, key=lambda entry: entry[0].isocalendar()[:2]):
        lines += ["", f"Week {week[1]}, {week[0]}"]
        for day, found in groupby(inside, key=lambda entry: entry[0].date()):
            lines += _day_lines(f"{day:%a} {day.day:>2} {day:%b}", found)
    return "\n".join([*lines, *_notes(rehearsed)])


def _day_lines(day: str, entries: Iterable[tuple[datetime, int, str]]) -> list[str]:
    return [f"  {day if number == 0 else '':<10}  {at:%H:%M}  {text}" for number, (at, _, text) in enumerate(entries)]


def _line(moment: Schedule) -> str:
    by = "" if moment.mode == "auto" else ", by hand" if moment.mode == "by_hand" else ", approve first"
    return f"{words_of(moment.touchpoint)} ({moment.kind}, {words_of(moment.channel)}{by}): {_why(moment)}"


def _day(at: datetime) -> str:
    return f"{at:%A} {at.day} {at:%B %Y %H:%M}"


def _notes(rehearsed: Rehearsal) -> list[str]:
    lines: list[str] = []
    if rehearsed.stop is not None:
        lines += ["", f"The journey is over: {words_of(rehearsed.stop.reason)}."]
    if rehearsed.alerts:
        lines += [
            "",
            "Can never happen as it stands:",
            *(f"  {words_of(a.touchpoint)}: {a.reason}" for a in rehearsed.alerts),
        ]
    if rehearsed.skips:
        skipped = (f"  {words_of(skip.touchpoint)}: {skip.reason}" for skip in rehearsed.skips)
        lines += ["", "Called for, but not done:", *skipped]
    if rehearsed.waits:
        lines += ["", "Still waiting:", *(f"  {words_of(w.touchpoint)} {w.why}" for w in rehearsed.waits)]
    return lines


def tables(report: "Report") -> str:
    """The load of a whole client base, for reading."""
    lines = [
        f"{report.clients} made-up clients over {report.days} days from {report.start:%d %b %Y}: "
        f"{report.moments:,} moments, {report.messages:,} messages, {report.hours:,.0f} hours of work.",
        "Made-up clients answer surveys, sign and stay as long as the playbook says, give or take.",
    ]
    lines += ["", "Hours of work a week, by role"]
    rows = [
        (
            words_of(r.role),
            f"{r.average:.1f}",
            f"{r.peak:.1f}",
            f"{r.peak_week:%d %b}",
            f"{r.capacity:.0f}",
            str(r.weeks_over),
        )
        for r in report.roles
    ]
    lines += table(("role", "average", "most", "week of", "capacity", "weeks over"), rows)
    lines += ["", "Week by week"]
    weeks = [(f"{w.begins:%d %b %Y}", str(w.messages), str(w.by_hand), f"{w.hours:.1f}") for w in report.weeks]
    lines += table(("week of", "messages", "by hand", "hours"), weeks)
    lines += _pairs("Several messages to one client on one day", ("touchpoints", "times"), report.clashes)
    lines += _overloads(report)
    lines += _pairs("Moved, by what moved them", ("moved by", "times"), report.moved)
    lines += _pairs("Called for, but not done", ("touchpoint: reason", "times"), report.skipped)
    return "\n".join([*lines, "", f"On a weekend for the client: {report.weekend:,} moments."])


def _overloads(report: "Report") -> list[str]:
    if not report.overloads:
        return ["", "No role has more than a day's work on any day."]
    rows = [(f"{o.day:%a %d %b %Y}", words_of(o.role), f"{o.hours:.1f}", f"{o.capacity:.1f}") for o in report.overloads]
    more = report.overloaded_days - len(rows)
    found = ["", "Days with more than a day's work", *table(("day", "role", "hours", "a day holds"), rows)]
    return [*found, f"  and {more} more"] if more > 0 else found


def _pairs(title: str, head: tuple[str, str], pairs: Sequence[tuple[str, int]]) -> list[str]:
    if not pairs:
        return []
    found = ["", title, *table(head, [(name, f"{count:,}") for name, count in pairs[:MOST_ROWS]])]
    return [*found, f"  and {len(pairs) - MOST_ROWS} more"] if len(pairs) > MOST_ROWS else found


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns of text: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    made = []
    for row in [head, *rows]:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        made.append("  " + "  ".join(cells).rstrip())
    return made
