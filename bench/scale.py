"""Does one moment cost the same among a million journeys as among ten thousand?

`python bench/scale.py --journeys 10000,100000,1000000 --workers 1,2,4` on the database of FONDLY_DATABASE_URL (for
instance below bin/with-postgres), else on a throw-away SQLite file. A number of journeys is started as everybody starts
them and is due now; the rest are copies of their rows whose time has not come. Measured are planning the due ones
again, and claiming them and writing their mails, by so many worker processes; then the plans of both queries are shown.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from install import MONDAY, clients, playbook, prepare, until_none, write_due

DUE = 5000
COPIES_AT_ONCE = 20
_KINDS = ("plan", "write")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--journeys", default="10000,100000")
    parser.add_argument("--workers", default="1")
    parser.add_argument("--due", type=int, default=DUE, help="journeys that are due now")
    parser.add_argument("--small", action="store_true", help="200 and 400 journeys, 100 of them due")
    parser.add_argument("--work", choices=_KINDS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        return work(given.work)
    sizes = [200, 400] if given.small else [int(size) for size in given.journeys.split(",")]
    due = 100 if given.small else given.due
    with tempfile.TemporaryDirectory() as home:
        prepare(Path(home), 0)
        measure(sizes, due, [int(count) for count in given.workers.split(",")])
    return 0


def measure(sizes: list[int], due: int, workers: list[int]) -> None:
    from django.db import connection

    print(f"{connection.vendor}, {due:,} journeys due; microseconds of CPU per moment, all workers together")
    print(f"{'journeys':>10}{'workers':>9}{'plan /s':>10}{'plan us':>9}{'write /s':>10}{'write us':>10}{'peak MB':>9}")
    playbook_id = playbook()
    first = _start(due, playbook_id)
    for size in sizes:
        _grow(first, due, size)
        for count in workers:
            _all_due_again(first, due)
            plan, write = (_timed(kind, count) for kind in _KINDS)
            print(
                f"{size:>10,}{count:>9}{due / plan[0]:>10,.0f}{1e6 * plan[1] / due:>9,.0f}"
                f"{due / write[0]:>10,.0f}{1e6 * write[1] / due:>10,.0f}{max(plan[2], write[2]):>9,.0f}"
            )
    _all_due_again(first, due)
    _explain()


def _start(due: int, playbook_id: int) -> int:
    """The journeys that are due; the id of the first client."""
    from fondly.ground import clock
    from fondly.ground.action import SYSTEM, perform
    from fondly.run.journeys.actions import StartJourneys

    ids = clients(due)
    with clock.at(MONDAY):
        for start in range(0, due, 500):
            given = StartJourneys(ids[start : start + 500], playbook_id, key=f"scale {start}")
            perform("journeys.start_many", SYSTEM, given)
    return ids[0]


def _grow(first: int, due: int, size: int) -> None:
    """Copy the rows of the due journeys, shifted in id and into the future, until there are `size` journeys."""
    from django.db import connection, transaction

    from fondly.run.journeys.models import Journey

    have = Journey.objects.count() // due
    with connection.cursor() as cursor:
        for start in range(have, size // due, COPIES_AT_ONCE):
            with transaction.atomic():
                for number in range(start, min(start + COPIES_AT_ONCE, size // due)):
                    _copy(cursor, first, due, number)
        cursor.execute("ANALYZE")


def _copy(cursor: object, first: int, due: int, number: int) -> None:
    from fondly.people.clients.models import Client, Contact, EmailAddress, Interaction
    from fondly.run.journeys.models import Journey, Moment, Stay

    for model in (Client, Contact, EmailAddress, Journey, Stay, Moment, Interaction):
        names, values = [], []
        for field in model._meta.concrete_fields:
            names.append(f'"{field.column}"')
            values.append(_copied(field, number))
        table = model._meta.db_table
        cursor.execute(  # type: ignore[attr-defined]
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table} WHERE id < 10000000"
        )


def _copied(field: object, number: int) -> str:
    """What the copy has in a column: ids move by ten million, times that are still to come by days."""
    column = f'"{field.column}"'  # type: ignore[attr-defined]
    name = field.name  # type: ignore[attr-defined]
    if name in ("id", "client", "contact", "journey", "stay") or column == '"journey_id"':
        return f"{column} + {number * 10_000_000}"
    if name in ("plan_at", "at"):
        return _later(column, 1 + number % 90)
    if name == "external_id":
        return f"CASE WHEN {column} = '' THEN '' ELSE {column} || '-{number}' END"
    return column


def _later(column: str, days: int) -> str:
    from django.db import connection

    if connection.vendor == "postgresql":
        return f"{column} + interval '{days} days'"
    return f"datetime({column}, '+{days} days')"


def _all_due_again(first: int, due: int) -> None:
    """The journeys that are due, as they were before anybody worked on them."""
    from fondly.run.journeys.models import Journey, Moment
    from fondly.run.outbox.models import Message

    mine = Journey.objects.filter(client__gte=first, client__lt=first + due)
    ids = list(mine.values_list("pk", flat=True))
    Message.objects.all().delete()
    mine.update(plan_at=MONDAY)
    for start in range(0, len(ids), 500):
        moments = Moment.objects.filter(journey__in=ids[start : start + 500], touchpoint="welcome")
        moments.update(state="planned", worker="", lease_until=None, ended_at=None)


def _timed(kind: str, count: int) -> tuple[float, float, float]:
    """(seconds, CPU seconds of all workers, peak MB of the largest) until nothing of this kind is left."""
    command = [sys.executable, __file__, "--work", kind]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(command, **pipes) for _number in range(count)]  # type: ignore[call-overload]
    for worker in workers:
        worker.stdout.readline()  # ready
    began = time.perf_counter()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [worker.communicate()[0].split() for worker in workers]
    took = time.perf_counter() - began
    return took, sum(float(words[0]) for words in said), max(float(words[1]) for words in said)


def work(kind: str) -> int:
    """One worker process: work when told to, until nothing is left; then say what it took."""
    import django

    django.setup()
    from django.db import connection

    from fondly.ground import clock
    from fondly.run.journeys import planning

    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()
    cpu = time.process_time()
    with clock.at(MONDAY):
        until_none((lambda: planning.plan_due(MONDAY)) if kind == "plan" else write_due)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(time.process_time() - cpu, peak)
    return 0


def _explain() -> None:
    """How the database finds what is due."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from fondly.run.journeys import claiming, planning

    found: dict[str, str] = {}
    with CaptureQueriesContext(connection) as said, transaction.atomic():
        claiming.claim(MONDAY, "explain", 10)
        planning.plan_due(MONDAY, batch=1)
        transaction.set_rollback(True)
    for query in said.captured_queries:
        sql = query["sql"].lstrip()
        if sql.startswith("SELECT") and "LIMIT" in sql and ("journeys_moment" in sql or '"plan_at" <=' in sql):
            found.setdefault("claim" if "journeys_moment" in sql else "plan", sql)
    with connection.cursor() as cursor:
        for name, sql in found.items():
            cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + sql)
            print(f"\n{name}:")
            for line in cursor.fetchall():
                print("  ", line[-1])


if __name__ == "__main__":
    sys.exit(main())
