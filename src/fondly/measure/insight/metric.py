"""What a metric is: its meaning, whom it leaves out, and how observations become its figure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from fondly.core.metrics.estimates import Estimate
from fondly.measure.insight.asking import Asked
from fondly.measure.insight.estimators import Estimator

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from fondly.core.metrics.kernels.columns import Columns

Row = Mapping[str, Any]


class Source(Protocol):
    """Where observations come from: tables in DuckDB, sorted columns for the kernels, and what time it is there."""

    @property
    def now(self) -> datetime: ...

    def query(self, sql: str, params: Mapping[str, Any]) -> "DuckDBPyRelation":
        """The answer of a statement over the tables of the lake."""
        ...

    def columns(self) -> "Columns":
        """All steps of journeys, sorted, for the kernels."""
        ...


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure per group of observations.

    observations: SQL that gives one row each with `at`, `client`, `journey`, the columns in `own` by which one may
    ask too, and what the estimator reads (`figure`, `yes`). $now is the instant of asking. last_of_client: only the
    client's newest in each group counts. per_client: figures of one client are added up first.
    """

    name: str
    meaning: str
    unit: str
    definition: str
    excluded: tuple[str, ...]
    observations: str
    estimator: Estimator
    own: tuple[str, ...] = ()
    last_of_client: bool = False
    per_client: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A metric of several columns, made by a function of its own. needs: words it asks for beyond Asked."""

    name: str
    meaning: str
    unit: str
    definition: str
    excluded: tuple[str, ...]
    make: Callable[["Source", Asked, Mapping[str, str]], Sequence[Row]]
    takes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """rows: one per group, each with the dimensions asked for, value, low, high, n and a note; or a Table's rows."""

    metric: "Metric | Table"
    asked: Asked
    rows: tuple[Row, ...]
    expression: str

    @property
    def one(self) -> Row:
        """The only row of a question without groups."""
        (row,) = self.rows
        return row


def figures(one: Estimate) -> dict[str, Any]:
    """An estimate as columns."""
    return {"value": one.value, "low": one.low, "high": one.high, "n": one.n, "note": one.note}
