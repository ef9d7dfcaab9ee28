"""What a log of events looks like, and how any dataframe becomes one and goes back.

One row per event. Columns:

- `client`: whose event it is, any type that can be sorted
- `at`: when, as UTC datetimes (without a zone is read as UTC) or whole microseconds since 1970
- `what`: its name
- `stage`, where a measure asks for it: the stage the client was in
- `position` (may be missing): which of a client's events at the same instant came first; without it the name decides

Rows without client, at, what or a column the measure asks for are left out.
Answers are of the kind that came in: pandas, Polars (eager or lazy), Arrow, DuckDB or PySpark. Instants in
answers are whole microseconds since 1970, and columns ending in `_s` are seconds.
"""

from __future__ import annotations  # Narwhals is read where it is needed: kernels and the command line do without

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import narwhals as nw

CLIENT, AT, WHAT, STAGE, POSITION = "client", "at", "what", "stage", "position"
SECOND = 1_000_000
DAY = 86_400 * SECOND

Native = Any


class UnfitFrame(ValueError):
    """The frame is no log of events: says which column is missing or of the wrong kind, and what to do."""


@dataclass(frozen=True)
class Log:
    """Events in Narwhals' words, in which a measure is written once; `back` gives its answer in the caller's kind."""

    frame: nw.LazyFrame[Any]
    order: tuple[str, ...]
    back: Callable[[nw.LazyFrame[Any]], Native]

    def until(self, instant: int) -> Log:
        """Without the events after the instant (microseconds)."""
        import narwhals as nw

        return replace(self, frame=self.frame.filter(nw.col(AT) <= instant))

    def next(self, column: str) -> nw.Expr:
        """The column of the same client's next event, null at the last one."""
        import narwhals as nw

        return nw.col(column).shift(-1).over(CLIENT, order_by=self.order)


def read_events(events: Native, *more: str) -> Log:
    """The columns client, at, what and `more` of any dataframe, with `at` in microseconds.

    Raises UnfitFrame if a column is missing or `at` holds neither datetimes nor whole numbers.
    """
    frame, back = _lazily(events)
    needed = [CLIENT, AT, WHAT, *more]
    schema = frame.collect_schema()
    _check_columns(schema, needed)
    _check_instants(schema[AT])
    position = [POSITION] if POSITION in schema else []
    kept = frame.select(*needed, *position).drop_nulls(needed)
    return Log(_in_microseconds(kept, schema[AT]), (AT, *position, WHAT, *more), back)


def read_columns(table: Native, *needed: str) -> nw.LazyFrame[Any]:
    """Some columns of any other dataframe, as they are. Raises UnfitFrame if one is missing."""
    frame, _back = _lazily(table)
    _check_columns(frame.collect_schema(), needed)
    return frame.select(*needed)


def rows(table: Native) -> list[dict[str, Any]]:
    """A small answer as dictionaries, whatever engine holds it."""
    import narwhals as nw

    frame: Any = nw.from_native(table).lazy()
    native = frame.to_native()
    if nw.dependencies.is_duckdb_relation(native):
        return [dict(zip(native.columns, row, strict=True)) for row in native.fetchall()]
    return list(frame.collect().rows(named=True))


def columns_of(table: Native) -> dict[str, NDArray[Any]]:
    """Any dataframe as numpy columns, nulls as NaN, NaT or None. A DuckDB relation needs no pyarrow for it."""
    if not is_relation(table):  # it must not be wrapped: DuckDB complains at exit of what Narwhals keeps of it
        import narwhals as nw

        frame: Any = nw.from_native(table).lazy()
        table = frame.to_native()
        if not is_relation(table):
            return {name: column.to_numpy() for name, column in frame.collect().to_dict(as_series=True).items()}
    return {name: _with_gaps(column) for name, column in table.fetchnumpy().items()}


def is_relation(table: Native) -> bool:
    """Whether DuckDB holds it."""
    duckdb = sys.modules.get("duckdb")
    return duckdb is not None and isinstance(table, duckdb.DuckDBPyRelation)


def _with_gaps(column: Any) -> NDArray[Any]:
    """DuckDB masks what is null; without its mask a null number would be 0."""
    if not np.ma.is_masked(column):
        return np.asarray(column)
    if column.dtype.kind in "iuf":
        return np.asarray(column.astype(np.float64).filled(np.nan))
    if column.dtype.kind == "M":
        return np.asarray(column.filled(np.datetime64("NaT")))
    plain = np.array(column, dtype=object)
    plain[column.mask] = None
    return plain


def _lazily(table: Native) -> tuple[nw.LazyFrame[Any], Callable[[nw.LazyFrame[Any]], Native]]:
    import narwhals as nw

    if nw.dependencies.is_pyarrow_table(table):
        return _arrow_by_duckdb(table)
    try:
        frame = nw.from_native(table)
    except TypeError as error:
        raise UnfitFrame(
            f"{type(table).__name__} is no dataframe; give pandas, Polars, Arrow, DuckDB or PySpark."
        ) from error
    if isinstance(frame, nw.LazyFrame):
        return frame, lambda answer: answer.to_native()
    return frame.lazy(), lambda answer: answer.collect().to_native()


def _arrow_by_duckdb(table: Native) -> tuple[nw.LazyFrame[Any], Callable[[nw.LazyFrame[Any]], Native]]:
    """Arrow has no window functions of its own; DuckDB reads its memory without a copy."""
    import duckdb
    import narwhals as nw

    relation = duckdb.connect().from_arrow(table)
    return nw.from_native(relation), lambda answer: answer.to_native().to_arrow_table()


def _check_columns(schema: nw.Schema, needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in schema]
    if missing:
        raise UnfitFrame(
            f"The events have no column {', '.join(missing)} (they have {', '.join(schema)}); "
            f"rename yours: a measure reads {', '.join(needed)}."
        )


def _check_instants(kind: nw.dtypes.DType) -> None:
    import narwhals as nw

    if not (kind.is_integer() or isinstance(kind, nw.Datetime)):
        raise UnfitFrame(
            f"Column {AT} holds {kind}; give UTC datetimes or whole microseconds since 1970 "
            "(a date has no time of day: say which, for example midnight UTC)."
        )


def _in_microseconds(frame: nw.LazyFrame[Any], kind: nw.dtypes.DType) -> nw.LazyFrame[Any]:
    """DuckDB and Spark would count through the session's zone, so there their own exact function is asked."""
    import narwhals as nw

    if kind.is_integer():
        return frame.with_columns(nw.col(AT).cast(nw.Int64))
    native: Any = frame.to_native()
    if nw.dependencies.is_duckdb_relation(native):
        native = native.project(f'* REPLACE (epoch_us("{AT}") AS "{AT}")')
    elif hasattr(native, "selectExpr"):
        others = [name for name in native.columns if name != AT]
        native = native.selectExpr(*others, f"unix_micros(`{AT}`) AS `{AT}`")
    else:
        return frame.with_columns(nw.col(AT).dt.timestamp("us").cast(nw.Int64))
    counted: nw.LazyFrame[Any] = nw.from_native(native)
    return counted
