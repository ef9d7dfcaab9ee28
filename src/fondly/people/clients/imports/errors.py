"""The rows that could not be used, as a CSV to mend and bring in again: own columns, then row and what to mend."""

from collections.abc import Iterator
from pathlib import Path

from fondly.people.clients.formulas import safe_rows
from fondly.people.clients.imports import plan as planning
from fondly.people.clients.imports.mapping import ROW, WHAT_TO_MEND, Mapping
from fondly.people.clients.models import Import, ImportRow


def error_rows(import_id: int) -> Iterator[str]:
    """CSV lines of a finished import's bad rows, for streaming. Cells are guarded against formulas."""
    made = Import.objects.get(pk=import_id)
    headers = list(made.mapping.get("headers", []))
    bad = ImportRow.objects.filter(batch=made, outcome=planning.BAD).order_by("row", "pk")
    rows = bad.values_list("cells", "row", "reason").iterator(chunk_size=1000)
    return _lines(headers, ((list(cells), row, reason) for cells, row, reason in rows))


def error_rows_of_plan(path: Path, file_name: str = "", mapping: Mapping | None = None) -> Iterator[str]:
    """The same before anything was brought in: the plan is made again and its bad rows are written."""
    source = planning.understand(path, file_name, mapping)
    plan = planning.new_plan(source, file_name or path.name)
    return _lines(
        source.table.headers,
        (
            (decision.cells, decision.row, " ".join(decision.reasons))
            for batch in planning.decisions(source, plan)
            for decision in batch
            if decision.outcome == planning.BAD
        ),
    )


def _lines(headers: list[str], bad: Iterator[tuple[list[str], int, str]]) -> Iterator[str]:
    again = headers[-2:] == [ROW, WHAT_TO_MEND]  # an error file that was brought in: not the columns twice
    own = headers[:-2] if again else headers
    return safe_rows(_with_header(own, bad))


def _with_header(own: list[str], bad: Iterator[tuple[list[str], int, str]]) -> Iterator[list[object]]:
    yield [*own, ROW, WHAT_TO_MEND]
    for cells, row, reason in bad:
        yield [*cells[: len(own)], *[""] * (len(own) - len(cells)), row, reason]
