"""Promises: made by the playbook or a person, kept, changed, broken."""

from datetime import UTC, datetime, timedelta

import pytest

from fondly.core.planner.model import Person
from fondly.core.planner.promising import due_at
from fondly.core.playbook.model import PromiseSet
from fondly.core.playbook.reading import read
from fondly.doors.web.first_rows import first_rows
from fondly.ground import clock
from fondly.ground.action import Actor, Conflict, NotAllowed, Refused, perform
from fondly.ground.actions import UndoEntry, undo
from fondly.ground.models import AuditEntry
from fondly.listen.promises import made
from fondly.listen.promises.actions import ChangePromise, EndPromise, MakePromise, change, keep, make
from fondly.listen.promises.models import Promise
from fondly.people.clients import exporting
from fondly.people.clients.actions import EraseClient, MergeClients, UnmergeClients
from fondly.people.clients.models import Client, Interaction
from fondly.people.team.models import User
from fondly.run.journeys import engine, switch
from fondly.run.journeys.actions import ResumeEverything
from fondly.run.outbox import restoring

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)  # a Friday, 10:00 in New York
DANA = Actor("Dana", None, frozenset({"run"}))
MAX = Actor("Max", None, frozenset({"read"}))

BOOK = read("""fondly: 1
name: Maple
timezone: America/New_York
calendar: {business: "mon-fri 09:00-17:00", holidays: US}
fields:
  closing_on: {type: date, from: form}
""")


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ("2 hours", "2026-11-20T17:00+00:00"),
        ("1 business day", "2026-11-23T15:00+00:00"),
        ("4 business days", "2026-11-27T15:00+00:00"),  # Thanksgiving is skipped
        ("every Friday 16:00", "2026-11-20T21:00+00:00"),
        ("every Friday 09:00", "2026-11-27T14:00+00:00"),  # this week's is over
        ("closing_on", "2026-12-01T22:00+00:00"),  # the end of that working day
        ("", None),
        ("some day", None),
    ],
)
def test_when_a_promise_falls_due(due, expected):
    person = Person(fields={"closing_on": "2026-12-01"})
    found = due_at(BOOK, PromiseSet("the thing", due), NOW, person)
    assert found == (datetime.fromisoformat(expected) if expected else None)


@pytest.fixture
def priya(db):
    return Client.objects.create(name="Priya Shah", sort_name="priya shah", created_at=NOW, changed_at=NOW)


def test_made_and_kept_by_those_who_may(priya):
    with clock.at(NOW):
        given = MakePromise(priya.pk, "Friday update", NOW + timedelta(hours=6))
        with pytest.raises(NotAllowed):
            make(MAX, given)
        promise = make(DANA, given)
        with pytest.raises(Conflict):
            keep(DANA, EndPromise(promise.promise_id, revision=7))
        assert keep(DANA, EndPromise(promise.promise_id, promise.revision)).state == "kept"
        with pytest.raises(Refused, match="kept already"):
            keep(DANA, EndPromise(promise.promise_id, promise.revision + 1))
    assert list(Interaction.objects.filter(kind="promise").order_by("id").values_list("name", "text")) == [
        ("open", "Friday update"),
        ("kept", "Friday update"),
    ]


def test_what_is_not_kept_in_time_is_broken_once_and_said_so(priya):
    with clock.at(NOW):
        make(DANA, MakePromise(priya.pk, "Friday update", NOW + timedelta(hours=6)))
    assert made.next_due_after(NOW) == NOW + timedelta(hours=6, seconds=1)
    assert made.next_due_after(NOW + timedelta(hours=7)) is None
    assert made.sweep(NOW + timedelta(hours=5)) == 0
    assert made.sweep(NOW + timedelta(hours=7)) == 1
    assert made.sweep(NOW + timedelta(hours=7)) == 0
    fact = Interaction.objects.get(kind="promise", name="broken")
    assert (fact.at, fact.text) == (NOW + timedelta(hours=6), "Friday update")


def test_a_change_keeps_the_old_one_in_the_history_and_can_be_undone(priya):
    with clock.at(NOW):
        old = make(DANA, MakePromise(priya.pk, "First report", NOW + timedelta(days=1)))
        new = change(DANA, ChangePromise(old.promise_id, old.revision, NOW + timedelta(days=3), why="Scope grew"))
        assert Promise.objects.get(pk=old.promise_id).state == "changed"
        assert Promise.objects.get(pk=new.promise_id).replaces_id == old.promise_id
        undo(Actor("Dana", None, frozenset({"run", "read"})), UndoEntry(AuditEntry.objects.latest("pk").pk))
    assert [p.state for p in Promise.objects.all()] == ["open"]


@pytest.mark.parametrize(
    ("what", "due", "says"), [("  ", NOW + timedelta(days=1), "Say what"), ("x", NOW - timedelta(1), "still to come")]
)
def test_a_promise_needs_words_and_a_date_to_come(priya, what, due, says):
    with clock.at(NOW), pytest.raises(Refused, match=says):
        make(DANA, MakePromise(priya.pk, what, due))


def test_the_engine_breaks_what_was_not_kept_even_while_everything_is_paused(priya):
    with clock.at(NOW):
        make(DANA, MakePromise(priya.pk, "Friday update", NOW + timedelta(hours=6)))
        switch.turn("Christmas")
    assert engine.tick(NOW + timedelta(hours=7)).watched == 1
    assert Promise.objects.get().state == "broken"


def test_what_fell_due_before_a_restore_waits_for_a_word_and_is_listed(priya):
    """The install that is lost may have kept it; what falls due later is broken as ever."""
    restored = NOW + timedelta(days=2)
    with clock.at(NOW):
        doubtful = make(DANA, MakePromise(priya.pk, "Friday update", NOW + timedelta(days=1)))
        make(DANA, MakePromise(priya.pk, "First report", NOW + timedelta(days=3)))
        switch.turn("restored")
        restoring.put_up(NOW, restored)
    assert engine.tick(restored + timedelta(hours=1)).watched == 0
    later = NOW + timedelta(days=4)
    with clock.at(later):
        perform("journeys.resume_everything", DANA, ResumeEverything())
    assert engine.tick(later).watched == 1
    assert list(Promise.objects.order_by("due_at").values_list("state", "note")) == [
        ("open", "It may have been kept before the restore."),
        ("broken", "Not kept in time"),
    ]
    user = User.objects.create(email="dana@example.com", name="Dana", is_admin=True, joined_at=NOW)
    assert [row.what for row in first_rows(user, later, True)] == ["Friday update, 3 days late"]
    with clock.at(later):
        assert keep(DANA, EndPromise(doubtful.promise_id, doubtful.revision)).state == "kept"


def test_a_promise_that_was_not_meant_is_taken_back_while_it_is_open(priya):
    reader = Actor("Dana", None, frozenset({"read", "run"}))
    with clock.at(NOW):
        first = perform("promises.make", DANA, MakePromise(priya.pk, "the draft", NOW + timedelta(days=2)))
        undo(reader, UndoEntry(first.audit_id))
        assert not Promise.objects.exists()
        assert not Interaction.objects.filter(client=priya, kind="promise").exists()
        kept = perform("promises.make", DANA, MakePromise(priya.pk, "the draft", NOW + timedelta(days=2)))
        keep(DANA, EndPromise(kept.result.promise_id, kept.result.revision))
        with pytest.raises(Refused, match="still open"):
            undo(reader, UndoEntry(kept.audit_id))


def test_a_merge_an_export_and_an_erasure_take_promises_along(priya):
    other = Client.objects.create(name="P. Shah", sort_name="p. shah", created_at=NOW, changed_at=NOW)
    admin = Actor("Dana", None, frozenset({"admin"}))
    with clock.at(NOW):
        kept = make(DANA, MakePromise(priya.pk, "the draft", NOW + timedelta(days=2)))
        keep(DANA, EndPromise(kept.promise_id, kept.revision))
        make(DANA, MakePromise(priya.pk, "the key", NOW + timedelta(days=2)))
        merged = perform("clients.merge", admin, MergeClients(other.pk, priya.pk))
        assert set(Promise.objects.values_list("client", flat=True)) == {other.pk}
        perform("clients.unmerge", admin, UnmergeClients(merged.result.merge_id))
        told = exporting.export_client(priya.pk)["promises"]
        assert [(one["what"], one["state"]) for one in told] == [("the draft", "kept"), ("the key", "open")]
        perform("clients.erase", admin, EraseClient(priya.pk))
    assert list(Promise.objects.values_list("client", "what", "state", "said_by")) == [(priya.pk, "", "kept", "")]
