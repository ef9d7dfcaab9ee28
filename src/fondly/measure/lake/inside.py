"""The lake as a page, an action or a test sees it: over Django's own connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from fondly.measure.lake import manifest
from fondly.measure.lake.databases import Row, Vendor
from fondly.measure.lake.reading import Lake


def folder() -> Path:
    return Path(settings.HOME) / manifest.FOLDER


def lake(*, personal: bool = False) -> Lake:
    """The lake of this install; within a transaction with what that has written."""
    return Lake(OfDjango(), folder(), personal=personal)


class OfDjango:
    """Django's connection as a databases.Database; it is left open, and as it was."""

    def __init__(self) -> None:
        self.vendor: Vendor = "sqlite" if connection.vendor == "sqlite" else "postgresql"

    def rows(self, sql: str) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Of one instant, unless a transaction is on already: then as that sees it."""
        if connection.in_atomic_block:
            yield
        elif connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("BEGIN DEFERRED")  # Django's own would wait for whoever writes
                try:
                    yield
                finally:
                    cursor.execute("COMMIT")
        else:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                yield

    def close(self) -> None:
        """Nothing to do: whoever opened the connection closes it."""
