"""Events that come at the same time are kept together, durably, each once, and none suffers from another."""

import threading

import pytest
from django.db import InterfaceError, connection

from fondly.ground import clock
from fondly.ground.instants import stored
from fondly.measure.events import keeping
from fondly.measure.events.models import BehaviourEvent

pytestmark = pytest.mark.django_db(transaction=True)


def row(message_id: str, kind: str | None = "track") -> keeping.Row:
    at = stored(clock.now())
    return (message_id, keeping.key_of(message_id), kind, "Paid", "u1", "", at, at, "{}", "{}", 0)


def kept() -> set[str]:
    return set(BehaviourEvent.objects.values_list("message_id", flat=True))


def at_once(monkeypatch, *requests: list[keeping.Row], plain=keeping._write) -> tuple[list[int], list[str]]:
    """Requests that wait while the first commit is held: how many rows each write had, and whose request failed."""
    writes: list[int] = []
    failed: list[str] = []
    held = threading.Event()

    def write(rows):
        writes.append(len(rows))
        held.wait(10)
        plain(rows)

    def ask(rows):
        try:
            keeping.keep(rows)
        except Exception:
            failed.append(rows[0][0])
        finally:
            connection.close()

    monkeypatch.setattr(keeping, "_write", write)
    threads = [threading.Thread(target=ask, args=(rows,)) for rows in requests]
    for place, thread in enumerate(threads):
        thread.start()
        while not (writes if place == 0 else len(keeping._queue) == place):
            pass
    held.set()
    for thread in threads:
        thread.join()
    return writes, failed


def test_what_waits_shares_a_commit(monkeypatch):
    requests = [[row("a1"), row("a2")], [row("b1")], [row("c1"), row("a1")], [row("d1")]]
    assert at_once(monkeypatch, *requests) == ([2, 4], [])
    assert kept() == {"a1", "a2", "b1", "c1", "d1"}


def test_what_cannot_be_kept_spoils_no_other(monkeypatch):
    writes, failed = at_once(monkeypatch, [row("a1")], [row("b1")], [row("c1", None)], [row("d1")])
    assert (writes, failed) == ([1, 3, 1, 1, 1], ["c1"])
    assert kept() == {"a1", "b1", "d1"}


def test_nobody_is_told_that_what_was_not_kept_is_kept(monkeypatch):
    def lost(rows):
        raise InterfaceError("the connection is closed")  # no DatabaseError

    writes, failed = at_once(monkeypatch, [row("a1")], [row("b1")], [row("c1")], plain=lost)
    assert (sorted(failed), writes) == (["a1", "b1", "c1"], [1, 2, 1, 1])
    assert kept() == set()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL is durable unless its admin says otherwise")
def test_a_commit_is_on_the_disk_and_pages_stay_quick(monkeypatch):
    def synchronous() -> int:
        with connection.cursor() as cursor:
            return cursor.execute("PRAGMA synchronous").fetchone()[0]

    seen, plain = [], keeping._write
    before = synchronous()
    monkeypatch.setattr(keeping, "_write", lambda rows: (seen.append(synchronous()), plain(rows)))
    keeping.keep([row("a1")])
    assert (seen, synchronous()) == ([2], before) and before == 1
    assert kept() == {"a1"}
