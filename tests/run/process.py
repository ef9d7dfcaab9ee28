"""Run by test_processes.py in processes of their own, on a database file: python -m tests.run.process COMMAND ..."""

import os
import signal
import sys
from datetime import timedelta

import django

django.setup()

from fondly.design.playbooks.models import Playbook  # noqa: E402
from fondly.ground import clock, errands  # noqa: E402
from fondly.ground.action import Actor, Refused, perform  # noqa: E402
from fondly.ground.models import AuditEntry, Errand  # noqa: E402
from fondly.people.clients.models import Interaction  # noqa: E402
from fondly.run.journeys import engine, starting  # noqa: E402
from fondly.run.journeys.actions import StartJourney, StartJourneys  # noqa: E402
from fondly.run.journeys.models import Journey, Moment  # noqa: E402
from fondly.run.outbox import faults  # noqa: E402
from fondly.run.outbox.models import Message  # noqa: E402
from tests.run import racing  # noqa: E402
from tests.run.conftest import MONDAY, make_client, publish  # noqa: E402

SLICE = 100  # journeys started at once; the product's own number would need a crowd of thousands
DANA = Actor("Dana", None, frozenset({"admin"}))


def prepare(count):
    publish()
    more(count)


def more(count):
    playbook_id = Playbook.objects.values_list("pk", flat=True).get()
    known = Journey.objects.count()
    with clock.at(MONDAY):
        for n in range(known, known + int(count)):
            client = make_client(f"Client {n}", f"c{n}@example.org")
            perform("journeys.start", DANA, StartJourney(client.pk, playbook_id))
        engine.tick(MONDAY, "first")


def work(turns, hook="", times="0"):
    """Turns of the engine one hour later; SIGKILL itself at the n-th time it reaches `hook`."""
    left = [int(times)]

    def die(name):
        if name == hook:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    faults.use(die if hook else None)
    at = MONDAY + timedelta(hours=1)
    with clock.at(at):
        for _ in range(int(turns)):
            engine.tick(at, f"worker-{os.getpid()}")


def expire():
    """As if the lease time had passed."""
    for model in (Message, Moment):
        model.objects.filter(lease_until__isnull=False).update(lease_until=MONDAY - timedelta(days=9000))


def recover():
    """What the next worker does once the lease of a dead one has run out; then the report."""
    expire()
    work(4)
    report()


def start(client_id, count):
    """Try to start the same client's journey again and again."""
    playbook_id = Journey.objects.values_list("playbook", flat=True).first()
    with clock.at(MONDAY):
        for _ in range(int(count)):
            for pk in range(int(client_id), int(client_id) + 10):
                try:
                    perform("journeys.start", DANA, StartJourney(pk, playbook_id))
                except Refused:
                    continue


def people(count):
    for n in range(int(count)):
        print(make_client(f"New {n}", f"n{n}@example.org").pk)


def race(threads, count):
    """So many threads start all of so many clients at once."""
    publish()
    clients = [make_client(f"Client {n}", f"c{n}@example.org").pk for n in range(int(count))]
    refused = racing.race(int(threads), clients, Playbook.objects.get().pk)
    print(refused, Journey.objects.count(), Moment.objects.filter(touchpoint="welcome").count())


def crowd(count):
    """An errand that starts this many clients; nobody works on it yet."""
    ids = [make_client(f"Client {n}", "").pk for n in range(int(count))]
    given = StartJourneys(ids, Playbook.objects.values_list("pk", flat=True).get(), key="crowd")
    print(errands.ask("journeys.start_many", DANA, given).pk)


def errand(slices="-1", seconds="0"):
    """Work on errands until there is none; or end abruptly so many seconds after so many slices."""
    starting.BATCH = SLICE
    worker, left = errands.Worker(f"worker-{os.getpid()}"), int(slices)
    with clock.at(MONDAY):
        while worker.turn(0.0):
            left -= 1
            if left == 0:
                signal.setitimer(signal.ITIMER_REAL, float(seconds))  # nothing here handles SIGALRM: it ends us


def expire_errands():
    Errand.objects.update(lease_until=MONDAY - timedelta(days=9000))


def crowd_report():
    errand = Errand.objects.get()
    print("state", errand.state)
    print("done", errand.done)
    print("journeys", Journey.objects.count())
    print("clients", Journey.objects.values("client").distinct().count())
    print("entered", Interaction.objects.filter(kind="entered", source="journey").count())
    print("moments", Moment.objects.count())
    print("keys", Moment.objects.values("journey", "key").distinct().count())
    print("told", AuditEntry.objects.filter(action="journeys.start_many").count())


def report():
    for state in sorted(set(Message.objects.values_list("state", flat=True))):
        print("message", state, Message.objects.filter(state=state).count())
    print("journeys", Journey.objects.count())
    print("moments", Moment.objects.filter(touchpoint="welcome").count())
    for state in sorted(set(Moment.objects.filter(touchpoint="welcome").values_list("state", flat=True))):
        print("welcome", state, Moment.objects.filter(touchpoint="welcome", state=state).count())


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
