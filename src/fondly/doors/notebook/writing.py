"""Rows as text, CSV, JSON or Parquet."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

Rows = Sequence[Mapping[str, Any]]


def as_json(rows: Rows) -> str:
    return json.dumps(list(rows), indent=2, default=str, ensure_ascii=False)


def as_csv(rows: Rows) -> str:
    """With a header; every row has the first one's columns."""
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return out.getvalue()


def as_text(rows: Rows) -> str:
    """Columns for the eye."""
    if not rows:
        return ""
    names = list(rows[0])
    cells = [names, *([_shown(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(names))]
    return "\n".join(_line(line, widths) for line in cells)


def to_parquet(answer: "DuckDBPyRelation", file: Path) -> None:
    """The same answer makes the same bytes. What was there stays until all is written."""
    part = file.with_name(f".{file.name}.part")
    answer.write_parquet(str(part), compression="zstd")
    part.replace(file)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
