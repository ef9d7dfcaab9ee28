"""Any file people have, as rows of text with the row number they see in their spreadsheet. Streaming."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from django.utils.translation import gettext as _

MAX_BYTES = 512 * 1024 * 1024
MAX_COLUMNS = 500
_PEEK = 4096
_MOST_DENSE = 20 * 1024 * 1024  # bytes; from here on a part of a workbook must not be packed too densely
_DENSEST = 100  # unpacked bytes for one packed byte; sheets that people make have 10 to 30
_MOST_IN_MEMORY = 100 * 1024 * 1024  # bytes of the texts of a workbook, which are read as a whole
_SIGNATURES = (
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"SQLite format 3", "an SQLite database"),
    (b"{\\rtf", "RTF"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"<!DOCTYPE html", "a web page (HTML)"),
    (b"<html", "a web page (HTML)"),
    (b"[{", "JSON"),
    (b'{"', "JSON"),
)


class UnreadableFileError(Exception):
    """The file as a whole cannot be used. The message says where, what, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Row:
    """number: as seen in a spreadsheet (header = 1); for vCard the line where the card begins."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """rows() starts again from the first row after the header each time it is called."""

    kind: str  # csv, xlsx, vcard
    headers: list[str]
    rows: Callable[[], Iterator[Row]]
    notes: list[str] = field(default_factory=list)


def open_table(path: Path, file_name: str = "") -> Table:
    """Recognise the file by its content. Raises UnreadableFileError."""
    from fondly.people.clients.imports import cards, sheets, texts

    name = file_name or path.name
    start = _start_of(path, name)
    if start.startswith(b"PK"):
        return sheets.open_sheet(_refuse_other_zip(path, name), name)
    _refuse_known_binaries(start, name)
    if cards.looks_like(start):
        return cards.open_cards(path, name)
    return texts.open_text(path, name)


def tidy_headers(cells: list[str], name: str) -> tuple[list[str], list[str]]:
    """Headers made unique and never empty, with notes on what was done. Raises UnreadableFileError."""
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > MAX_COLUMNS:
        raise UnreadableFileError(
            _("%(file)s has %(n)d columns; at most %(most)d can be read. Remove those you do not need.")
            % {"file": name, "n": len(cells), "most": MAX_COLUMNS}
        )
    headers: list[str] = []
    notes: list[str] = []
    for place, cell in enumerate(cells):
        headers.append(_unique(" ".join(cell.split())[:120], place, headers, notes))
    return headers, notes


def letter(place: int) -> str:
    """The spreadsheet's name of a column: 0 is A, 26 is AA."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text


def _unique(header: str, place: int, taken: list[str], notes: list[str]) -> str:
    if not header:
        header = _("Column %(letter)s") % {"letter": letter(place)}
    if header not in taken:
        return header
    number = 2
    while f"{header} ({number})" in taken:
        number += 1
    notes.append(
        _("Two columns are called “%(header)s”; column %(letter)s is read as “%(new)s”.")
        % {"header": header, "letter": letter(place), "new": f"{header} ({number})"}
    )
    return f"{header} ({number})"


def _start_of(path: Path, name: str) -> bytes:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(_PEEK)
    except OSError as error:
        raise UnreadableFileError(
            _("%(file)s cannot be opened: %(why)s") % {"file": name, "why": error.strerror or str(error)}
        ) from error
    if size > MAX_BYTES:
        raise UnreadableFileError(
            _("%(file)s is larger than %(n)d MB. Split it into several files.") % {"file": name, "n": MAX_BYTES >> 20}
        )
    if not start.strip():
        raise UnreadableFileError(_("%(file)s is empty. Export it again.") % {"file": name})
    return start


def _refuse_known_binaries(start: bytes, name: str) -> None:
    lowered = start[:64].lower()
    for signature, kind in _SIGNATURES:
        if lowered.startswith(signature.lower()):
            raise UnreadableFileError(
                _("%(file)s holds %(kind)s. Save it as CSV, XLSX or vCard and try again.")
                % {"file": name, "kind": kind}
            )


def _refuse_other_zip(path: Path, name: str) -> Path:
    try:
        with ZipFile(path) as archive:
            names = set(archive.namelist())
            entries = archive.infolist()
    except (BadZipFile, OSError) as error:
        raise UnreadableFileError(
            _("%(file)s is a damaged Excel or ZIP file. Save it again.") % {"file": name}
        ) from error
    if "xl/workbook.xml" not in names:
        raise UnreadableFileError(
            _("%(file)s is a ZIP file but no Excel workbook. Unpack it and choose the CSV, XLSX or vCard inside.")
            % {"file": name}
        )
    _refuse_bomb(entries, name)
    return path


def _refuse_bomb(entries: list[ZipInfo], name: str) -> None:
    """Unpacking must not cost more memory or time than the file itself can be worth."""
    if sum(entry.file_size for entry in entries) > 4 * MAX_BYTES:
        raise UnreadableFileError(_("%(file)s unpacks to more than 2 GB and is not opened.") % {"file": name})
    for entry in entries:
        dense = entry.file_size > _MOST_DENSE and entry.file_size > _DENSEST * max(entry.compress_size, 1)
        in_memory = not entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml")
        if dense or (in_memory and entry.file_size > _MOST_IN_MEMORY):
            raise UnreadableFileError(
                _("%(file)s unpacks to far more than an address list holds and is not opened. Save it as CSV.")
                % {"file": name}
            )
