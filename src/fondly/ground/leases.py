"""The database's own clock, for leases: workers on machines whose clocks disagree still agree on these.

It is never moved: a demo clock that jumps two weeks must not make every lease expire.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection

INSTANT = {  # the same within a statement, to be compared with a stored lease
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')", "postgresql": "clock_timestamp()",
}  # fmt: skip


def database_now() -> datetime:
    """The instant by the database server's clock, UTC."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")
            return datetime.fromisoformat(cursor.fetchone()[0]).replace(tzinfo=UTC)
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0].astimezone(UTC)


def lease_end(start: datetime) -> datetime:
    """Until when a claim made at `start` holds."""
    return start + timedelta(seconds=settings.FONDLY_LEASE_SECONDS)
