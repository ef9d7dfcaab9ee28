"""Whole journeys: what follows what, paths, the funnel, who is seen again, where they break off."""

from collections.abc import Mapping, Sequence
from typing import Any

from fondly.core.metrics.frames import SECOND
from fondly.core.metrics.intervals import wilson
from fondly.core.metrics.kernels import cohorts, dropoff, funnel, paths
from fondly.core.metrics.kernels.columns import Columns
from fondly.measure.insight.asking import Asked, CannotAnswer, length
from fondly.measure.insight.metric import Row, Source, Table, figures

_TOP = "20"


def _directly_follows(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    return _rows(paths.directly_follows(_steps(source, asked)))


def _variants(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    found = paths.variants(_steps(source, asked), top=_number("top", given.get("top", _TOP)))
    return [{"path": " > ".join(one.path), "clients": one.clients, **figures(one.share)} for one in found]


def _funnel(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    steps = [step.strip() for step in given.get("steps", "").split(",") if step.strip()]
    if len(steps) < 2:
        raise CannotAnswer("A funnel needs two steps or more: steps=inquiry,first_talk,yes")
    window = length(given["window"]).total_seconds() if given.get("window") else None
    columns = _steps(source, asked)
    unknown = [step for step in steps if step not in columns.names]
    if unknown:
        raise CannotAnswer(f"Nobody ever had {', '.join(unknown)}; there are: {', '.join(columns.names[:40])}.")
    found = funnel.funnel(columns, steps, window, asked.level)
    return [{"step": one.step, "clients": one.clients, **figures(one.of_first)} for one in found]


def _cohorts(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    counted = _rows(cohorts.cohort_retention(_steps(source, asked)))
    return [
        {"cohort": row["cohort"], "age": row["age"], **figures(wilson(row["clients"], row["size"], asked.level))}
        for row in counted
    ]


def _last_events(source: Source, asked: Asked, given: Mapping[str, str]) -> Sequence[Row]:
    quiet = given.get("quiet", "30d")
    since = int((source.now - length(quiet)).timestamp() * SECOND)
    found = _rows(dropoff.drop_off(_steps(source, asked), since))
    return [{"what": row["what"], **figures(wilson(row["n"], row["clients"], asked.level))} for row in found]


def _steps(source: Source, asked: Asked) -> Columns:
    """Sorted columns of all steps. Cutting the log short or picking clients is not what these measures mean."""
    if asked.by or asked.where or asked.since or asked.until:
        raise CannotAnswer("This is asked of whole journeys: without by, where, last, since and until.")
    return source.columns()


def _number(name: str, text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 10_000:
        raise CannotAnswer(f"{name} is {text!r}; give a whole number from 1 to 10000.")
    return int(text)


def _rows(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    columns = [column.tolist() for column in table.values()]
    return [dict(zip(table, row, strict=True)) for row in zip(*columns, strict=True)]


_STEPS = "Steps are touchpoints done or sent, events, answers and exits, by name."
_NONE: tuple[str, ...] = ("facts that are no step of a journey: notes, fields, consents, promises",)

TABLES = (
    Table(
        "paths",
        "What follows what, how often, after how long",
        "clients, seconds",
        f"The directly-follows graph: pairs of one client's steps with nothing between. {_STEPS}",
        _NONE,
        _directly_follows,
    ),
    Table(
        "variants",
        "The whole paths clients take, the most frequent first",
        "share of clients",
        f"Complete paths of steps and the share of clients who took each; Wilson's range. {_STEPS}",
        _NONE,
        _variants,
        {"top": f"how many paths ({_TOP})"},
    ),
    Table(
        "funnel",
        "How many get from step to step",
        "share of clients who took the first step",
        f"Steps strictly in order, each client's best chain, within the window; Wilson's range. {_STEPS}",
        _NONE,
        _funnel,
        {"steps": "names in order, with commas between", "window": "such as 90d; any time if not given"},
    ),
    Table(
        "cohorts",
        "Of those who came in a month, how many were seen again in each later month",
        "share of the cohort",
        f"Clients with a step in the month, by months since their first; Wilson's range. {_STEPS}",
        _NONE,
        _cohorts,
    ),
    Table(
        "last_steps",
        "After what journeys fall silent",
        "share of all clients",
        f"Each client's last step, of those quiet since; Wilson's range. {_STEPS}",
        _NONE,
        _last_events,
        {"quiet": "how long nothing may have come (30d)"},
    ),
)
