"""Behaviour events over HTTP: events a second, and CPU an event, beside the bare insert into the same table.

`python bench/ingest.py` starts a web server of a throw-away install and sends batches of 100 from a client of
its own, over several connections; client and server share the machine, so what is sent is made before the clock runs.
A batch counts when the server has answered, which it does after the commit (SQLite: synchronous=FULL). `--db postgres`
the same on a PostgreSQL of our own. At the end every event sent must be in the table once.
"""

import argparse
import base64
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from install import prepare
from postgres import Postgres, free_port
from tables import head, row

BATCH = 100
GOAL = "50,000/s"
SERVE = "from fondly.doors.cli.serving import serve; serve('127.0.0.1', {port}, 1)"
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--threads", type=int, default=16, help="connections of the client")
    parser.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    batches = (2_000 if given.small else given.events) // BATCH
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fondly-ingest-")))
        if given.db == "postgres":
            os.environ["FONDLY_DATABASE_URL"] = stack.enter_context(Postgres(folder)).url
        prepare(folder / "home", 0)
        head()
        rate, cpu, client = _over_http(batches, given.threads)
        bare_rate, bare_cpu = _bare(batches)
        row("events over HTTP, batches of 100", rate, "/s", GOAL, bare_rate, "bare insert")
        row("CPU of the server, an event", cpu, "us", "20 us", bare_cpu, "bare insert")
        row("CPU of the client, an event", client, "us")


def _over_http(batches: int, threads: int) -> tuple[float, float, float]:
    """Events a second; microseconds of CPU an event of the server and of the client."""
    with server(free_port()) as (port, pid):
        senders = [_Sender(port, key(), batches // threads) for _ in range(threads)]
        _Sender(port, senders[0].key, 5).run()  # the first requests read the code
        cpu, began, mine = _cpu(pid), time.perf_counter(), time.process_time()
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        took, ours, theirs = time.perf_counter() - began, _cpu(pid) - cpu, time.process_time() - mine
    sent = sum(sender.count for sender in senders) * BATCH
    _same(sent + 5 * BATCH)
    return sent / took, ours / sent * 1e6, theirs / sent * 1e6


class _Sender(threading.Thread):
    """One connection that sends batch after batch."""

    def __init__(self, port: int, key: str, count: int) -> None:
        super().__init__()
        self.port, self.key, self.count = port, key, max(count, 1)
        self.bodies = [_body() for _ in range(self.count)]

    def run(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for body in self.bodies:
            line.request("POST", "/v1/batch", body, headers(self.key))
            answer = line.getresponse()
            if answer.read() != b'{"success": true}':
                raise SystemExit(f"the server said {answer.status}")


def headers(secret: str) -> dict[str, str]:
    basic = base64.b64encode(f"{secret}:".encode()).decode()
    return {"Content-Type": "application/json", "Authorization": f"Basic {basic}"}


def _body() -> str:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"batch": [_event(now) for _ in range(BATCH)], "sentAt": now})


def _event(now: str) -> dict[str, object]:
    """What segment-analytics-python 2.4 sends for a track."""
    message_id = str(uuid.UUID(bytes=os.urandom(16)))
    return {
        "integrations": {}, "properties": {"plan": "premium", "step": 3, "price": 12.5, "page": "/offers/summer"},
        "timestamp": now, "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
        "userId": f"user-{message_id[:4]}", "type": "track", "event": "Button Clicked", "messageId": message_id,
    }  # fmt: skip


def _bare(batches: int) -> tuple[float, float]:
    """Rows a second and CPU a row of the bare driver, each batch its own commit: what any endpoint would have to do."""
    from django.db import connection

    from fondly.doors.segment.messages import Reader
    from fondly.measure.events.keeping import COLUMNS

    given = [json.loads(_body()) for _ in range(batches)]
    rows = []
    for one in given:
        reader = Reader(one, datetime.now(UTC), {"Button Clicked": ""})
        reader.batch()
        rows.append(reader.rows)
    insert = _insert(connection, COLUMNS)
    began, mine = time.perf_counter(), time.process_time()
    for some in rows:
        insert(some)
    took, cpu = time.perf_counter() - began, time.process_time() - mine
    count = batches * BATCH
    return count / took, cpu / count * 1e6


def _insert(connection, columns):
    raw = connection.connection
    names, table = ", ".join(columns), "events_behaviourevent"
    if connection.vendor == "sqlite":
        raw.execute("PRAGMA synchronous=FULL")
        sql = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"

        def insert(some):
            raw.execute("BEGIN IMMEDIATE")
            raw.executemany(sql, some)
            raw.execute("COMMIT")

        return insert
    sql = f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(columns))}) ON CONFLICT DO NOTHING"

    def insert(some):
        with raw.transaction(), raw.cursor() as cursor:
            cursor.executemany(sql, some)

    return insert


def key() -> str:
    from fondly.ground import clock
    from fondly.people.team import tokens
    from fondly.people.team.models import ApiToken, User

    user, _ = User.objects.get_or_create(
        email="dana@example.org", defaults={"name": "Dana", "is_admin": True, "joined_at": clock.now()}
    )
    secret = "fondly_" + tokens.make()
    ApiToken.objects.create(
        user=user, name="bench", token_hash=tokens.hashed(secret), hint="", scopes=["events"], made_at=clock.now()
    )
    return secret


@contextmanager
def server(port: int, *, kill: bool = False) -> Iterator[tuple[int, int]]:
    """The web server in processes of its own, for as long as the block lasts. kill: with SIGKILL at the end."""
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", SERVE.format(port=port)], start_new_session=True)
    try:
        _until_it_answers(port)
        yield port, process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL if kill else signal.SIGTERM)
        process.wait(20)


def _until_it_answers(port: int) -> None:
    for _ in range(300):
        try:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            line.request("GET", "/healthz")
            if line.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the web server does not answer")


def _cpu(pid: int) -> float:
    """Seconds of CPU of a process and its children that live."""
    total = 0.0
    for one in [pid, *_children(pid)]:
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [found for child in map(int, listed) for found in (child, *_children(child))]


def _same(sent: int) -> None:
    from fondly.measure.events.models import BehaviourEvent

    found = BehaviourEvent.objects.count()
    if found != sent:
        raise SystemExit(f"{sent} events were sent and {found} are there")
    print(f"{found:,} events sent, each there once")


if __name__ == "__main__":
    main()
