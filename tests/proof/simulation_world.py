"""One small install in virtual time: clients, playbooks, workers, people, a failing mail server, the real engine.

All of it happens inside one transaction that is rolled back at the end, so worlds follow one another quickly.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.db import transaction

from fondly.design.playbooks import library, publishing
from fondly.design.playbooks.models import Playbook
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
FARTHEST = timedelta(days=60)
MOST_TICKS = 60
ZONES = ("America/Chicago", "America/New_York", "Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Gaza", "")


class World:
    """`do` is one step; `rules` judge after every one."""

    def __init__(self, seed: int, clients: int) -> None:
        self.seed, self.roll = seed, Random(f"world {seed}")
        self.now = START + timedelta(hours=self.roll.randrange(24 * 14))
        self.server, self.rules = MailServer(), Rules(self)
        self.traps: dict[str, Callable[[], None]] = {}  # place in the sending path -> what happens there, once
        self.variants: dict[int, int] = {}  # playbook -> variants published so far
        self.started_at, self.lived = self.now, timedelta(0)  # lived: client time, summed
        self._prepare(clients)
        self.rules.begin()

    # -- the beginning ----------------------------------------------------------------------

    def _prepare(self, clients: int) -> None:
        secrets.store(addresses.URL_SECRET, "smtp://127.0.0.1:2")
        Setting.put(addresses.FROM_SETTING, "Dana Field <dana@stillwater.example>")
        for number in range(1 + self.seed % 2):
            self._publish_first(number)
        for number in range(clients):
            self.add_client(number)

    def _publish_first(self, number: int) -> None:
        trade = self.roll.choice(simulation_books.STARTERS) if self.roll.random() < 0.3 else ""
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

    def add_client(self, number: int) -> None:
        name = f"Zz{self.seed}x{number}q Person"
        client = Client.objects.create(
            name=name, first_name=name.split()[0], sort_name=name.casefold(), created_at=self.now, changed_at=self.now,
            zone=self.roll.choice(ZONES), persona=self.roll.choice(("", "calm", "busy")),
            fields={"birthday": "1980-02-29" if number % 2 else "1975-07-04"},
        )  # fmt: skip
        contact = Contact.objects.create(client=client, name=name, is_primary=True)
        address = f"zz{self.seed}x{number}q@canary.example"
        EmailAddress.objects.create(contact=contact, address=address, key=address, is_primary=True)

    # -- time and workers -------------------------------------------------------------------

    def pass_time(self, by: timedelta) -> None:
        """The wall clock goes on; leases of dead workers run out by the database's clock, which goes on as well."""
        self.now += by
        self.lived += by * Client.objects.filter(erased_at=None, merged_into=None).count()
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
                return perform(name, DANA, given)
            except Refused:
                return None
            finally:
                self.rules.drain(name)


@contextmanager
def living(seed: int, clients: int) -> Iterator[World]:
    """A world with its mail server in place, gone without a trace afterwards."""
    real = sending.Connection
    sending.forget_pauses()
    try:
        with transaction.atomic():
            world = World(seed, clients)
            sending.Connection = connection_for(world)  # type: ignore[assignment,misc]
            faults.use(world.reach)
            yield world
            transaction.set_rollback(True)
    finally:
        sending.Connection = real  # type: ignore[misc]
        faults.use(None)
        sending.forget_pauses()
