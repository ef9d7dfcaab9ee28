"""Every metric by its name, and asking one."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import Any

from fondly.measure.insight import answering, asking
from fondly.measure.insight.asking import CannotAnswer
from fondly.measure.insight.metric import Answer, Metric, Source, Table
from fondly.measure.insight.metrics import loyalty, money, stages, staying, work

_FIGURES: dict[str, Metric] = {
    one.name: one
    for module in (loyalty.METRICS, stages.METRICS, staying.METRICS, work.METRICS, money.METRICS)
    for one in module
}
# Heavy modules, so they are read when a table is asked for, the lightest first.
_TABLES = ("journeys", "score", "clients", "versions", "findings")
_WORDS = ("by", "last", "since", "until", "where", "level")


@cache
def metrics() -> dict[str, Metric | Table]:
    """All by name."""
    return _FIGURES | {name: table for module in _TABLES for name, table in _tables(module).items()}


def found(name: str) -> Metric | Table:
    """The metric of this name. Raises CannotAnswer with the nearest names."""
    if name in _FIGURES:
        return _FIGURES[name]
    for module in _TABLES:
        if name in _tables(module):
            return _tables(module)[name]
    near = get_close_matches(name, metrics(), n=3, cutoff=0.5)
    raise CannotAnswer(
        f"There is no metric {name!r}. "
        + (f"Did you mean {_or(near)}?" if near else f"There are: {', '.join(metrics())}.")
    )


def _tables(module: str) -> dict[str, Table]:
    return {table.name: table for table in import_module(f"fondly.measure.insight.tables.{module}").TABLES}


def ask(source: Source, name: str, /, **given: Any) -> Answer:
    """A metric with by, last, since, until, where, level, and the words it takes of its own. Raises CannotAnswer."""
    metric = found(name)
    asked = asking.asked(source.now, **{word: given.pop(word) for word in _WORDS if given.get(word) is not None})
    given = {word: value for word, value in given.items() if value is not None and word not in _WORDS}
    if isinstance(metric, Metric):
        _refuse(name, given, {})
        return answering.answer(metric, asked, source)
    _refuse(name, given, metric.takes)
    return Answer(metric, asked, tuple(metric.make(source, asked, given)), metric.definition)


def explained(answer: Answer) -> str:
    """What the figure is, what is left out, and the expression behind it, as a text."""
    metric = answer.metric
    left_out = "".join(f"\n  - {one}" for one in metric.excluded) or " nothing"
    return (
        f"{metric.name}: {metric.meaning}\n\n{metric.definition}\nUnit: {metric.unit}\n"
        f"Left out:{left_out}\n\n{answer.expression}"
    )


def _refuse(name: str, given: Mapping[str, Any], takes: Mapping[str, str]) -> None:
    unknown = [word for word in given if word not in takes]
    if unknown:
        known = _or([*takes, *_WORDS])
        raise CannotAnswer(f"{name} does not take {', '.join(unknown)}; it takes {known}.")


def _or(words: list[str]) -> str:
    return "" if not words else f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
