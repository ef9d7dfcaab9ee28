"""Reading an event log, sorted by case and time, without holding it in memory (DuckDB does the sorting)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from fondly.core.planner.zones import YEARS
from fondly.run.histories.mapping import HistoryMap, MapError

_CHUNK = 10_000
_MEMORY = "400MB"


class LogError(Exception):
    """The file cannot be read as an event log."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log. row: the number a person sees in the sheet (header = 1)."""

    row: int
    case: str
    activity: str
    at: datetime
    amount_minor: int | None = None
    resource: str = ""
    lifecycle: str = ""


@dataclass(frozen=True, slots=True)
class BadLine:
    row: int
    reason: str


def columns_of(path: Path) -> tuple[str, ...]:
    with _open(path) as (connection, source):
        return tuple(row[0] for row in connection.execute("DESCRIBE SELECT * FROM " + source).fetchall())  # noqa: S608


def count_cases(path: Path, history_map: HistoryMap) -> int:
    """How many cases the log tells of."""
    _has_columns(path, history_map)
    with _open(path) as (connection, source):
        case = _quoted(history_map.columns["case"])
        counted = connection.execute(f"SELECT count(DISTINCT {case}) FROM {source}")  # noqa: S608
        return int(counted.fetchone()[0])


def lines(path: Path, history_map: HistoryMap, bad: list[BadLine]) -> Iterator[Line]:
    """All lines by case, then time, then place in the file. Lines that cannot be used are added to `bad`."""
    _has_columns(path, history_map)
    picked = [history_map.columns.get(name) for name in ("case", "activity", "time", "amount", "resource", "lifecycle")]
    chosen = ", ".join(f"CAST({_quoted(name)} AS VARCHAR)" if name else "NULL" for name in picked)
    case, time = (_quoted(history_map.columns[name]) for name in ("case", "time"))
    with _open(path) as (connection, source):
        connection.execute(
            f"WITH numbered AS (SELECT row_number() OVER () + 1 AS file_row, * FROM {source}) "  # noqa: S608
            f"SELECT file_row, {chosen} FROM numbered ORDER BY CAST({case} AS VARCHAR), "
            f"TRY_CAST(CAST({time} AS VARCHAR) AS TIMESTAMPTZ), file_row"
        )
        while rows := connection.fetchmany(_CHUNK):
            for row in rows:
                line = _line(row, bad)
                if line is not None:
                    yield line


def _line(row: tuple[Any, ...], bad: list[BadLine]) -> Line | None:
    number, case, activity, time, amount, resource, lifecycle = row
    if not case or not activity:
        bad.append(BadLine(number, f"The {'case' if not case else 'activity'} is empty."))
        return None
    at = _instant(time)
    if at is None:
        bad.append(BadLine(number, f"{time!r} is not a time. Write it like 2026-01-31T09:30:00+01:00."))
        return None
    return Line(number, case.strip(), activity.strip(), at, _minor(amount), resource or "", (lifecycle or "").lower())


def _instant(text: str | None) -> datetime | None:
    """ISO 8601; a time without an offset is taken as UTC."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if at.year not in YEARS:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _minor(text: str | None) -> int | None:
    if not text:
        return None
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        return None
    return int(amount * 100) if amount.is_finite() and abs(amount) < 10**15 else None


def _has_columns(path: Path, history_map: HistoryMap) -> None:
    there = columns_of(path)
    missing = [column for column in history_map.columns.values() if column not in there]
    if missing:
        raise MapError(f"{path.name} has no column {missing[0]!r}. Its columns are: {', '.join(there)}.")


@contextmanager
def _open(path: Path) -> Iterator[tuple[Any, str]]:
    import duckdb

    if not path.is_file():
        raise LogError(f"There is no file {path}.")
    connection = duckdb.connect(
        ":memory:", config={"memory_limit": _MEMORY, "threads": 2, "autoinstall_known_extensions": "false"}
    )
    connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
    name = str(path).replace("'", "''")
    try:
        parquet = path.name.lower().endswith((".parquet", ".pq"))
        yield connection, f"read_parquet('{name}')" if parquet else f"read_csv('{name}', all_varchar=true, header=true)"
    except duckdb.Error as error:
        first_line = str(error).splitlines()[0]
        raise LogError(f"{path.name} cannot be read as a table: {first_line}") from error
    finally:
        connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
