"""Taking events in: durable when `keep` comes back. Requests that come together share one commit."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import chain
from struct import Struct
from typing import Any

from django.db import OperationalError, connection, transaction
from pydantic_core import to_json

from fondly.ground.locking import past_deadlocks
from fondly.measure.events.models import BehaviourEvent

COLUMNS = (
    "message_id", "message_key", "kind", "name", "visitor", "also", "at", "received_at", "properties", "context",
    "todo",
)  # fmt: skip
_TABLE = BehaviourEvent._meta.db_table
_KEY = Struct(">q")
_TOGETHER = 100  # rows in one statement of SQLite
Row = tuple[Any, ...]  # values of COLUMNS as the database takes them (instants as `instants.stored` gives them)


@dataclass(slots=True)
class _Waiting:
    rows: Sequence[Row]
    is_done: bool = False
    error: Exception | None = None


_gate = threading.Lock()
_turn = threading.Lock()  # whoever has it commits for all who wait
_queue: list[_Waiting] = []


def key_of(message_id: str) -> int:
    """What a repeat is known by: 64 bits, of which two among ten million ids are alike once in 300,000 installs."""
    (key,) = _KEY.unpack(blake2b(message_id.encode(), digest_size=_KEY.size).digest())
    return int(key)


def keep(rows: Sequence[Row]) -> None:
    """Add the events; one whose message_id is known is left out. Raises what went wrong, and then none were added."""
    if connection.in_atomic_block:
        _write(rows)
        return
    mine = _Waiting(rows)
    with _gate:
        _queue.append(mine)
    with _turn:
        if not mine.is_done:
            _commit_waiting()
    if mine.error is not None:
        raise mine.error


def _commit_waiting() -> None:
    """What costs most is waiting for the disk: once for all is as durable as once for each."""
    with _gate:
        together = list(_queue)
        _queue.clear()
    if len(together) > 1:
        whole = _Waiting([row for one in together for row in one.rows])
        _commit(whole)
        if whole.error is None or isinstance(whole.error, OperationalError):
            for one in together:
                one.is_done, one.error = True, whole.error
            return
    for one in together:  # alone, so that what one of them sent spoils no other's
        _commit(one)


def _commit(one: _Waiting) -> None:
    try:
        with _durable():
            past_deadlocks(lambda: _write(one.rows))
    except Exception as error:  # whatever it is: those who wait behind this one must learn that theirs was not kept
        one.error = error
    one.is_done = True


def _write(rows: Sequence[Row]) -> None:
    """By the quickest way each driver has: Django's own, and a thousand parameters, cost more than the rows."""
    with transaction.atomic():
        if connection.vendor == "sqlite":
            for start in range(0, len(rows), _TOGETHER):
                some = rows[start : start + _TOGETHER]
                with connection.wrap_database_errors:
                    connection.connection.execute(_values(len(some)), list(chain.from_iterable(some)))
        else:
            told = to_json([dict(zip(COLUMNS, row, strict=True)) for row in rows]).decode()
            with connection.cursor() as cursor:
                cursor.execute(_recordset(), [told])


@cache
def _values(count: int) -> str:
    places = ", ".join([f"({', '.join('?' * len(COLUMNS))})"] * count)
    return f"INSERT INTO {_TABLE} ({', '.join(COLUMNS)}) VALUES {places} ON CONFLICT DO NOTHING"


@cache
def _recordset() -> str:
    """All rows as one parameter: psycopg takes longer to hand over a list than PostgreSQL to read JSON."""
    names = ", ".join(COLUMNS)
    kinds = ", ".join(f"{name} {BehaviourEvent._meta.get_field(name).db_type(connection)}" for name in COLUMNS)
    source = f"json_to_recordset(%s::json) AS came ({kinds})"
    return f"INSERT INTO {_TABLE} ({names}) SELECT {names} FROM {source} ON CONFLICT DO NOTHING"


@contextmanager
def _durable() -> Iterator[None]:
    """A commit inside the block survives a power cut. On SQLite pages are served with less; PostgreSQL always does."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    connection.connection.execute("PRAGMA synchronous=FULL")
    try:
        yield
    finally:
        connection.connection.execute("PRAGMA synchronous=NORMAL")
