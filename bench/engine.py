"""The engine on a fresh home, one worker: `python bench/engine.py [--small] [--clients N] [--smtp] [--tryton PYTHON]`.

Journeys are started, planned, their mails written and, with --smtp, handed to a mail server on this machine at full
durability: half of them with a point of no return each, half many behind one. CPU is this process's; the mail
server is another one. What no engine could pass is measured beside: the disk's commits, and the same statements
replayed. --tryton: the Python of an environment with Tryton, whose automation is then measured beside.
"""

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from install import BOOK, MONDAY, clients, playbook, prepare, sink, until_none, write_due
from tables import head, row

TOGETHER = 250  # mails behind one point of no return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="60 journeys")
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--smtp", action="store_true", help="hand the mails to a server, too")
    parser.add_argument("--tryton", default="", help="the Python of an environment with trytond_marketing_automation")
    parser.add_argument("--profile", default="", help="a step: print where its time goes")
    given = parser.parse_args()
    count = 60 if given.small else given.clients
    with tempfile.TemporaryDirectory() as home, sink(given.smtp or given.small) as server:
        prepare(Path(home), server.port)
        peer = tryton(given.tryton, count // 10) if given.tryton else None
        Steps(Path(home), count, given.profile).run(server, peer)
    return 0


@dataclass(frozen=True)
class Peer:
    """Tryton's rate, and CPU microseconds for each; as of performance.md until it is measured beside ours."""

    rate: float = 25
    cpu: float = 39_000
    name: str = "Tryton"


def tryton(python: str, count: int) -> Peer:
    """The same work by Tryton's marketing automation, now, on this machine, with a mail server of its own."""
    script = str(Path(__file__).with_name("tryton.py"))
    with tempfile.TemporaryDirectory() as folder, sink(True) as server:
        command = [python, script, folder, str(server.port), str(count)]
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("FONDLY", "DJANGO"))}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
        if done.returncode or server.taken() != count:
            sys.exit(f"Tryton did not send its {count} mails:\n{done.stderr}")
    wall, cpu = map(float, done.stdout.split()[-2:])
    return Peer(count / wall, 1e6 * cpu / count, "Tryton, now")


class Steps:
    """Each step over all journeys, timed."""

    def __init__(self, home: Path, count: int, profile: str) -> None:
        self.home, self.count, self.profile = home, count, profile
        self.took: dict[str, tuple[float, float]] = {}

    def run(self, server: sink, peer: Peer | None) -> None:
        from django.db import connection

        from fondly.ground import clock
        from fondly.ground.action import SYSTEM, perform
        from fondly.run.journeys import planning
        from fondly.run.journeys.actions import StartJourneys
        from fondly.run.journeys.models import Journey

        ids, playbook_id = clients(self.count), playbook()
        if connection.vendor == "sqlite":
            connection.cursor().execute("PRAGMA synchronous=FULL")  # as a worker does
        with clock.at(MONDAY):
            given = StartJourneys(ids, playbook_id, key="bench")
            self.timed("start", lambda: perform("journeys.start_many", SYSTEM, given))
            Journey.objects.update(plan_at=MONDAY)
            self.timed("plan", lambda: until_none(lambda: planning.plan_due(MONDAY)))
            self.timed("write", lambda: until_none(write_due))
        self.build()
        if server.wanted:
            before = durable_commits(self.home)
            self.send(server)
            self.limit = (before + durable_commits(self.home)) / 2
            self.record()
        self.report(server, peer or Peer())

    def timed(self, name: str, work: Callable[[], object]) -> None:
        import cProfile
        import pstats

        profiler = cProfile.Profile() if self.profile == name else None
        wall, cpu = time.perf_counter(), time.process_time()
        if profiler:
            profiler.enable()
        work()
        if profiler:
            profiler.disable()
            pstats.Stats(profiler).sort_stats("tottime").print_stats(45)
        self.took[name] = (time.perf_counter() - wall, time.process_time() - cpu)

    def build(self) -> None:
        """Only the bytes of the mails, without a database."""
        from fondly.run.outbox import addresses, rendering
        from fondly.run.outbox.models import Message

        messages = list(Message.objects.select_related("moment__journey", "client").order_by("pk")[: self.count])
        sender = addresses.sender()
        self.timed("build", lambda: [rendering.raw_of(message, sender, MONDAY) for message in messages])
        few = messages[: max(self.count // 10, 10)]
        self.timed("standard", lambda: [by_standard_library(message) for message in few])
        self.few = len(few)

    def send(self, server: sink) -> None:
        """The first half each behind its own point of no return, the second half many behind one."""
        from django.conf import settings

        from fondly.ground import clock
        from fondly.run.outbox import sending
        from fondly.run.outbox.models import Message

        at, later = MONDAY + timedelta(minutes=2), MONDAY + timedelta(minutes=4)
        self.half = self.count // 2
        second = Message.objects.order_by("pk").values_list("pk", flat=True)[self.half :]
        Message.objects.filter(pk__gte=min(second)).update(go_at=later)
        for name, instant, settings.FONDLY_MAILS_PER_COMMIT in (("send", at, 1), ("send many", later, TOGETHER)):
            with clock.at(instant):
                self.timed(name, lambda now=instant: until_none(lambda: sending.send_ready(now, "bench")))
        sent, taken = Message.objects.filter(state="sent").count(), server.taken()
        if not sent == taken == self.count:
            sys.exit(f"{self.count} mails should have gone; {sent} are marked as sent, the server took {taken}")

    def record(self) -> None:
        """Claim and record alone, in batches of a hundred: the sent ones again, with nothing handed over.

        Then the same statements once more by the database's driver alone: what is left when nothing of ours runs.
        """
        from django.db import connection, transaction

        from fondly.design.playbooks import library
        from fondly.ground import clock
        from fondly.run.outbox import ledger, results

        book, at = library.parse(BOOK), MONDAY + timedelta(minutes=5)
        said: list[list[Statement]] = []  # of each transaction

        def heard(execute: Callable[..., object], sql: str, params: object, many: bool, context: object) -> object:
            if not sql.startswith("BEGIN"):
                said[-1].append((sql, params, many))
            return execute(sql, params, many, context)

        def batch() -> int:
            said.append([])
            messages = ledger.claim(at, "bench", 100)
            for message in messages:
                message.book = book
            said.append([])
            with transaction.atomic():
                results.finish([results.Sent(message, "250 ok", at) for message in messages], "bench")
            return len(messages)

        unsend()
        with clock.at(at), connection.execute_wrapper(heard):
            self.timed("record", lambda: until_none(batch))
        unsend()
        ready = [[as_driver_takes(*statement) for statement in statements] for statements in said]
        self.timed("replay", lambda: [replay(statements) for statements in ready])

    def rate(self, name: str, count: int = 0) -> float:
        return (count or self.count) / self.took[name][0]

    def cpu(self, name: str, count: int = 0) -> float:
        """Microseconds of this process for each."""
        return 1e6 * self.took[name][1] / (count or self.count)

    def report(self, server: sink, peer: Peer) -> None:
        from django.db import connection

        kept = {"sqlite": "SQLite (WAL, FULL)", "postgresql": "PostgreSQL"}[connection.vendor]
        print(f"{self.count} journeys, one mail each, {kept}, one worker; this machine is shared")
        head()
        # Peers without "now": performance.md C and D, a quiet 2-core machine; ours is whatever this machine gives now.
        row("start journeys", self.rate("start"), "/s", "", 2256, "Tryton enrol")
        row("  CPU each", self.cpu("start"), "us")
        row("plan journeys again", self.rate("plan"), "/s")
        row("  CPU each", self.cpu("plan"), "us")
        row("claim and write mails", self.rate("write"), "/s", "100,000 raw", 1223, "ORM save per row")
        row("  CPU each", self.cpu("write"), "us")
        standard = self.cpu("standard", self.few)
        row("build a message (CPU)", self.cpu("build"), "us", "< 50 us", standard, "EmailMessage now")
        if server.wanted:
            self.report_sending(peer)

    def report_sending(self, peer: Peer) -> None:
        row("claim and record, batches of 100", self.rate("record"), "/s", "", self.rate("replay"), "its SQL alone")
        row("  CPU each", self.cpu("record"), "us", "", self.cpu("replay"), "its SQL alone")
        own = self.rate("send", self.half)
        row("send, each with its own commit before the dot", own, "/s", "", self.limit, "this disk commits")
        row("  CPU each", self.cpu("send", self.half), "us")
        row(f"send, {TOGETHER} behind one commit", self.rate("send many", self.half), "/s")
        row("  CPU each", self.cpu("send many", self.half), "us")
        for words, name in (("its own commit", "send"), (f"{TOGETHER} a commit", "send many")):
            wall = 1 / self.rate("write") + 1 / self.rate(name, self.half)
            cpu = self.cpu("write") + self.cpu(name, self.half)
            row(f"moments end to end, {words}", 1 / wall, "/s", "> 2,000", peer.rate, peer.name)
            row("  CPU each", cpu, "us", "< 500 us", peer.cpu, peer.name)


def by_standard_library(message: Any) -> bytes:
    """The bytes as Python's own library makes them."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "Dana Field <dana@example.org>", message.to_address, message.subject
    mail["Date"], mail["Message-ID"] = MONDAY, f"<{message.message_id}>"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail.as_bytes()


Statement = tuple[str, object, bool]  # the SQL, its parameters, whether they are many


def unsend() -> None:
    """The mails wait again, as if nothing had been recorded."""
    from fondly.people.clients.models import Interaction
    from fondly.run.journeys.models import Journey, Moment
    from fondly.run.outbox.models import Attempt, Message

    Message.objects.update(state="held", committed_at=None)
    Moment.objects.filter(state="done").update(state="working")
    Journey.objects.update(plan_at=None)
    Interaction.objects.filter(kind="sent").delete()
    Attempt.objects.all().delete()


def as_driver_takes(sql: str, params: object, many: bool) -> Statement:
    from django.db import connection

    if connection.vendor == "postgresql":
        return sql, params, many
    return sql.replace("%s", "?").replace("%%", "%"), params, many


def replay(statements: list[Statement]) -> None:
    """One transaction's statements, past Django."""
    from django.db import connection, transaction

    with transaction.atomic():
        cursor = connection.connection.cursor()
        for sql, params, many in statements:
            (cursor.executemany if many else cursor.execute)(sql, params or ())
        cursor.close()


def durable_commits(folder: Path, count: int = 300) -> float:
    """Commits/s of this disk, one small row each, as durable as ours: what no engine with SQLite can pass."""
    base = sqlite3.connect(folder / "limit.sqlite3", isolation_level=None)
    base.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS one (at INTEGER)")
    start = time.perf_counter()
    for number in range(count):
        base.execute("INSERT INTO one VALUES (?)", (number,))
    took = time.perf_counter() - start
    base.close()
    return count / took


if __name__ == "__main__":
    sys.exit(main())
