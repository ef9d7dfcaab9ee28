"""The engine on a fresh home, one worker: `python bench/engine.py [--small] [--clients N] [--smtp]`.

Journeys are started, planned, their mails written and, with --smtp, handed to a mail server on this machine, each
with its point of no return at full durability. CPU is this process's; the mail server is another one.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from install import MONDAY, clients, playbook, prepare, sink, until_none, write_due
from tables import head, row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="60 journeys")
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--smtp", action="store_true", help="hand the mails to a server, too")
    parser.add_argument("--profile", default="", help="a step: print where its time goes")
    given = parser.parse_args()
    count = 60 if given.small else given.clients
    with tempfile.TemporaryDirectory() as home, sink(given.smtp or given.small) as server:
        prepare(Path(home), server.port)
        Steps(count, given.profile).run(server)
    return 0


class Steps:
    """Each step over all journeys, timed."""

    def __init__(self, count: int, profile: str) -> None:
        self.count, self.profile = count, profile
        self.took: dict[str, tuple[float, float]] = {}

    def run(self, server: sink) -> None:
        from django.db import connection

        from fondly.ground import clock
        from fondly.ground.action import SYSTEM, perform
        from fondly.run.journeys import planning
        from fondly.run.journeys.actions import StartJourneys
        from fondly.run.journeys.models import Journey

        ids, playbook_id = clients(self.count), playbook()
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
        with clock.at(MONDAY):
            given = StartJourneys(ids, playbook_id, key="bench")
            self.timed("start", lambda: perform("journeys.start_many", SYSTEM, given))
            Journey.objects.update(plan_at=MONDAY)
            self.timed("plan", lambda: until_none(lambda: planning.plan_due(MONDAY)))
            self.timed("write", lambda: until_none(write_due))
        self.build()
        if server.wanted:
            self.send(server)
        self.report(server)

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

    def send(self, server: sink) -> None:
        from fondly.ground import clock
        from fondly.run.outbox import sending
        from fondly.run.outbox.models import Message

        at = MONDAY + timedelta(minutes=2)
        with clock.at(at):
            self.timed("send", lambda: until_none(lambda: sending.send_ready(at, "bench")))
        sent, taken = Message.objects.filter(state="sent").count(), server.taken()
        if not sent == taken == self.count:
            sys.exit(f"{self.count} mails should have gone; {sent} are marked as sent, the server took {taken}")

    def rate(self, *names: str) -> float:
        return self.count / sum(self.took[name][0] for name in names)

    def cpu(self, *names: str) -> float:
        """Microseconds of this process per journey."""
        return 1e6 * sum(self.took[name][1] for name in names) / self.count

    def report(self, server: sink) -> None:
        print(f"{self.count} journeys, one mail each, SQLite (WAL, FULL), one worker; this machine is shared")
        head()
        # Peers and limits: performance.md C and D, quiet 2-core machine; ours is whatever this machine gives now.
        row("start journeys", self.rate("start"), "/s", "", 2256, "Tryton enrol")
        row("  CPU each", self.cpu("start"), "us")
        row("plan journeys again", self.rate("plan"), "/s")
        row("  CPU each", self.cpu("plan"), "us")
        row("claim and write mails", self.rate("write"), "/s", "100,000 raw", 1223, "ORM save per row")
        row("  CPU each", self.cpu("write"), "us")
        row("build a message (CPU)", self.cpu("build"), "us", "< 50 us", 1310, "EmailMessage")
        if server.wanted:
            row("send, each with its own commit before the dot", self.rate("send"), "/s", "3,088 commits")
            row("  CPU each", self.cpu("send"), "us")
            row(
                "moments end to end (claim, write, send, record)",
                self.rate("write", "send"),
                "/s",
                "> 300",
                25,
                "Tryton",
            )
            row("  CPU each", self.cpu("write", "send"), "us", "", 39_000, "Tryton")


if __name__ == "__main__":
    sys.exit(main())
