"""Findings: what in a log departs from how it usually is, when, where, for whom, how much and how surely."""

from collections.abc import Sequence

import numpy as np

from fondly.core.metrics.estimates import LEVEL
from fondly.core.metrics.findings import bots, report, search
from fondly.core.metrics.findings.finding import Finding
from fondly.core.metrics.findings.steps import Log, read
from fondly.core.metrics.frames import Native

__all__ = ["Finding", "findings"]


def findings(events: Native, segments: Sequence[str] | None = None, alpha: float = 1 - LEVEL) -> tuple[Finding, ...]:
    """What stands out in a log of events (client, at, what; see metrics.frames), the surest first; () for a usual one.

    segments: the columns that part clients or events, such as channel or device; None takes all columns of words,
    truths or whole numbers with 2 to 24 values. With a column `stage`, changes of stage are looked at as events too.
    alpha: the chance that a log without any incident gives one finding or more.

    Method. Every event is a step to the client's next event, or to leaving if none comes within the pause usual after
    it. Per pair of events, for everybody and each segment, the share of steps is compared with what it is at the same
    part of the day and week and for the client's first or later time. A scan over windows of all lengths takes the
    largest likelihood ratio (Kulldorff 1997, A spatial scan statistic), gaps the same way by their ranks. The ratio is
    divided by the dispersion: the larger of how much days vary (trimmed) and of how much clients do (the cluster-robust
    variance of Liang & Zeger 1986). It counts where it is beyond the limit for all windows of all series together
    (Bonferroni), half as much again in odds, behind it 8 clients or more, and no steady drift tells it as well. The
    strongest is named, its steps are taken out, and the search begins again. Segments that differ the whole time must
    do so in each quarter of it; bots are clients beyond the tail of all others (Hill 1975).

    Assumes that clients are independent of one another. Not found: what begins with the log, incidents of less than
    some ten clients, and events that more clients do together, such as a successful campaign, unless the steps change.
    Raises UnfitFrame if columns are missing; ValueError if alpha is none.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}; it must lie between 0 and 1, such as 0.05.")
    log = read(events, segments)
    if not len(log.at):
        return ()
    share = alpha / search.FAMILIES
    found, human = _without_bots(log, share)
    stages = human.of_stages()
    found += search.of_log(human, "event", share if stages is None else share / 2)
    if stages is not None:
        found += [one for one in search.of_log(stages, "stage", share / 2) if not _is_told(one, found)]
    return tuple(sorted(found, key=lambda one: (-round(one.certainty, 6), -_size(one))))


def _without_bots(log: Log, alpha: float) -> tuple[list[Finding], Log]:
    seen = [(bot, bot.chance * len(log.names)) for bot in bots.bots(log)]
    sure = [(bot, chance) for bot, chance in seen if chance <= alpha]
    human = ~np.isin(log.client, [bot.client for bot, _chance in sure])
    return [report.of_bot(log, bot, 1 - chance) for bot, chance in sure], log.picked(np.flatnonzero(human))


def _is_told(stage: Finding, told: Sequence[Finding]) -> bool:
    """Whether events have already told of that time, or of that segment the whole time."""
    return any(_is_same_time(stage, one) for one in told)


def _is_same_time(stage: Finding, one: Finding) -> bool:
    if None in (stage.begins_at, stage.ends_at, one.begins_at, one.ends_at):
        return stage.begins_at == one.begins_at and stage.segment == one.segment
    assert stage.begins_at is not None and stage.ends_at is not None
    assert one.begins_at is not None and one.ends_at is not None
    return stage.begins_at < one.ends_at and one.begins_at < stage.ends_at


def _size(one: Finding) -> float:
    return one.clients.value or 0.0 if one.clients else 0.0
