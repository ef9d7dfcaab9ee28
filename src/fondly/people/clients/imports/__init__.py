"""Bring clients in from the files people really have: recognise, show, carry out, undo."""

from fondly.people.clients.imports.errors import error_rows, error_rows_of_plan
from fondly.people.clients.imports.mapping import TARGETS, Column, Mapping, UnusableMappingError
from fondly.people.clients.imports.plan import ImportPlan, PlannedRow, earlier_import, imported_plan, plan_import
from fondly.people.clients.imports.reading import UnreadableFileError
from fondly.people.clients.imports.undo import imported_clients
from fondly.people.clients.imports.uploads import Upload, store, store_file

__all__ = [
    "TARGETS",
    "Column",
    "ImportPlan",
    "Mapping",
    "PlannedRow",
    "UnreadableFileError",
    "UnusableMappingError",
    "Upload",
    "earlier_import",
    "error_rows",
    "error_rows_of_plan",
    "imported_clients",
    "imported_plan",
    "plan_import",
    "store",
    "store_file",
]
