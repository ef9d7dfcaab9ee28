"""A look ahead writes nothing, and what it shows is what happens."""

import contextlib
import io
import socket
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.apps import apps
from django.db import connection

from fondly.core.planner.model import Ghost
from fondly.core.planner.rehearsal import rehearse
from fondly.core.playbook.starters import TITLES, starter
from fondly.design.playbooks import library
from fondly.doors.cli.main import main
from fondly.ground import clock
from fondly.listen.promises.actions import EndPromise
from fondly.listen.promises.models import Promise
from fondly.people.clients.models import Consent
from fondly.run.journeys import clockwork, effect
from fondly.run.journeys.actions import FinishMoment, RecordEvent, StartJourney
from fondly.run.journeys.engine import tick
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox.actions import ApproveMessage
from fondly.run.outbox.models import Message
from tests.run.conftest import BOOK, MONDAY, make_client, publish
from tests.run.doing import DAY, do

pytestmark = pytest.mark.django_db(transaction=True)


def rows():
    """Every row of every table, as text."""
    return {
        model._meta.db_table: [repr(row) for row in model._default_manager.order_by("pk").values_list()]
        for model in apps.get_models(include_auto_created=True)
    }


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a look ahead calls nobody")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


def test_looking_ahead_writes_nothing_and_calls_nobody(mail, tmp_path, request):
    playbook, _ = publish()
    with clock.at(MONDAY):
        for n in range(3):
            client = make_client(f"Client {n}", f"c{n}@example.org")
            do("journeys.start", StartJourney(client.pk, playbook.pk))
        tick(MONDAY)
    _, new = publish(BOOK.replace("1 day after", "1 hour after"), number=2, playbook=playbook)
    file = tmp_path / "playbook.yaml"
    file.write_text(BOOK, encoding="utf-8")
    before = rows()
    if connection.vendor == "sqlite":
        request.getfixturevalue("no_network")
    with clock.at(MONDAY + 2 * DAY), contextlib.redirect_stdout(io.StringIO()) as shown:
        found = effect.preview(playbook.pk, new.pk, clock.now())
        for more in ([], ["--json"]):
            with contextlib.suppress(SystemExit):
                main(["rehearse", str(file), "--start", "2026-01-05T09:00", "--days", "60", *more])
    assert (found.journeys, found.changed) == (3, 3)
    assert "welcome" in shown.getvalue()
    assert rows() == before
    assert mail.received == []


def place(key):
    """The stay and the touchpoint; the last part may name the fact it follows, which has another number here."""
    return "/".join(key.split("/")[:2])


class Life:
    """A client who lives a starter for some weeks: everybody does what is due the minute it is due."""

    def __init__(self, seed, days):
        random = Random(seed)
        self.trade = random.choice(sorted(TITLES))
        self.begin = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=random.randrange(300 * 1440))
        self.end = self.begin + timedelta(days=days)
        self.book = library.parse(starter(self.trade))
        self.zone = random.choice(["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Sydney"])
        dates = [name for name, known in self.book.fields.items() if known.type == "date"]
        self.fields = {name: (self.begin + random.randrange(60) * DAY).date().isoformat() for name in dates}
        self.persona = random.choice(["", *self.book.personas])
        names = random.sample(sorted(self.book.events), min(4, len(self.book.events)))
        self.events = sorted((self.begin + timedelta(minutes=random.randrange(days * 1440)), name) for name in names)

    def rehearsed(self, seed):
        """What happens and when; and in the stage the client is in, what never can because nothing opens."""
        fields = {name: date.fromisoformat(day) for name, day in self.fields.items()}
        events = tuple((name, at) for at, name in self.events)
        ghost = Ghost(self.begin, "", self.zone, self.persona, fields, events, seed=seed)
        found = rehearse(self.book, ghost, days=(self.end - self.begin).days)
        happens = sorted((place(moment.key), moment.at) for moment in found.moments if moment.at < self.end - DAY)
        last = found.stays[-1].ordinal
        return happens, sorted(place(alert.key) for alert in found.alerts if alert.stay == last)

    def lived(self):
        playbook, _ = publish(starter(self.trade))
        client = make_client(zone=self.zone, persona=self.persona, fields=self.fields)
        Consent.objects.create(client=client, channel="", purpose="marketing", state="given", source="t", at=self.begin)
        with clock.at(self.begin):
            do("journeys.start", StartJourney(client.pk, playbook.pk))
        now, events = self.begin, list(self.events)
        while now < self.end:
            with clock.at(now):
                self.settle(client, [events.pop(0)[1] for at, _ in list(events) if at <= now])
            following = clockwork.next_at(now, self.end) or self.end
            now = min([following, *(at for at, _ in events)])
        done = Moment.objects.filter(state="done").values_list("key", "ended_at")
        asked = Moment.objects.filter(asks="failed").values_list("key", flat=True)
        return sorted((place(key), at) for key, at in done if at < self.end - DAY), sorted(map(place, asked))

    def settle(self, client, events):
        for name in events:
            do("journeys.record_event", RecordEvent(client.pk, name))
        for _ in range(40):
            quiet = tick(clock.now()).quiet
            if not (self.do_what_is_due() or not quiet):
                return

    def do_what_is_due(self):
        for message in Message.objects.filter(state="approval"):
            do("outbox.approve", ApproveMessage(message.pk, message.revision))
            return True
        for moment in Moment.objects.filter(state="due").exclude(asks="failed").order_by("at", "key"):
            do("journeys.finish", FinishMoment(moment.pk, moment.revision))
            return True
        for promise in Promise.objects.filter(state="open"):
            do("promises.keep", EndPromise(promise.pk, promise.revision))
            return True
        return False


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(n, marks=pytest.mark.slow) for n in range(4, 1000))])
def test_what_was_rehearsed_is_what_happens(mail, settings, seed):
    settings.FONDLY_HOLD_SECONDS = 0
    life = Life(seed, days=25)
    lived = life.lived()
    assert life.rehearsed(str(Journey.objects.get().pk)) == lived, life.trade
