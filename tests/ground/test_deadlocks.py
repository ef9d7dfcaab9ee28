"""On PostgreSQL two writers may wait for each other: the one that was ended is done again, and the worker goes on."""

import threading
from dataclasses import dataclass

import pytest
from django.db import OperationalError, connection, transaction

from fondly.doors.cli.worker import Worker
from fondly.ground import action as actions
from fondly.ground.action import Actor, Outcome, action, perform
from fondly.ground.locking import locked
from fondly.ground.models import AuditEntry, Setting
from fondly.run.journeys import engine

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer"),
]
OWNER = Actor("Dana", None, frozenset({"admin"}))


@dataclass(frozen=True, slots=True)
class Count:
    """Add one to both, in this order."""

    first: str
    then: str


@pytest.fixture
def tries():
    """An action that meets its twin between its two locks, the first time; the names that were tried first."""
    met, tried = threading.Barrier(2, timeout=20), []

    @action("test.count", permission="run", summary="Count")
    def count(actor: Actor, given: Count) -> Outcome[None]:
        add_one(given.first)
        tried.append(given.first)
        if tried.count(given.first) == 1:
            met.wait()
        add_one(given.then)
        return Outcome(None, "Counted")

    Setting.objects.bulk_create([Setting(name="a", value="0"), Setting(name="b", value="0")])
    yield tried
    del actions.registry["test.count"]


def add_one(name):
    row = locked(Setting.objects.filter(name=name)).get()
    Setting.put(name, str(int(row.value) + 1))


def beside(act):
    """Run it in a thread with a connection of its own; what it raised is raised at the end."""
    raised = []

    def run():
        try:
            act()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


def test_the_one_that_was_ended_is_done_again_and_both_count_once(tries):
    thread, raised = beside(lambda: perform("test.count", OWNER, Count("a", "b")))
    perform("test.count", OWNER, Count("b", "a"))
    thread.join(30)
    assert raised == [] and len(tries) == 3
    assert Setting.get("a") == Setting.get("b") == "2"
    assert AuditEntry.objects.count() == 2


def stubborn():
    """The other side of the deadlock: it never is the one that is ended."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL deadlock_timeout = '60s'")


def test_inside_another_transaction_it_is_not_done_again(tries):
    def other():
        with transaction.atomic():
            stubborn()
            perform("test.count", OWNER, Count("a", "b"))

    thread, raised = beside(other)
    with pytest.raises(OperationalError, match="deadlock"), transaction.atomic():
        perform("test.count", OWNER, Count("b", "a"))
    thread.join(30)
    assert raised == [] and sorted(tries) == ["a", "b"]
    assert Setting.get("a") == Setting.get("b") == "1"


def test_the_worker_goes_on(tries, monkeypatch):
    def other():
        with transaction.atomic():
            stubborn()
            perform("test.count", OWNER, Count("a", "b"))

    def watch(now):
        if len(tries) < 2:
            with transaction.atomic():
                perform("test.count", OWNER, Count("b", "a"))
        return 0

    monkeypatch.setattr(engine, "_watches", [watch])
    worker = Worker()
    worker.stopping.wait = lambda seconds: None
    thread, raised = beside(other)
    worker._turn()
    thread.join(30)
    assert raised == [] and Setting.get("b") == "1", "the round was ended, the other side was not"
    monkeypatch.setattr(engine, "_watches", [lambda now: Setting.put("went on", "yes") or 0])
    worker._turn()
    assert Setting.get("went on") == "yes"
