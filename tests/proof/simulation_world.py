"""One small install in virtual time: clients, playbooks, workers, people, a failing mail server, the real engine.

All of it happens inside one transaction that is rolled back at the end, so worlds follow one another quickly.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.db import transaction
from django.test import override_settings

from fondly.design.playbooks import library, publishing
from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.ground import clock, secrets
from fondly.ground.action import Actor, Performed, Refused, perform
from fondly.ground.models import Setting
from fondly.people.clients.models import Client, Contact, EmailAddress
from fondly.run.journeys import clockwork, engine, switch
from fondly.run.journeys.models import Moment
from fondly.run.outbox import addresses, faults, sending
from fondly.run.outbox.models import Message
from tests.proof import simulation_books, simulation_state
from tests.proof.simulation_mail import Killed, MailServer, connection_for
from tests.proof.simulation_rules import Rules

START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
DANA = Actor("Dana", None, frozenset({"admin"}))
LONG_AGO = START - timedelta(days=9000)
LEASE, PAUSE = timedelta(minutes=1), timedelta(seconds=15)  # of a worker; of a mail server that cannot be used
CROWD = 50  # clients; a crowd mostly lives what a trade would live, a few mostly every kind of rule
STARTERS_OF_CROWDS, STARTERS_OF_FEW = 0.7, 0.3
FARTHEST = timedelta(days=60)
MOST_TICKS = 60
MAILS_TOGETHER = 20  # behind one point of no return, in every second world
ZONES = ("America/Chicago", "America/New_York", "Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Gaza", "")


class World:
    """`do` is one step; `rules` judge after every one."""

    def __init__(self, seed: int, clients: int) -> None:
        self.seed, self.roll = seed, Random(f"world {seed}")
        self.now = START + timedelta(hours=self.roll.randrange(24 * 14))
        self.server, self.rules = MailServer(), Rules(self)
        self.traps: dict[str, Callable[[], None]] = {}  # place in the sending path -> what happens there, once
        self.variants: dict[int, int] = {}  # playbook -> variants published so far
        self.acts = 0  # of people, those refused left out
        self.started_at, self.lived = self.now, timedelta(0)  # lived: time of clients on a journey, summed
        self._prepare(clients)
        self.rules.begin()

    # -- the beginning ----------------------------------------------------------------------

    def _prepare(self, clients: int) -> None:
        secrets.store(addresses.URL_SECRET, "smtp://127.0.0.1:2")
        Setting.put(addresses.FROM_SETTING, "Dana Field <dana@stillwater.example>")
        for number in range(1 + self.seed % 2):
            self._publish_first(number, clients)
        books = [library.parsed(version.pk) for version in PlaybookVersion.objects.all()]
        self.date_fields = sorted({f.name for book in books for f in book.fields.values() if f.type == "date"})
        self.add_clients(clients)

    def _publish_first(self, number: int, clients: int) -> None:
        share = STARTERS_OF_CROWDS if clients > CROWD else STARTERS_OF_FEW
        trade = self.roll.choice(simulation_books.STARTERS) if self.roll.random() < share else ""
        playbook = Playbook.objects.create(slug=f"p{number}", name=f"P{number}", trade=trade, made_at=self.now)
        self.variants[playbook.pk] = 0
        self.publish(playbook)

    def text_of(self, playbook: Playbook, variant: int) -> str:
        if playbook.trade:
            return simulation_books.starter(playbook.trade)
        return simulation_books.small(self.seed * 2 + playbook.pk % 2, variant)

    def publish(self, playbook: Playbook) -> None:
        """The next variant becomes live, past the check (which would ask for more than a rule's form needs)."""
        text = self.text_of(playbook, self.variants[playbook.pk])
        live = library.live(playbook.pk)
        if live is None or live.content_hash != library.hash_of(text):
            publishing.make_live(publishing.new_draft(playbook, text, "Dana", self.now), self.now)

    def add_clients(self, count: int) -> None:
        names = [f"Zz{self.seed}x{number}q" for number in range(count)]
        made = Client.objects.bulk_create(self._client(number, name) for number, name in enumerate(names))
        contacts = Contact.objects.bulk_create(Contact(client=one, name=one.name, is_primary=True) for one in made)
        addresses = [f"{name.lower()}@canary.example" for name in names]
        EmailAddress.objects.bulk_create(
            EmailAddress(contact=contact, address=address, key=address, is_primary=True)
            for contact, address in zip(contacts, addresses, strict=True)
        )

    def _client(self, number: int, first_name: str) -> Client:
        name = f"{first_name} Person"
        return Client(
            name=name, first_name=first_name, sort_name=name.casefold(), created_at=self.now, changed_at=self.now,
            zone=self.roll.choice(ZONES), persona=self.roll.choice(("", "calm", "busy")),
            fields={"birthday": "1980-02-29" if number % 2 else "1975-07-04", **self._dates(number)},
        )  # fmt: skip

    def _dates(self, number: int) -> dict[str, str]:
        """Most clients have the dates their playbooks ask for; they lie around the beginning."""
        day = (self.now + timedelta(days=number * 7 % 200 - 40)).date().isoformat()
        return dict.fromkeys(self.date_fields, day) if number % 4 else {}

    # -- time and workers -------------------------------------------------------------------

    def pass_time(self, by: timedelta) -> None:
        """The wall clock goes on; leases of dead workers run out by the database's clock, which goes on as well."""
        self.now += by
        self.lived += by * simulation_state.clients_served()
        if by >= PAUSE:
            sending.forget_pauses()
        if by >= LEASE:
            self.end_leases()

    def end_leases(self) -> None:
        for model in (Moment, Message):
            model._default_manager.filter(lease_until__isnull=False).update(lease_until=LONG_AGO)

    def tick(self, worker: str = "worker", at: datetime | None = None) -> engine.Tick | None:
        """One turn; None when the worker was killed in it."""
        instant = at or self.now
        with clock.at(instant):
            try:
                return engine.tick(instant, worker)
            except Killed:
                return None
            finally:
                self.rules.drain("engine")

    def settle(self) -> bool:
        """Ticks until nothing is left to do; whether that point was reached."""
        for _ in range(MOST_TICKS):
            turn = self.tick()
            if turn is None:
                return False
            # What was stopped on its way out asks for a plan, yet does not count as a thing done.
            if turn.quiet and (switch.why_paused() or not simulation_state.plans_due(self.now)):
                return True
        self.rules.fail(f"never comes to rest: {turn}")
        return False

    def live_on(self) -> None:
        """To the next thing that is due, or as far as one looks ahead."""
        step = clockwork.next_at(self.now, self.now + FARTHEST) or self.now + FARTHEST
        self.pass_time(step - self.now)

    def reach(self, place: str) -> None:
        """The sender has reached a place."""
        if place == "after_commit":
            self.rules.committed()
        trap = self.traps.pop(place, None)
        if trap is not None:
            trap()

    def accept(self, message_id: str) -> None:
        """The mail server took it."""
        self.server.taken[message_id] += 1
        self.rules.accepted(message_id)

    # -- people -----------------------------------------------------------------------------

    def act(self, name: str, given: Any) -> Performed[Any] | None:
        """A person's act; None when it was refused in words."""
        self.rules.drain("engine")
        with clock.at(self.now):
            try:
                performed = perform(name, DANA, given)
            except Refused:
                return None
            else:
                self.acts += 1
                return performed
            finally:
                self.rules.drain(name)


@contextmanager
def living(seed: int, clients: int) -> Iterator[World]:
    """A world with its mail server in place, gone without a trace afterwards."""
    real = sending.Connection
    sending.forget_pauses()
    together = 1 if seed % 2 or seed % 16 == 0 else MAILS_TOGETHER
    try:
        with override_settings(FONDLY_MAILS_PER_COMMIT=together), transaction.atomic():
            world = World(seed, clients)
            sending.Connection = connection_for(world)  # type: ignore[assignment,misc]
            faults.use(world.reach)
            yield world
            transaction.set_rollback(True)
    finally:
        sending.Connection = real  # type: ignore[misc]
        faults.use(None)
        sending.forget_pauses()
