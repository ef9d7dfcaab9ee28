"""CSV in any encoding and with any delimiter, streamed."""

import codecs
import csv
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from django.utils.translation import gettext as _

from fondly.people.clients.imports.reading import Row, Table, UnreadableFileError, letter, tidy_headers

_CHUNK = 1 << 20
_CELL_LIMIT = 1_000_000
_SAMPLE_LINES = 400
_DELIMITERS = (",", ";", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNDEFINED_IN_CP1252 = re.compile(b"[\x81\x8d\x8f\x90\x9d]")
_MIXED = "fondly_western"  # UTF-8 whose stray bytes are read as Windows-1252
_LOOKS_LIKE_DATA = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|\+?\d[\d ().-]{6,}")

csv.field_size_limit(_CELL_LIMIT)


@dataclass(frozen=True, slots=True)
class _Shape:
    """How the bytes become rows."""

    encoding: str
    errors: str
    delimiter: str
    skip: int  # lines before the first record: Excel's "sep=;"


def open_text(path: Path, name: str) -> Table:
    """Recognise encoding, delimiter and header. Raises UnreadableFileError."""
    encoding, errors, notes = _encoding(path, name)
    shape = _delimited(path, encoding, errors)
    first = _first_row(_records(path, shape, name))
    if first is None:
        raise UnreadableFileError(_("%(file)s is empty. Export it again.") % {"file": name})
    has_header = not any(_LOOKS_LIKE_DATA.fullmatch(cell.strip()) for cell in first.cells)
    if not has_header:
        notes.append(_("The first row holds data, not names of columns; the columns were called A, B, C …"))
    names = first.cells if has_header else [_("Column %(l)s") % {"l": letter(n)} for n in range(len(first.cells))]
    headers, more = tidy_headers(names, name)
    after = first.number if has_header else first.number - 1
    return Table("csv", headers, partial(_rows_after, path, shape, name, after), notes + more)


def _first_row(records: Iterator[Row]) -> Row | None:
    """The first row with something in it. All are read, so that a damaged file is refused before anything is used."""
    first = next((row for row in records if any(cell.strip() for cell in row.cells)), None)
    deque(records, maxlen=0)
    return first


def _rows_after(path: Path, shape: _Shape, name: str, number: int) -> Iterator[Row]:
    return (row for row in _records(path, shape, name) if row.number > number and any(row.cells))


def _records(path: Path, shape: _Shape, name: str) -> Iterator[Row]:
    """Every record with its number as a spreadsheet counts; cells with line breaks are one row."""
    with path.open(encoding=shape.encoding, errors=shape.errors, newline="") as file:
        read: list[str] = []  # the lines of the present record
        lines = _noting(islice(file, shape.skip, None), read)
        reader = csv.reader(lines, delimiter=shape.delimiter, skipinitialspace=True)
        number = 0
        try:
            for cells in reader:
                number += 1
                last = read.copy()
                read.clear()
                yield Row(number, cells)
        except csv.Error as error:
            raise _unclosed(name, number + 1) from error
        if number and _ends_inside_quotes(last, shape.delimiter):
            raise _unclosed(name, number)


def _noting(lines: Iterator[str], read: list[str]) -> Iterator[str]:
    for line in lines:
        read.append(line)
        yield line


def _ends_inside_quotes(lines: list[str], delimiter: str) -> bool:
    """Whether the last record swallowed the rest of the file because its quotation mark is never closed."""
    try:
        deque(csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True), maxlen=0)
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def _unclosed(name: str, row: int) -> UnreadableFileError:
    return UnreadableFileError(
        _(
            "%(file)s, row %(row)d: a quotation mark is opened and not closed, or a cell is too"
            " long. Close the quotation mark and try again."
        )
        % {"file": name, "row": row}
    )


def _encoding(path: Path, name: str) -> tuple[str, str, list[str]]:
    """The encoding, how to treat stray bytes, and notes for people."""
    with path.open("rb") as file:
        start = file.read(4096)
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            return _checked(path, encoding, name), "strict", []
    unmarked = _unmarked_utf16(start)
    if unmarked:
        return _checked(path, unmarked, name), "strict", []
    return _eight_bit(path, name)


def _unmarked_utf16(start: bytes) -> str:
    even, odd = start[0::2].count(0), start[1::2].count(0)
    half = max(len(start) // 2, 1)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * half and odd < 0.05 * half else ""


def _checked(path: Path, encoding: str, name: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                if "\0" in decoder.decode(chunk):
                    raise _damaged(name, 0)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            _("%(file)s says it is %(encoding)s but is damaged. Save it again as CSV (UTF-8).")
            % {"file": name, "encoding": encoding.upper()}
        ) from error
    return encoding


def _eight_bit(path: Path, name: str) -> tuple[str, str, list[str]]:
    """UTF-8 if it is; Windows-1252 or Latin-1 if not; both when a file was glued together from two."""
    decoder = codecs.getincrementaldecoder("utf-8")("fondly_count")
    _strays.update(count=0, undefined=0)
    beyond_ascii, lines = 0, 1
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if b"\0" in chunk:
                raise _damaged(name, lines + chunk[: chunk.index(b"\0")].count(b"\n"))
            lines += chunk.count(b"\n")
            text = decoder.decode(chunk)
            beyond_ascii += 0 if chunk.isascii() else sum(1 for c in text if c > "\x7f")
    decoder.decode(b"", final=True)
    stray, proper = _strays["count"], beyond_ascii - _strays["count"]
    if not stray:
        return "utf-8", "strict", []
    if proper <= stray // 4:
        return ("latin-1" if _strays["undefined"] else "cp1252"), "strict", []
    note = _("The file mixes two encodings (UTF-8 and Windows); %(n)d letters were read as Windows. Check the accents.")
    return "utf-8", _MIXED, [note % {"n": stray}]


def _damaged(name: str, line: int) -> UnreadableFileError:
    where = _("line %(line)d") % {"line": line} if line else _("somewhere")
    return UnreadableFileError(
        _("%(file)s is not a text file: it holds a NUL byte (%(where)s). Save it again as CSV, XLSX or vCard.")
        % {"file": name, "where": where}
    )


_strays: dict[str, int] = {"count": 0, "undefined": 0}


def _count_stray(error: UnicodeError) -> tuple[str, int]:
    text, end = _western(error)
    _strays["count"] += len(text)
    if isinstance(error, UnicodeDecodeError) and _UNDEFINED_IN_CP1252.search(error.object[error.start : end]):
        _strays["undefined"] += 1
    return text, end


def _western(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    piece = error.object[error.start : error.end]
    try:
        return piece.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return piece.decode("latin-1"), error.end


codecs.register_error(_MIXED, _western)
codecs.register_error("fondly_count", _count_stray)


def _delimited(path: Path, encoding: str, errors: str) -> _Shape:
    with path.open(encoding=encoding, errors=errors, newline="") as file:
        sample = list(islice(file, _SAMPLE_LINES))
    declared = re.fullmatch(r"\ufeff?sep=(.)", sample[0].strip("\r\n")) if sample else None
    if declared and declared[1] not in "\"' \r\n":
        return _Shape(encoding, errors, declared[1], 1)
    best = max(_DELIMITERS, key=lambda delimiter: _regularity(sample, delimiter))
    return _Shape(encoding, errors, best, 0)


def _regularity(sample: list[str], delimiter: str) -> tuple[float, int]:
    """How much the sample looks like a table with this delimiter: share of rows of one width, and that width."""
    try:
        widths = [len(cells) for cells in csv.reader(sample, delimiter=delimiter, skipinitialspace=True) if cells]
    except csv.Error:
        return 0.0, 0
    if not widths or widths[0] < 2:
        return 0.0, 0
    usual, count = Counter(widths).most_common(1)[0]
    return (round(count / len(widths), 1) if usual > 1 else 0.0) + (0.5 if usual == widths[0] else 0), usual
