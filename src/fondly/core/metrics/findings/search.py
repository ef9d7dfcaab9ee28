"""The search: what is strongest is named and taken out of the log, then the search begins again."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fondly.core.metrics.findings import along, naming, pace, report, scan, shares, silence
from fondly.core.metrics.findings.calendar import Calendar, calendar
from fondly.core.metrics.findings.finding import Finding
from fondly.core.metrics.findings.naming import Named
from fondly.core.metrics.findings.pace import Slowing
from fondly.core.metrics.findings.shares import ANY, Change, Counted, Place
from fondly.core.metrics.findings.steps import Flags, Log, Steps, steps
from fondly.core.metrics.frames import SECOND

FAMILIES = 5
_AT_ONCE, _ROUNDS = 24, 10
_BEGINNING = 0.03

Seen = Named | Slowing
Timed = Change | Slowing | silence.Silence
Leads = list[shares.Lead | pace.Lead]


@dataclass(frozen=True)
class _Limits:
    """How many things are looked at, and the |z| beyond which one of them is no chance."""

    tests: int
    z: float


def of_log(log: Log, of: str, alpha: float) -> list[Finding]:
    """Findings of a log whose bots are taken out, each family of them wrong with a chance of alpha at most."""
    if len(log.at) < 2 or log.at.min() == log.at.max():
        return []
    all_steps = steps(log)
    when = calendar(all_steps.begins_at, all_steps.ends_at)
    found = _silent(all_steps, when, of, alpha)
    limits: _Limits | None = None
    left, told = all_steps, list[Seen]()
    for _round in range(_ROUNDS):
        counted = shares.counted(left, when)
        tables, paced = list(shares.tables(counted)), pace.table(counted)
        if limits is None:
            limits = _limits(sum(len(one.places) for one in tables) + len(paced.places), when, alpha)
        leads = [one for one in _sorted_leads(tables, paced, limits.z) if not _is_echo(counted, one, told)]
        seen = _strongest(counted, leads, limits.z)
        if not seen:
            return found + _lasting(counted, of, alpha)
        told += seen
        for one in seen:
            found.append(_told(counted.steps, one, limits, of))
            left = left.picked(~_touched(left, when, one))
    return found + _lasting(shares.counted(left, when), of, alpha)


def _limits(series: int, when: Calendar, alpha: float) -> _Limits:
    tests = max(1, series * scan.windows_tried(when.bins))
    return _Limits(tests, scan.threshold(tests, alpha))


def _silent(of: Steps, when: Calendar, kind: str, alpha: float) -> list[Finding]:
    limits = _limits(max(1, len(silence.places(of))), when, alpha)
    seen = sorted(silence.silences(of, when, limits.z), key=lambda one: one.z)
    kept: list[silence.Silence] = []
    for one in seen:
        if not any(_overlap(one, other) for other in kept):
            kept.append(one)
    return [report.of_silence(of, one, scan.certainty(one.z, limits.tests), kind) for one in kept]


def _lasting(counted: Counted, of: str, alpha: float) -> list[Finding]:
    tests = along.tests(counted)
    seen = along.most_telling(along.differences(counted, along.threshold(tests, alpha)), counted)
    return [report.of_difference(counted.steps, one, along.certainty(one.z, tests), of) for one in seen]


def _sorted_leads(tables: Iterable[shares.Table], paced: pace.Table, limit: float) -> Leads:
    leads: Leads = [lead for table in tables for lead in shares.leads(table, limit)]
    leads += pace.leads(paced, limit)
    return sorted(leads, key=lambda lead: -abs(lead.window.z))


def _strongest(counted: Counted, leads: Leads, limit: float) -> list[Seen]:
    """The strongest changes that have nothing to do with one another; some leads at a time are checked."""
    for start in range(0, len(leads), _AT_ONCE):
        found = [one for lead in leads[start : start + _AT_ONCE] if (one := _checked(counted, lead, limit))]
        kept: list[Seen] = []
        for one in sorted(found, key=lambda one: -_weight(one)):
            seen = _named(counted, _cause(counted.steps, one, found))
            if not any(
                _is_related(counted.steps, each, _change(other)) for other in kept for each in (one, _change(seen))
            ):
                kept.append(seen)
        if kept:
            return kept
    return []


def _is_echo(counted: Counted, lead: shares.Lead | pace.Lead, told: list[Seen]) -> bool:
    """Whether all steps to an event show what was already told of one step to or from it at that time."""
    if lead.place.source != ANY:
        return False
    begins, ends = (counted.calendar.instant(edge) for edge in (lead.window.first, lead.window.beyond))
    events = {lead.place.target}
    changes = [_change(one) for one in told]
    return any(
        events & {one.place.source, one.place.target} and one.begins_at < ends and begins < one.ends_at
        for one in changes
    )


def _cause(of: Steps, one: Change | Slowing, found: list[Change | Slowing]) -> Change | Slowing:
    """If many more arrive at an event, that more leave there is only what follows from it."""
    for other in found:
        arrive = isinstance(other, Change) and other.place.source == of.arrives and other.z > 0
        same_time = _overlap(one, other) and abs(other.z) > abs(one.z) / 2
        if arrive and same_time and isinstance(one, Change) and one.place.source == other.place.target:
            return other
    return one


def _named(counted: Counted, one: Change | Slowing) -> Seen:
    return one if isinstance(one, Slowing) else naming.named(counted, naming.for_whom(counted, one))


def _change(seen: Seen) -> Change | Slowing:
    return seen if isinstance(seen, Slowing) else seen.change


def _checked(counted: Counted, lead: shares.Lead | pace.Lead, limit: float) -> Change | Slowing | None:
    if isinstance(lead, pace.Lead):
        return pace.checked(counted, lead, limit)
    change = shares.checked(counted, lead, limit)
    begun = counted.calendar.begins_at + _BEGINNING * counted.calendar.bins * counted.calendar.unit
    # A log's beginning has nothing before it to depart from: who had come before it is not known.
    return None if change and change.begins_at <= begun else change


def _weight(one: Change | Slowing) -> float:
    """A little less for what all steps to an event show than for one step that shows as much."""
    return abs(one.z) * (0.9 if one.place.source == ANY else 1.0)


def _overlap(one: Timed, other: Timed) -> bool:
    return one.begins_at < other.ends_at and other.begins_at < one.ends_at


def _is_related(of: Steps, one: Change | Slowing, other: Change | Slowing) -> bool:
    """Whether both may be the same incident: at overlapping times, with an event in common."""
    return _overlap(one, other) and (
        ANY in (one.place.source, other.place.source) or bool(_events(of, one.place) & _events(of, other.place))
    )


def _events(of: Steps, place: Place) -> set[int]:
    return {place.source, place.target} - {of.leaves}


def _told(of: Steps, seen: Seen, limits: _Limits, kind: str) -> Finding:
    certain = scan.certainty(_change(seen).z, limits.tests)
    if isinstance(seen, Slowing):
        return report.of_slowing(of, seen, certain, kind)
    return report.of_change(of, seen, certain, kind)


def _touched(of: Steps, when: Calendar, seen: Seen) -> Flags:
    """The steps that the incident may have changed: from its events, in its time and a bin before and after."""
    one, place = _change(seen), _change(seen).place
    inside = (of.at >= one.begins_at - when.unit) & (of.at < one.ends_at + when.unit)
    if place.column != ANY:
        inside &= of.segments[place.column].codes == place.value
    if place.source == ANY:
        return inside
    if isinstance(one, Slowing):
        # Who comes too late comes as if anew.
        latest = one.ends_at + min(one.inside[-1] * SECOND, when.bins * when.unit / 4)
        late = (of.at >= one.begins_at) & (of.at < latest) & (of.source == of.arrives)
        return np.asarray(late | (inside & (of.source == place.source)))
    return np.asarray(inside & ((of.source == place.source) | ((of.source == place.target) & (one.z > 0))))
