"""Logs for tests: any small log, in every kind of dataframe, and answers in one form to compare."""

from collections.abc import Callable
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import strategies as st

from fondly.core.metrics import frames

Rows = list[dict[str, Any]]

EVENTS = pl.Schema({"client": pl.String, "at": pl.Int64, "what": pl.String, "stage": pl.String, "position": pl.Int64})


def as_polars(events: Rows) -> pl.DataFrame:
    return pl.DataFrame(events, schema=EVENTS)


def as_spark(events: Rows) -> Any:
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    spark = sql.SparkSession.builder.master("local[1]").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    return spark.createDataFrame(
        [tuple(e.values()) for e in events], "client string, at long, what string, stage string, position long"
    )


ENGINES: dict[str, Callable[[Rows], Any]] = {
    "pandas": lambda events: as_polars(events).to_pandas(),
    "polars": as_polars,
    "polars lazy": lambda events: as_polars(events).lazy(),
    "arrow": lambda events: as_polars(events).to_arrow(),
    "duckdb": lambda events: duckdb.connect().from_arrow(as_polars(events).to_arrow()),
}
every_engine = pytest.mark.parametrize("engine", [*ENGINES, pytest.param("spark", marks=pytest.mark.slow)])


def made_for(engine: str, events: Rows) -> Any:
    return as_spark(events) if engine == "spark" else ENGINES[engine](events)


def kind(table: Any) -> type:
    return type(table)


def told(table: Any, *keys: str) -> Rows:
    """The answer's rows by their keys, with NaN as None and floats to nine digits."""
    told_rows = [{name: _plain(value) for name, value in row.items()} for row in frames.rows(table)]
    return sorted(told_rows, key=lambda row: [row[key] for key in keys])


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or value != value:
        return None
    return float(f"{value:.9g}") if isinstance(value, float) else value


def event(client: str, at: int, what: str, stage: str = "start", position: int = 0) -> dict[str, Any]:
    return {"client": client, "at": at, "what": what, "stage": stage, "position": position}


def line(client: str, path: str, every_s: int = 60, stages: str = "") -> Rows:
    """`abc` happens to the client, one letter each `every_s` seconds from 2026-01-01 on, in stages by letter."""
    start = 1_767_225_600_000_000
    stages = stages or "s" * len(path)
    return [event(client, start + i * every_s * frames.SECOND, what, stages[i], i) for i, what in enumerate(path)]


# Ties are likely: few clients, few instants. Months apart are likely too.
instants = st.one_of(
    st.integers(0, 5).map(lambda minute: 1_700_000_000_000_000 + minute * 60_000_000),
    st.integers(0, 900).map(lambda day: 1_600_000_000_000_000 + day * frames.DAY),
)
some_logs = st.lists(
    st.builds(
        event,
        st.sampled_from(["ada", "bo", "cy", "di"]),
        instants,
        st.sampled_from(["call", "buy", "mail", "quit"]),
        st.sampled_from(["lead", "client", "gone"]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda e: (e["client"], e["at"], e["position"]),
)
