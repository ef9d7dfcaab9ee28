"""Writing many rows in one round trip: several times faster than the ORM's bulk_create and bulk_update."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache, partial
from itertools import chain
from operator import attrgetter
from typing import Any

from django.db import connection, models
from django.db.models import Model

from fondly.ground import instants, reading

_TOGETHER = 100  # rows in one statement of SQLite, which writes the search index once a statement
# What the drivers take as it is: asking the field for each value would cost more than writing the row.
_PLAIN = (
    models.IntegerField, models.AutoField, models.BooleanField, models.FloatField, models.ForeignKey, models.BinaryField
)  # fmt: skip


def update(model: type[Model], fields: Sequence[str], rows: Iterable[tuple[Any, ...]], *, where: str = "") -> None:
    """Each row is (value of fields[0], ..., id), each id once. Values are Python values, as on the model.

    where: SQL over the model's columns that must be true of a row, for rows another process may have changed meanwhile.
    """
    columns = _columns(model, tuple(fields))
    prepared = _prepared(columns, rows)
    if not prepared:
        return
    names = [column.column for column in columns[:-1]]
    table, also = model._meta.db_table, f" AND {where}" if where else ""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            setters = ", ".join(f'"{name}" = %s' for name in names)
            which, alike = "id = %s", _by_values(prepared)
            if len(alike) < len(prepared) / 2:
                which = "id IN (SELECT value FROM json_each(%s))"
                prepared = [(*values, json.dumps(ids)) for values, ids in alike.items()]
            cursor.executemany(f'UPDATE "{table}" SET {setters} WHERE {which}{also}', prepared)  # noqa: S608 - our names
        else:
            source, params = _as_columns(columns, prepared)
            setters = ", ".join(f'"{name}" = v.c{place}' for place, name in enumerate(names))
            places = ", ".join(f"c{place}" for place in range(len(names)))
            cursor.execute(
                f'UPDATE "{table}" SET {setters} FROM {source} AS v ({places}, row) WHERE id = v.row{also}',  # noqa: S608
                params,
            )


@lru_cache(maxsize=256)
def _columns(model: type[Model], fields: tuple[str, ...]) -> list[Any]:
    """The columns of these fields, and that of the id."""
    return [*(model._meta.get_field(name) for name in fields), model._meta.pk]


def _by_values(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], list[Any]]:
    """The ids of the rows that get the same values."""
    ids = defaultdict(list)
    for *values, pk in rows:
        ids[tuple(values)].append(pk)
    return ids


def insert(model: type[Model], objects: Sequence[Model]) -> None:
    """Add the rows of new objects. The objects do not learn their ids; read them again where those are needed."""
    columns: list[Any] = [column for column in model._meta.concrete_fields if not column.primary_key]
    values = attrgetter(*(column.attname for column in columns))
    add(model, [column.column for column in columns], _prepared(columns, map(values, objects)))


def insert_rows(model: type[Model], fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows of values of these fields, as on the model; every other field has its default."""
    named: list[Any] = [model._meta.get_field(name) for name in fields]
    rest = [column for column in model._meta.concrete_fields if not column.primary_key and column not in named]
    fixed = tuple(column.get_db_prep_save(column.get_default(), connection) for column in rest)
    names = [column.column for column in (*named, *rest)]
    add(model, names, [(*row, *fixed) for row in _prepared(named, rows)])


def add(model: type[Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]], *, known: str = "") -> None:
    """Add rows of values as the database takes them (instants as `instants.stored` gives them).

    known: "ignore" leaves out a row that a unique index has already; else that is an IntegrityError.
    """
    if not rows:
        return
    names = '", "'.join(columns)
    head = f'INSERT INTO "{model._meta.db_table}" ("{names}") '
    tail = " ON CONFLICT DO NOTHING" if known == "ignore" else ""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for start in range(0, len(rows), _TOGETHER):
                some = rows[start : start + _TOGETHER]
                places = ", ".join([f"({reading.places(columns)})"] * len(some))
                cursor.execute(f"{head}VALUES {places}{tail}", list(chain.from_iterable(some)))
        else:
            source, params = _as_columns([_by_name(model)[name] for name in columns], rows)
            cursor.execute(f"{head}SELECT * FROM {source}{tail}", params)  # noqa: S608 - our names


@cache
def _by_name(model: type[Model]) -> dict[str, Any]:
    fields: list[Any] = list(model._meta.concrete_fields)
    return {column.column: column for column in fields}


def _as_columns(columns: Sequence[Any], rows: Sequence[tuple[Any, ...]]) -> tuple[str, list[list[Any]]]:
    """Rows as a source of PostgreSQL, one parameter a column: its client takes a statement apart at each parameter."""
    kinds = [_kind(column) for column in columns]
    params = [
        [value if value is None else float(value) for value in values] if kind == "double precision" else list(values)
        for kind, values in zip(kinds, zip(*rows, strict=True), strict=True)
    ]
    return f"unnest({', '.join(f'%s::{kind}[]' for kind in kinds)})", params


@cache
def _kind(column: Any) -> str:
    """A column's type without its length: a cast to varchar(9) would cut a value in silence."""
    return str(column.db_type(connection)).partition("(")[0]


def _prepared(columns: Sequence[Any], rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows as the driver wants them, column by column."""
    turned = list(zip(*rows, strict=True))
    if not turned:
        return []
    return list(zip(*(_convert(column, values) for column, values in zip(columns, turned, strict=True)), strict=True))


def _convert(column: Any, values: tuple[Any, ...]) -> Iterable[Any]:
    convert = _converter(column)
    if convert is None:
        return values
    if convert is str:
        return map(str, values) if None not in values else (v if v is None else str(v) for v in values)
    return map(convert, values)


@cache
def _converter(column: Any) -> Callable[[Any], Any] | None:
    if isinstance(column, _PLAIN):
        return None
    if isinstance(column, models.CharField | models.TextField):
        return str
    if isinstance(column, models.DateTimeField):
        return lambda at: at and instants.stored(at)
    return partial(column.get_db_prep_save, connection=connection)
