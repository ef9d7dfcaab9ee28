"""Actions: permission, audit, idempotency, undo."""

from dataclasses import dataclass

import pytest

from fondly.ground import action as actions
from fondly.ground.action import Actor, Conflict, NotAllowed, Outcome, Refused, Undo, action, perform
from fondly.ground.actions import UndoEntry, undo
from fondly.ground.models import AuditEntry, Setting

OWNER = Actor("Dana", 1, frozenset({"admin"}))
READER = Actor("Max", 2, frozenset({"read"}))


@dataclass(frozen=True, slots=True)
class Paint:
    colour: str


@dataclass(frozen=True, slots=True)
class Painted:
    colour: str
    before: str


@pytest.fixture(autouse=True)
def _paint():
    @action("test.paint", permission="clients", summary="Paint the door")
    def paint(actor: Actor, given: Paint) -> Outcome[Painted]:
        before = Setting.get("door")
        Setting.put("door", given.colour)
        if given.colour == "plaid":
            raise Refused("There is no plaid paint. Choose one colour.", field="colour")
        return Outcome(Painted(given.colour, before), f"Painted the door {given.colour}", undo=_back(before))

    yield
    del actions.registry["test.paint"]


def _back(before: str) -> Undo:
    return Undo("test.paint", Paint(before))


@pytest.mark.django_db
def test_allowed_is_done_and_audited_and_denied_changes_nothing():
    done = perform("test.paint", OWNER, Paint("green"))
    assert done.result == Painted("green", "")
    entry = AuditEntry.objects.get()
    assert (entry.actor_name, entry.summary, entry.input) == ("Dana", "Painted the door green", {"colour": "green"})

    with pytest.raises(NotAllowed, match="Max may not do this"):
        perform("test.paint", READER, Paint("red"))
    assert Setting.get("door") == "green"
    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db
def test_a_refusal_leaves_nothing_behind():
    with pytest.raises(Refused, match="no plaid paint"):
        perform("test.paint", OWNER, Paint("plaid"), key="k1")
    assert Setting.get("door") == ""
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_the_same_key_acts_once_and_another_request_with_it_is_a_conflict():
    first = perform("test.paint", OWNER, Paint("green"), key="k1")
    Setting.put("door", "blue")
    again = perform("test.paint", OWNER, Paint("green"), key="k1")
    assert again.result == first.result
    assert Setting.get("door") == "blue"
    with pytest.raises(Conflict):
        perform("test.paint", OWNER, Paint("red"), key="k1")
    other_person = Actor("Lee", 3, frozenset({"clients"}))
    assert perform("test.paint", other_person, Paint("red"), key="k1").result.colour == "red"


@pytest.mark.django_db
def test_undo_runs_the_inverse_once_and_with_the_actors_own_permissions():
    perform("test.paint", OWNER, Paint("green"))
    done = perform("test.paint", OWNER, Paint("red"))
    with pytest.raises(NotAllowed):
        undo(READER, UndoEntry(done.audit_id))
    assert Setting.get("door") == "red"
    undo(OWNER, UndoEntry(done.audit_id))
    assert Setting.get("door") == "green"
    with pytest.raises(Refused, match="undone already"):
        undo(OWNER, UndoEntry(done.audit_id))
