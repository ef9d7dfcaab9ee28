"""CSV that is safe to open in a spreadsheet: no cell can become a formula.

A cell is guarded when its first character after white space and control characters is one of = + - @,
or when it starts with a tab or a line break. Numbers and phone numbers like +14155552671 stay as they are.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?\d[\d ().,-]{0,40}%?")
_BEFORE = re.compile(r"^[\s\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060\ufeff'\"]*")


def safe(value: Any) -> str:
    """The cell's text, with an apostrophe in front when a spreadsheet could take it for a formula."""
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, int | float) or _NUMBER.fullmatch(text):
        return text
    first = _BEFORE.sub("", text, count=1)
    return "'" + text if first.startswith(_STARTS) or (text[:1] in "\t\r\n" and text) else text


def original(cell: str) -> str:
    """The text before `safe` guarded it, for files that come back."""
    if cell.startswith("'") and safe(cell[1:]) == cell:
        return cell[1:]
    return cell


def safe_rows(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """CSV lines (RFC 4180, CRLF), each cell guarded. For streaming."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in rows:
        writer.writerow([safe(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
