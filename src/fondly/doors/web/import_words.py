"""The words of the import screens: what a column can be, with the first values of the file beside it."""

import re
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext as _

from fondly.people.clients.imports import TARGETS, Column, ImportPlan, Upload
from fondly.people.clients.imports.reading import open_table

_SAMPLES = 3
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One line of the mapping table."""

    place: int
    header: str
    samples: list[str]
    to: str
    group: int
    order: str
    options: list[tuple[str, str]]
    is_date: bool


def columns(plan: ImportPlan, upload: Upload) -> list[ColumnRow]:
    """A line for each column of the file, in its order."""
    rows = [row.cells for row in islice(open_table(upload.path, upload.file_name).rows(), _SAMPLES)]
    return [_line(place, column, rows) for place, column in enumerate(plan.mapping.columns)]


def format_words(name: str) -> str:
    known = {"hubspot": _("HubSpot contacts"), "pipedrive": _("Pipedrive people"), "google": _("Google Contacts"),
             "vcard": _("vCard"), "xlsx": _("a spreadsheet"), "csv": _("a table")}  # fmt: skip
    return known.get(name, name)


def _line(place: int, column: Column, rows: list[list[str]]) -> ColumnRow:
    samples = [cells[place][:_LONGEST] for cells in rows if place < len(cells) and cells[place].strip()]
    is_date = column.to.startswith("date.")
    return ColumnRow(place, column.header, samples, column.to, column.group, column.order, _options(column), is_date)


def _options(column: Column) -> list[tuple[str, str]]:
    own = re.sub(r"[^a-z0-9]+", "_", column.header.casefold()).strip("_")[:60] or "field"
    fields = [
        (f"field.{own}", _("keep as the field “%(name)s”") % {"name": own}),
        (f"date.{own}", _("keep as the date “%(name)s”") % {"name": own}),
        (f"number.{own}", _("keep as the number “%(name)s”") % {"name": own}),
        ("consent.marketing", _("yes to marketing")),
        ("refusal.marketing", _("no to marketing")),
    ]
    known = [(target, _words(target)) for target in TARGETS]
    listed = dict([("skip", _("leave it out")), *((k, w) for k, w in known if k != "skip"), *fields])
    listed.setdefault(column.to, _words(column.to))
    return list(listed.items())


def _words(target: str) -> str:
    special = {"name": _("full name"), "email": _("e-mail"), "external_id": _("number in the other system"),
               "owner": _("looked after by"), "source": _("where they came from"), "zone": _("time zone"),
               "value": _("value so far"), "phone": _("phone")}  # fmt: skip
    return special.get(target) or re.sub(r"[._]", " ", target)
