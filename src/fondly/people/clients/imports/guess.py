"""What the columns of an unknown file mean, from their names and from what is in them."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from django.utils.translation import gettext as _

from fondly.people.clients.imports import dates, formats
from fondly.people.clients.imports.mapping import Column, Mapping, plain_header
from fondly.people.clients.imports.reading import Row, Table

_SAMPLE = 300
_MOST_OF = 0.6
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]{2,}")
_PHONE = re.compile(r"(?:tel:)?[+(]?\d[\d ().\-/]{6,18}\d(?:\s*(?:x|ext\.?)\s*\d{1,6})?", re.I)
_YES_NO = re.compile(r"yes|no|true|false|y|n|x|ja|nein|oui|non", re.I)
_NAME = re.compile(r"[^\W\d_][\w'’.-]*(?:,? +[\w'’.&-]+){1,4}")


def guess(table: Table) -> Mapping:
    """The likeliest mapping. It is shown before anything is written, and can be changed."""
    sample = list(islice(table.rows(), _SAMPLE))
    columns = [_column(header, _values(sample, place)) for place, header in enumerate(table.headers)]
    if not {"name", "first_name", "last_name"} & {column.to for column in columns}:
        columns = _with_name(columns, sample)
    return Mapping(table.kind, formats.without_doubles(tuple(columns)))


def settle_orders(table: Table, mapping: Mapping, region: str) -> Mapping:
    """Find the order of day and month of every date column by looking at all its rows."""
    open_places = [p for p, c in enumerate(mapping.columns) if c.to.startswith("date.") and not c.order]
    if not open_places:
        return mapping
    seen = _shown(table.rows(), open_places)
    columns, notes = list(mapping.columns), list(mapping.notes)
    for place in open_places:
        order, note = _decided(columns[place].header, seen[place], region)
        columns[place] = Column(columns[place].header, columns[place].to, columns[place].group, order)
        notes += note
    return Mapping(mapping.format, tuple(columns), mapping.region, mapping.keep, mapping.source, tuple(notes))


def _column(header: str, values: list[str]) -> Column:
    known = formats.common(header)
    if known is not None and _fits(known[0], values):
        return Column(header, *known)
    if _share(values, _EMAIL) >= _MOST_OF:
        return Column(header, "email")
    if _dates(values) >= _MOST_OF:
        return Column(header, f"date.{formats.field_name(header)}")
    if _share(values, _PHONE) >= _MOST_OF and _could_be_phone(header):
        return Column(header, "phone")
    return Column(header, f"field.{formats.field_name(header)}")


def _fits(to: str, values: list[str]) -> bool:
    """A well-known name over something else (an "E-mail" column of yes and no) is not believed."""
    return to not in ("email", "phone") or not values or _share(values, _YES_NO) < 0.5


def _with_name(columns: list[Column], sample: Sequence[Row]) -> list[Column]:
    """The first column of words that look like first and last names becomes the name."""
    for place, column in enumerate(columns):
        if column.to.startswith("field.") and _share(_values(sample, place), _NAME) >= _MOST_OF:
            return [*columns[:place], Column(column.header, "name"), *columns[place + 1 :]]
    return columns


def _values(sample: Iterable[Row], place: int) -> list[str]:
    cells = (row.cells[place].strip() for row in sample if place < len(row.cells))
    return [cell for cell in cells if cell]


def _share(values: list[str], pattern: re.Pattern[str]) -> float:
    return sum(1 for value in values if pattern.fullmatch(value)) / len(values) if values else 0.0


def _dates(values: list[str]) -> float:
    return sum(1 for value in values if dates.is_date(value)) / len(values) if values else 0.0


def _could_be_phone(header: str) -> bool:
    plain = plain_header(header)
    return not re.search(r"(id|number|no|nr|code|amount|price|value|zip)$", plain) or "phone" in plain or "tel" in plain


def _shown(rows: Iterable[Row], places: list[int]) -> dict[int, str]:
    """Per column the order its dates show so far, see dates.order_of; "none" when no date needs one."""
    seen: dict[int, str] = dict.fromkeys(places, "none")
    for row in rows:
        for place in places:
            cell = row.cells[place] if place < len(row.cells) else ""
            if cell and dates.needs_order(cell):
                seen[place] = _joined(seen[place], dates.order_of([cell]))
    return seen


def _joined(before: str, now: str) -> str:
    if before in ("none", ""):
        return now
    return before if now in ("", before) else "mixed"


def _decided(header: str, shown: str, region: str) -> tuple[str, list[str]]:
    if shown in ("none", "dmy", "mdy"):
        return ("ymd" if shown == "none" else shown), []
    usual = "mdy" if region == "US" else "dmy"
    words = _("month/day/year") if usual == "mdy" else _("day/month/year")
    if shown == "mixed":
        text = _(
            "The dates in “%(header)s” are written in two orders; they are read as %(order)s, the others are listed."
        )
    else:
        text = _(
            "The dates in “%(header)s” could be read two ways; they are read as %(order)s. Change it if that is wrong."
        )
    return usual, [text % {"header": header, "order": words}]
