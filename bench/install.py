"""A throw-away install for measuring: clients, one playbook with one mail each, and a mail server's process."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

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


def prepare(home: Path, mail_port: int) -> None:
    """Set Django up on a fresh home. mail_port 0: no mail server."""
    settings = {"DJANGO_SETTINGS_MODULE": "fondly.project.settings", "FONDLY_HOME": str(home)}
    if mail_port:
        settings |= {"FONDLY_EMAIL_URL": f"smtp://127.0.0.1:{mail_port}"}
    os.environ.update({**settings, "FONDLY_EMAIL_FROM": "Dana Field <dana@example.org>", "FONDLY_MOVABLE_CLOCK": "yes"})
    import django
    from django.core.management import call_command

    django.setup()
    migrated = os.environ.get("BENCH_MIGRATED")  # a database file with the tables in it, to begin with
    if migrated and not (home / "fondly.sqlite3").exists():
        shutil.copy(migrated, home / "fondly.sqlite3")
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def until_none(work: Callable[[], int]) -> None:
    while work():
        pass


def write_due(now: datetime = MONDAY) -> int:
    """Claim one batch of due moments and write their mails; how many."""
    from fondly.run.journeys import claiming

    claimed = claiming.claim(now, "bench")
    if not (claimed.jobs or claimed.by_hand):
        return 0
    return claiming.perform(claimed, now, "bench") + claimed.by_hand


def clients(count: int) -> list[int]:
    """New clients with an address each; their ids."""
    from fondly.people.clients.models import Client, Contact, EmailAddress

    made = Client.objects.bulk_create(
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
    contacts = Contact.objects.bulk_create(Contact(client=c, name=c.name, is_primary=True) for c in made)
    EmailAddress.objects.bulk_create(
        EmailAddress(contact=c, address=f"c{c.pk}@example.org", key=f"c{c.pk}@example.org", is_primary=True)
        for c in contacts
    )
    return [client.pk for client in made]


def playbook(text: str = BOOK) -> int:
    """Straight into the tables: the check would ask for more than a benchmark needs."""
    from fondly.design.playbooks import library
    from fondly.design.playbooks.models import Playbook, PlaybookVersion

    made = Playbook.objects.create(slug="bench", name="Bench", made_at=MONDAY)
    PlaybookVersion.objects.create(
        playbook=made, number=1, text=text, content_hash=library.hash_of(text), state="live", by="bench",
        made_at=MONDAY, published_at=MONDAY,
    )  # fmt: skip
    return made.pk


class sink:
    """The mail server's process, or nothing."""

    def __init__(self, wanted: bool, log: Path | None = None) -> None:
        """log: where it writes down the Message-ID of each mail it took."""
        self.wanted, self.log, self.port, self.process = wanted, log, 0, None

    def __enter__(self) -> "sink":
        if self.wanted:
            command = [sys.executable, str(Path(__file__).with_name("sink.py")), *([str(self.log)] if self.log else [])]
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
