"""Reading lists page by page: a cursor says where the last page ended, so nothing is missed or read twice."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.dateparse import parse_datetime

from fondly.doors.api.problems import Fault, Problem

DEFAULT_LIMIT, MOST = 100, 500
Filter = Callable[[str], Q]


@dataclass(frozen=True, slots=True)
class Order:
    """By one field and then id; newest first when `down`."""

    field: str = "id"
    down: bool = False

    def by(self) -> list[str]:
        sign = "-" if self.down else ""
        return [f"{sign}{self.field}"] + ([f"{sign}id"] if self.field != "id" else [])

    def after(self, cursor: list[Any]) -> Q:
        side = "lt" if self.down else "gt"
        if self.field == "id":
            return Q(**{f"id__{side}": int(cursor[0])})
        value = datetime.fromisoformat(cursor[0])
        return Q(**{f"{self.field}__{side}": value}) | Q(**{self.field: value, f"id__{side}": int(cursor[1])})

    def cursor(self, row: Model) -> str:
        values = [row.pk] if self.field == "id" else [getattr(row, self.field).isoformat(), row.pk]
        return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[Any]
    next: str | None  # the address of the next page


def page(request: HttpRequest, rows: QuerySet[Any], filters: dict[str, Filter], order: Order) -> Page:
    """One page of `rows`. Raises Problem `invalid` for an unknown parameter or a value that does not fit."""
    asked = request.GET
    refuse_unknown(asked, {*filters, "limit", "cursor"})
    for name, make in filters.items():
        if name in asked:
            rows = rows.filter(_fit(name, make, asked[name]))
    if "cursor" in asked:
        rows = rows.filter(_fit("cursor", lambda text: order.after(_decoded(text)), asked["cursor"]))
    limit = _limit(asked.get("limit", str(DEFAULT_LIMIT)))
    found = list(rows.order_by(*order.by())[: limit + 1])
    more = len(found) > limit
    return Page(found[:limit], _next(request, order.cursor(found[limit - 1])) if more else None)


def refuse_unknown(asked: QueryDict, known: set[str]) -> None:
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise _bad(unknown[0], f"is not a filter here; there are {', '.join(sorted(known))}")


def number(text: str) -> int:
    """A whole number that a database id can be."""
    value = int(text)
    if not 0 <= value < 2**63:
        raise ValueError("is out of range")
    return value


def instant(text: str) -> datetime:
    """An ISO 8601 instant; without an offset it is UTC."""
    value = parse_datetime(text.replace(" ", "+"))
    if value is None:
        raise ValueError("is not an instant such as 2026-11-22T09:00:00Z")
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def yes(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("must be true or false")
    return text.lower() == "true"


def _fit(name: str, make: Filter, text: str) -> Q:
    try:
        if "\x00" in text:
            raise ValueError("holds a zero byte")
        return make(text)
    except (ValueError, IndexError, TypeError, KeyError, OverflowError) as error:
        raise _bad(name, f"{text[:80]!r} {_why(error)}") from error


def _why(error: Exception) -> str:
    words = str(error)
    return words if words.startswith(("is ", "must ", "holds ")) else "does not fit"


def _bad(name: str, detail: str) -> Problem:
    return Problem("invalid", f"{name}: {detail}", faults=(Fault(name, detail),))


def _limit(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text[:9]) <= MOST:
        raise _bad("limit", f"must be a number from 1 to {MOST}")
    return int(text)


def _decoded(text: str) -> list[Any]:
    values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if not isinstance(values, list):
        raise ValueError("is not a cursor given by this API")
    return values


def _next(request: HttpRequest, cursor: str) -> str:
    asked = request.GET.copy()
    asked["cursor"] = cursor
    return f"{request.path}?{asked.urlencode()}"
