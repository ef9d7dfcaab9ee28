"""A table of the lake as the frame of an engine: what the functions of core.metrics take.

DuckDB is there always. Polars and Spark come with `pip install polars pyarrow` or `pyspark`; Spark reads the sealed
files itself, so on a cluster FONDLY_HOME/lake must be a folder that all its machines see.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fondly.ground import config
from fondly.measure.lake.catalogue import INTERACTIONS
from fondly.measure.lake.databases import numbers
from fondly.measure.lake.shape import Column

if TYPE_CHECKING:
    from fondly.measure.lake.reading import Lake

_IN_SPARK = {
    "BIGINT": "bigint", "INTEGER": "int", "SMALLINT": "smallint", "DOUBLE": "double", "BOOLEAN": "boolean",
    "VARCHAR": "string", "TIMESTAMP": "timestamp",
}  # fmt: skip


class NoEngine(Exception):
    """This engine is not known or not installed; the message says which there are."""


def frame(lake: "Lake", table: str, engine: str = "") -> Any:
    """engine: duckdb, polars or spark; "" for what FONDLY_LAKE_ENGINE says. Raises NoEngine."""
    name = engine or config.load()["FONDLY_LAKE_ENGINE"].text.strip()
    if name not in _ENGINES:
        raise NoEngine(f"{name!r} is no engine of the lake (FONDLY_LAKE_ENGINE); there are {', '.join(_ENGINES)}.")
    try:
        return _ENGINES[name](lake, table)
    except ImportError as error:
        raise NoEngine(
            f"The engine {name} needs {error.name}, which is not installed: pip install {error.name}"
        ) from error


def _duckdb(lake: "Lake", table: str) -> Any:
    return lake.duckdb(table).table(table)


def _polars(lake: "Lake", table: str) -> Any:
    import polars

    return polars.DataFrame(lake.duckdb(table).table(table).to_arrow_table()).lazy()


def _spark(lake: "Lake", table: str) -> Any:
    """Sealed facts are read by Spark, everything else is handed over."""
    spark = _session()
    if table != INTERACTIONS.name:
        relation = lake.duckdb(table).table(table)
        return spark.createDataFrame(relation.fetchall(), _schema(lake.shown(table)))
    files, marks, rows = lake.parts(INTERACTIONS)
    columns = INTERACTIONS.stored
    here = spark.createDataFrame([_timed(columns, row) for row in rows], _schema(columns))
    if not files:
        return here
    sealed = spark.read.option("mergeSchema", "true").parquet(*map(str, files))
    told = [f"CAST(`{column.name}` AS {_IN_SPARK[column.type]}) AS `{column.name}`" for column in columns]
    true = f"NOT ({INTERACTIONS.noted} IN ({numbers(marks)}))" if marks else "true"
    return sealed.where(true).selectExpr(*told).unionByName(here)


def _session() -> Any:
    from pyspark.sql import SparkSession

    settings = config.load()
    builder = SparkSession.builder.appName("Fondly").config("spark.sql.session.timeZone", "UTC")
    if settings["FONDLY_SPARK_REMOTE"].text:
        return builder.remote(settings["FONDLY_SPARK_REMOTE"].text).getOrCreate()
    return builder.master(settings["FONDLY_SPARK_MASTER"].text or "local[*]").getOrCreate()


def _schema(columns: tuple[Column, ...]) -> str:
    return ", ".join(f"`{column.name}` {_IN_SPARK[column.type]}" for column in columns)


def _timed(columns: tuple[Column, ...], row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Microseconds as instants, and SQLite's numbers as yes and no."""
    made: dict[str, Callable[[Any], Any]] = {"TIMESTAMP": _instant, "BOOLEAN": bool}
    return tuple(
        value if value is None or column.type not in made else made[column.type](value)
        for column, value in zip(columns, row, strict=True)
    )


def _instant(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


_ENGINES: dict[str, Callable[["Lake", str], Any]] = {"duckdb": _duckdb, "polars": _polars, "spark": _spark}
