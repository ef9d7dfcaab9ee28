"""Every address of the product, made from the URLconf, with numbers and names that exist in the cast."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Tables that any page may touch: who is signed in, and when something was seen.
PASSING = frozenset({"team_session", "ground_cache"})
_READS = ("SELECT ", "SAVEPOINT ", "RELEASE ")
_TEXTS = {"verb": "take_back", "form": "move", "act": "keep", "name": "nothing", "rest": "nothing", "token": "x" * 43}


@dataclass(frozen=True)
class Route:
    """route: as written in the URLconf; path: with values put in."""

    name: str
    route: str
    path: str


def all_routes(ids: dict[str, int]) -> list[Route]:
    """Every address. ids: value of a number by its name in the address; 1 when it is not named."""
    return [
        Route(pattern.name or pattern.lookup_str, route, "/" + _filled(route, ids))
        for route, pattern in _patterns(get_resolver().url_patterns, "")
    ]


def _patterns(patterns: list[Any], before: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, route)
        else:
            yield route, pattern


def _filled(route: str, ids: dict[str, int]) -> str:
    def value(match: re.Match[str]) -> str:
        kind, _colon, name = match[1].rpartition(":")
        return str(ids.get(name, 1)) if kind == "int" else _TEXTS.get(name, "a" * 64)

    return re.sub(r"<([^>]+)>", value, route)


def fingerprint() -> dict[str, str]:
    """A hash of every table, so that a test can say that nothing was changed."""
    connection.check_constraints()
    return {
        model._meta.db_table: _hash(model)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and model._meta.db_table not in PASSING
    }


def changed(before: dict[str, str]) -> set[str]:
    """The tables that are not as they were."""
    now = fingerprint()
    return {table for table in now if now[table] != before[table]}


@contextmanager
def writing() -> Iterator[list[str]]:
    """Gathers the statements that may change a table other than PASSING: quicker to look at than every row."""
    seen: list[str] = []

    def note(execute: Any, sql: str, *given: Any) -> Any:
        if not sql.lstrip().startswith(_READS) and not any(f'"{table}"' in sql for table in PASSING):
            seen.append(sql)
        return execute(sql, *given)

    with connection.execute_wrapper(note):
        yield seen


def _hash(model: Any) -> str:
    names = [field.attname for field in model._meta.concrete_fields]
    rows = sorted(repr(row) for row in model._base_manager.values_list(*names))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
