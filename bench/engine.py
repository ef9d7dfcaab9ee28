"""The engine on a fresh home, one worker: `python bench/engine.py [--small] [--clients N] [--smtp]`.

Journeys are started, planned, their mails written and, with --smtp, handed to a mail server on this machine, each
with its point of no return at full durability. CPU is this process's; the mail server is another one.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tables import head, row

MONDAY = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)  # 09:00 in Chicago
BOOK = """
fondly: 1
name: Bench
timezone: America/Chicago
brand: {facts: {fee: "140"}}
calendar: {business: "mon-fri 09:00-17:00", quiet: "20:00-08:00"}
channels:
  email: {consent: contract}
team:
  owner: {people: [Dana]}
events: [booked]
stages:
  new:
    phase: new
    ends: booked
    owner: owner
    touchpoints:
      welcome: {kind: work, channel: email, mode: auto, when: on entry, template: welcome, late: send}
  alumni:
    phase: alumni
    never_ends: true
    owner: owner
    touchpoints:
      yearly: {kind: relationship, channel: email, mode: auto, when: 90 days after entry, template: welcome}
templates:
  welcome:
    subject: "Welcome, {{ client.first_name | default: 'friend' }}"
    body: "Hi {{ client.first_name | default: 'there' }}, the fee is **{{ facts.fee }}**."
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="60 journeys")
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--smtp", action="store_true", help="hand the mails to a server, too")
    parser.add_argument("--profile", default="", help="a step: print where its time goes")
    given = parser.parse_args()
    count = 60 if given.small else given.clients
    with tempfile.TemporaryDirectory() as home, _sink(given.smtp or given.small) as sink:
        _prepare(Path(home), sink)
        Steps(count, given.profile).run(sink)
    return 0


class _sink:
    """The mail server's process, or nothing."""

    def __init__(self, wanted: bool) -> None:
        self.wanted, self.port, self.process = wanted, 0, None

    def __enter__(self) -> "_sink":
        if self.wanted:
            command = [sys.executable, str(Path(__file__).with_name("sink.py"))]
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.port = int(self.process.stdout.readline())
        return self

    def taken(self) -> int:
        out, _err = self.process.communicate(timeout=20)
        return int(out.split()[-1])

    def __exit__(self, *_unused: object) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def _prepare(home: Path, sink: _sink) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "fondly.project.settings", "FONDLY_HOME": str(home)}
    if sink.wanted:
        settings |= {"FONDLY_EMAIL_URL": f"smtp://127.0.0.1:{sink.port}"}
    os.environ.update({**settings, "FONDLY_EMAIL_FROM": "Dana Field <dana@example.org>", "FONDLY_MOVABLE_CLOCK": "yes"})
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


class Steps:
    """Each step over all journeys, timed."""

    def __init__(self, count: int, profile: str) -> None:
        self.count, self.profile = count, profile
        self.took: dict[str, tuple[float, float]] = {}

    def run(self, sink: _sink) -> None:
        from django.db import connection

        from fondly.ground import clock
        from fondly.ground.action import SYSTEM, perform
        from fondly.run.journeys import planning
        from fondly.run.journeys.actions import StartJourneys
        from fondly.run.journeys.models import Journey

        ids, playbook_id = _clients(self.count)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
        with clock.at(MONDAY):
            given = StartJourneys(ids, playbook_id, key="bench")
            self.timed("start", lambda: perform("journeys.start_many", SYSTEM, given))
            Journey.objects.update(plan_at=MONDAY)
            self.timed("plan", lambda: _until_none(lambda: planning.plan_due(MONDAY)))
            self.timed("write", lambda: _until_none(_write))
        self.build()
        if sink.wanted:
            self.send(sink)
        self.report(sink)

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

    def send(self, sink: _sink) -> None:
        from fondly.ground import clock
        from fondly.run.outbox import sending
        from fondly.run.outbox.models import Message

        at = MONDAY + timedelta(minutes=2)
        with clock.at(at):
            self.timed("send", lambda: _until_none(lambda: sending.send_ready(at, "bench")))
        sent, taken = Message.objects.filter(state="sent").count(), sink.taken()
        if not sent == taken == self.count:
            sys.exit(f"{self.count} mails should have gone; {sent} are marked as sent, the server took {taken}")

    def rate(self, *names: str) -> float:
        return self.count / sum(self.took[name][0] for name in names)

    def cpu(self, *names: str) -> float:
        """Microseconds of this process per journey."""
        return 1e6 * sum(self.took[name][1] for name in names) / self.count

    def report(self, sink: _sink) -> None:
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
        if sink.wanted:
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


def _until_none(work: Callable[[], int]) -> None:
    while work():
        pass


def _write() -> int:
    from fondly.run.journeys import claiming

    claimed = claiming.claim(MONDAY, "bench")
    if not (claimed.jobs or claimed.by_hand):
        return 0
    return claiming.perform(claimed, MONDAY, "bench") + claimed.by_hand


def _clients(count: int) -> tuple[list[int], int]:
    from fondly.people.clients.models import Client, Contact, EmailAddress

    clients = Client.objects.bulk_create(
        Client(
            name=f"C{n} Bench",
            first_name=f"C{n}",
            sort_name=f"c{n} bench",
            zone="America/Chicago",
            created_at=MONDAY,
            changed_at=MONDAY,
        )
        for n in range(count)
    )
    contacts = Contact.objects.bulk_create(Contact(client=c, name=c.name, is_primary=True) for c in clients)
    EmailAddress.objects.bulk_create(
        EmailAddress(contact=c, address=f"c{c.pk}@example.org", key=f"c{c.pk}@example.org", is_primary=True)
        for c in contacts
    )
    return [client.pk for client in clients], _playbook()


def _playbook() -> int:
    """Straight into the tables: the check would ask for more than a benchmark needs."""
    from fondly.design.playbooks import library
    from fondly.design.playbooks.models import Playbook, PlaybookVersion

    playbook = Playbook.objects.create(slug="bench", name="Bench", made_at=MONDAY)
    PlaybookVersion.objects.create(
        playbook=playbook, number=1, text=BOOK, content_hash=library.hash_of(BOOK), state="live", by="bench",
        made_at=MONDAY, published_at=MONDAY,
    )  # fmt: skip
    return playbook.pk


if __name__ == "__main__":
    sys.exit(main())
