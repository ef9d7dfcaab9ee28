"""The first few rows of each of many groups in one statement.

A database reads `state IN (a, b) ORDER BY at LIMIT 50` whole and sorts it; of `state = a ORDER BY at LIMIT 50` it reads
fifty entries of an index. So each group is asked for alone and the answers are put together.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from fondly.ground.reading import rows

Statement = tuple[str, tuple[Any, ...]]


def statement(branch: "QuerySet[Any, Any]", key: str = "pk") -> Statement:
    """The SQL of a sliced queryset that gives primary keys, or what stands in another column."""
    sql, params = branch.values(key).query.sql_with_params()
    return sql, tuple(params)


def copies(one: Statement, changes: Iterable[dict[Any, Any]]) -> list[Statement]:
    """The same statement again with other values: each change tells which value becomes which."""
    sql, params = one
    return [(sql, tuple(change.get(value, value) for value in params)) for change in changes]


def ids(branches: Iterable[Statement]) -> RawSQL:
    """All keys, for `filter(pk__in=...)`. There must be at least one branch."""
    return RawSQL(*_together(branches, "*"))  # noqa: S611


def numbered(branches: Iterable[Statement]) -> list[tuple[int, int]]:
    """Each branch's number, from 0, with a key of it; at least one branch. One query."""
    return [(place, pk) for place, pk in rows(*_together(branches, "{place}, branch{place}.*"))]


def _together(branches: Iterable[Statement], columns: str) -> tuple[str, list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    for place, (sql, params) in enumerate(branches):
        # Nothing of a person's typing is in the text: it comes from Django with every value as a parameter.
        parts.append(f"SELECT {columns.format(place=place)} FROM ({sql}) AS branch{place}")  # noqa: S608
        values += params
    return " UNION ALL ".join(parts), values


def counts(branches: Sequence[Statement]) -> list[int]:
    """How many rows each statement gives, all asked for at once. There must be at least one."""
    numbers = ", ".join(f"(SELECT COUNT(*) FROM ({sql}) AS branch)" for sql, _params in branches)  # noqa: S608
    return list(rows(f"SELECT {numbers}", [value for _sql, params in branches for value in params])[0])
