"""Changes as findings: names instead of numbers, and every size with its interval."""

import math
from dataclasses import replace

from fondly.core.metrics.distributions import two_sided_z
from fondly.core.metrics.estimates import LEVEL, Estimate
from fondly.core.metrics.findings.along import Difference
from fondly.core.metrics.findings.bots import Bot
from fondly.core.metrics.findings.finding import Finding
from fondly.core.metrics.findings.naming import Named
from fondly.core.metrics.findings.pace import Slowing
from fondly.core.metrics.findings.shares import ANY, Change, Place
from fondly.core.metrics.findings.silence import Silence
from fondly.core.metrics.findings.steps import Floats, Log, Steps
from fondly.core.metrics.intervals import difference, wilson


def of_change(steps: Steps, named: Named, certainty: float, of: str) -> Finding:
    change = named.change
    found = _share(change.hits, change.tries, change.dispersion)
    out_tries = change.outside[0]
    usual = _share(min(change.expected / change.tries, 1) * out_tries, out_tries, change.dispersion)
    moved = difference(found, usual)
    return Finding(
        named.kind, _step(steps, named), _segment(steps, change.place), change.begins_at, change.ends_at,
        usual, found, moved, _clients(moved, change), certainty, named.instead, of,
    )  # fmt: skip


def _step(steps: Steps, named: Named) -> tuple[str, ...]:
    place = named.change.place
    a, b = "" if place.source == ANY else steps.names[place.source], steps.names[place.target]
    if named.kind == "loop":
        return b, a
    if not a or (named.kind in ("new", "stop", "surge") and place.source == steps.arrives):
        return (b,)
    return a, b


def _segment(steps: Steps, place: Place) -> tuple[str, str] | None:
    if place.column == ANY:
        return None
    segment = steps.segments[place.column]
    return segment.column, segment.values[place.value]


def _share(hits: float, tries: float, dispersion: float) -> Estimate:
    """With as many independent tries as they are worth."""
    n = max(1, round(tries / dispersion))
    told = wilson(min(n, round(hits / dispersion)), n)
    value = hits / tries if tries else 0.0
    assert told.low is not None and told.high is not None
    return Estimate(value, min(told.low, value), max(told.high, value), round(tries))


def _clients(moved: Estimate, change: Change) -> Estimate | None:
    """How many of the clients in the window did otherwise than usual."""
    if moved.value is None or moved.low is None or moved.high is None:
        return None
    low, high = sorted((moved.low, moved.high), key=abs)
    reached = 0.0 if moved.low < 0 < moved.high else abs(low)
    many = change.clients
    return Estimate(abs(moved.value) * many, reached * many, abs(high) * many, many)


def of_slowing(steps: Steps, change: Slowing, certainty: float, of: str) -> Finding:
    found, usual = (_median(gaps, change.dispersion) for gaps in (change.inside, change.outside))
    kind = "slower" if change.ratio > 1 else "quicker"
    place = change.place
    many = Estimate(change.clients, None, None, change.clients, note="the clients who took the step in this time")
    return Finding(
        kind, (steps.names[place.source], steps.names[place.target]), _segment(steps, place), change.begins_at,
        change.ends_at, usual, found, _ratio(found, usual), many, certainty, of=of,
    )  # fmt: skip


def _median(gaps: Floats, dispersion: float) -> Estimate:
    """The median with its interval by order statistics: ranks n/2 ± z sqrt(n·dispersion)/2, gaps being sorted."""
    n = len(gaps)
    reach = two_sided_z(LEVEL) * math.sqrt(n * dispersion) / 2
    low, high = max(0, math.floor(n / 2 - reach)), min(n - 1, math.ceil(n / 2 + reach))
    return Estimate(float(gaps[n // 2]), float(gaps[low]), float(gaps[high]), n)


def _ratio(found: Estimate, usual: Estimate) -> Estimate:
    logs = [_in_logs(one) for one in (found, usual)]
    apart = difference(*logs)
    assert apart.value is not None and apart.low is not None and apart.high is not None
    return Estimate(math.exp(apart.value), math.exp(apart.low), math.exp(apart.high), apart.n)


def _in_logs(one: Estimate) -> Estimate:
    assert one.value is not None and one.low is not None and one.high is not None
    value, low, high = (math.log(max(part, 1e-6)) for part in (one.value, one.low, one.high))
    return replace(one, value=value, low=low, high=high)


def of_silence(steps: Steps, silence: Silence, certainty: float, of: str) -> Finding:
    found, usual = (_count(count, silence.dispersion) for count in (silence.visits, silence.expected))
    missed = difference(usual, found)
    moved = difference(found, usual)
    return Finding(
        "silence", (), _segment(steps, silence.place), silence.begins_at, silence.ends_at,
        usual, found, moved, missed, certainty, of=of,
    )  # fmt: skip


def _count(count: float, dispersion: float) -> Estimate:
    """A count with its interval where its variance is the dispersion times its mean."""
    reach = two_sided_z(LEVEL) * math.sqrt(dispersion * max(count, 1))
    return Estimate(count, max(0.0, count - reach), count + reach, round(count))


def of_bot(log: Log, bot: Bot, certainty: float) -> Finding:
    found, usual = (Estimate(float(count), None, None, 1) for count in (bot.events, bot.next_most))
    more = Estimate(float(bot.events - bot.next_most), None, None, 1)
    one = Estimate(1.0, 1.0, 1.0, 1)
    return Finding("bot", (log.names[bot.what],), None, bot.begins_at, bot.ends_at, usual, found, more, one, certainty)


def of_difference(steps: Steps, one: Difference, certainty: float, of: str) -> Finding:
    others, hits = one.others
    found, usual = _share(one.hits, one.tries, one.dispersion), _share(hits, others, one.dispersion)
    moved = difference(found, usual)
    touched = abs(moved.value or 0.0) * one.clients
    place = one.place
    return Finding(
        "different", (steps.names[place.source], steps.names[place.target]), _segment(steps, place), None, None,
        usual, found, moved, Estimate(touched, None, None, one.clients), certainty, of=of,
    )  # fmt: skip
