"""How far new rows of a table can no longer change their set: below, no row can appear any more.

PostgreSQL gives out ids before it commits, so a row with a smaller id may become visible later than one with a larger.
Whoever inserts holds a lock of the table from before it takes an id until its transaction ends. So ids up to the
largest given out are settled once everybody who held such a lock after that has ended. Nobody is made to wait.
"""

import time

from django.db import connection

_TRIES, _WAIT_SECONDS = 10, 0.02
_WRITERS = (
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted"
    " AND relation = %s::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND pid <> pg_backend_pid()"
)


def settled_up_to(table: str, above: int, most: int) -> int:
    """The largest id not more than `most` rows above `above` up to which everything is settled; else `above`."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(id) FROM (SELECT id FROM {table} WHERE id > {above} ORDER BY id LIMIT {most}) t")
        newest = cursor.fetchone()[0] or above
        if connection.vendor == "sqlite" or newest == above:
            return int(newest)  # SQLite writes one transaction after the other
        cursor.execute(_WRITERS, [table])
        writing = set(cursor.fetchall())
        for _ in range(_TRIES):
            if not writing:
                return int(newest)
            time.sleep(_WAIT_SECONDS)
            cursor.execute(_WRITERS, [table])
            writing &= set(cursor.fetchall())
    return above
