"""From the lines of one case to a lived journey: stays, facts and how it ended. Values only."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from fondly.run.histories.mapping import HistoryMap, Meaning
from fondly.run.histories.reading import Line


@dataclass(frozen=True, slots=True)
class LivedStay:
    stage: str
    entered_at: datetime
    left_at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class LivedFact:
    line: Line
    kind: str
    name: str
    stage: str
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class LivedJourney:
    """exit: the reason, "" while it goes on. amount_minor: the largest amount on its lines."""

    case: str
    started_at: datetime
    stays: tuple[LivedStay, ...]
    facts: tuple[LivedFact, ...]
    exit: str
    ended_at: datetime | None
    amount_minor: int | None


def journeys(lines: Iterable[Line], history_map: HistoryMap) -> Iterator[LivedJourney]:
    """One journey a case; the lines must come sorted by case and time."""
    for case, group in groupby(lines, key=lambda line: line.case):
        yield live(case, list(group), history_map)


def live(case: str, lines: Sequence[Line], history_map: HistoryMap) -> LivedJourney:
    stays: list[LivedStay] = []
    facts: list[LivedFact] = []
    ended: tuple[str, datetime] | None = None
    for line in lines:
        meaning = _counts(line, history_map)
        if meaning.stage and ended is None and (not stays or stays[-1].stage != meaning.stage):
            _enter(stays, meaning.stage, line)
        if meaning.exit and ended is None:
            ended = (meaning.exit, line.at)
        facts.append(_fact(line, meaning, stays[-1].stage if stays else "", history_map))
    if ended and stays:
        stays[-1] = _left(stays[-1], ended[1])
    reason, ended_at = ended or ("", None)
    amounts = [line.amount_minor for line in lines if line.amount_minor is not None]
    return LivedJourney(
        case, lines[0].at, tuple(stays), tuple(facts), reason, ended_at, max(amounts) if amounts else None
    )


def _counts(line: Line, history_map: HistoryMap) -> Meaning:
    """The activity's meaning, or none of it when this step of its lifecycle is not kept."""
    if history_map.keep and line.lifecycle and line.lifecycle not in history_map.keep:
        return Meaning()
    return history_map.activities.get(line.activity, Meaning())


def _fact(line: Line, meaning: Meaning, stage: str, history_map: HistoryMap) -> LivedFact:
    if meaning.exit:
        return LivedFact(line, "exited", meaning.exit, stage, meaning)
    if meaning.touchpoint:
        return LivedFact(line, "done", meaning.touchpoint, stage, meaning)
    if meaning.event:
        return LivedFact(line, "event", meaning.event, stage, meaning)
    known = history_map.activities.get(line.activity, Meaning())
    name = known.touchpoint or known.event or line.activity
    return LivedFact(line, "event", f"{name}.{line.lifecycle}" if line.lifecycle else name, stage, meaning)


def _enter(stays: list[LivedStay], stage: str, line: Line) -> None:
    if stays:
        stays[-1] = _left(stays[-1], line.at)
    stays.append(LivedStay(stage, line.at, None, line.activity))


def _left(stay: LivedStay, at: datetime) -> LivedStay:
    return LivedStay(stay.stage, stay.entered_at, at, stay.why)
