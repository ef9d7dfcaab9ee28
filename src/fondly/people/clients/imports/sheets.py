"""XLSX workbooks, streamed: the first sheet that holds something."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from fondly.people.clients.imports.reading import Row, Table, UnreadableFileError, tidy_headers

_MOST_ROWS = 1_048_576  # of an Excel sheet


def open_sheet(path: Path, name: str) -> Table:
    """Find the sheet and its header. Raises UnreadableFileError."""
    for place, title in enumerate(_titles(path, name)):
        first = next((row for row in _rows(path, name, place) if any(row.cells)), None)
        if first is not None:
            headers, notes = tidy_headers(first.cells, name)
            if place:
                notes.append(_("The first sheet is empty; “%(title)s” was read.") % {"title": title})
            return Table("xlsx", headers, partial(_rows_after, path, name, place, first.number), notes)
    raise UnreadableFileError(_("%(file)s has no sheet with anything in it.") % {"file": name})


def _titles(path: Path, name: str) -> list[str]:
    with _opened(path, name) as book:
        return [sheet.title for sheet in book.worksheets]


def _rows_after(path: Path, name: str, place: int, number: int) -> Iterator[Row]:
    return (row for row in _rows(path, name, place) if row.number > number and any(row.cells))


def _rows(path: Path, name: str, place: int) -> Iterator[Row]:
    with _opened(path, name) as book:
        sheet = book.worksheets[place]
        sheet.reset_dimensions()  # some programs write a wrong size
        try:
            for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
                if number > _MOST_ROWS:  # a row may claim any number; those before it are made up while reading
                    raise _damaged(name)
                yield Row(number, [as_text(value) for value in values])
        except (ValueError, KeyError, TypeError, OSError, SyntaxError) as error:
            raise _damaged(name) from error


def as_text(value: Any) -> str:
    """A cell as people would type it; dates as ISO, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)


@contextmanager
def _opened(path: Path, name: str) -> Iterator[Any]:
    from openpyxl import load_workbook

    with path.open("rb") as file:  # a path without ".xlsx" would be refused
        try:
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except Exception as error:  # openpyxl lets many kinds through on a damaged file
            raise _damaged(name) from error
        try:
            yield book
        finally:
            book.close()


def _damaged(name: str) -> UnreadableFileError:
    return UnreadableFileError(
        _("%(file)s is a damaged Excel file. Open it in your spreadsheet and save it again as XLSX or CSV.")
        % {"file": name}
    )
