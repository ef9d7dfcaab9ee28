"""What the OpenAPI description says of metrics and tables."""

from typing import Any

Schema = dict[str, Any]
_TEXT = {"type": "string"}
_ROWS = {"type": "array", "items": {"type": "object", "additionalProperties": True}}
_METRIC = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "meaning", "unit", "definition", "expression"), _TEXT),
        "excluded": {"type": "array", "items": _TEXT},
        "by": {"type": "array", "items": _TEXT},
        "rows": _ROWS,
    },
    "required": ["name", "rows"],
}
_ME = {
    "type": "object",
    "properties": {"name": _TEXT, "personal": {"type": "boolean"}, "now": {**_TEXT, "format": "date-time"}},
    "required": ["name", "personal", "now"],
}
LIST = {
    "type": "object",
    "properties": {"items": _ROWS, "next": {"type": ["string", "null"]}},
    "required": ["items", "next"],
}
# path -> operation, summary, names of query parameters, answer
NUMBERS: dict[str, tuple[str, str, tuple[str, ...], Schema]] = {
    "/api/whoami": ("whoami", "Who asks, and whether tables tell who clients are", (), _ME),
    "/api/metrics": ("list_metrics", "All metrics with their meaning", (), LIST),
    "/api/metrics/{name}": (
        "get_metric",
        "A metric: value, low, high and n for each group; where.NAME=value narrows it",
        ("by", "last", "since", "until", "level"),
        _METRIC,
    ),
    "/api/tables": ("list_tables", "The tables of the lake, their columns and how many rows they have", (), LIST),
}
TABLE_SUMMARY = "A whole table as Parquet; columns that tell who somebody is need the scope `export`"
