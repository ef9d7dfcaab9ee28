"""Long acts: slice by slice, stopped, taken over, failed, undone; each thing done once."""

from dataclasses import dataclass, field

import pytest
from django.db import OperationalError

from fondly.ground import errands
from fondly.ground.action import Actor, Conflict, NotAllowed, Outcome, Refused, Undo, action, perform, registry
from fondly.ground.actions import StopErrand, UndoEntry
from fondly.ground.models import AuditEntry, Errand, ErrandSlice, Setting
from fondly.ground.steps import Slice, Steps, parts

pytestmark = pytest.mark.django_db
DANA = Actor("Dana", 7, frozenset({"read", "run"}))


@dataclass(frozen=True, slots=True)
class PutMany:
    names: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Put:
    names: list[str]


def put(actor, given, cursor):
    for place, names in parts(given.names, 100, cursor or 0):
        for name in names:
            if name == "bad":
                raise Refused("bad cannot be put")
            if name == "broken":
                raise OSError("the disk is gone")
            Setting.objects.create(name=name)
        yield Slice(place, place, list(names))


def take(actor, given, cursor):
    for place, names in parts(given.names, 100, cursor or 0):
        Setting.objects.filter(name__in=names).delete()
        yield Slice(place, place, len(names))


@pytest.fixture(autouse=True)
def acts(db):
    """Two actions of our own, each the other's undo, and no settings but theirs."""
    Setting.objects.all().delete()

    @action("test.put", permission="run", summary="Put", steps=Steps(lambda actor, given: len(given.names), put))
    def put_many(actor: Actor, given: PutMany, walked) -> Outcome[Put]:
        names = [name for some in walked.made for name in some]
        return Outcome(Put(names), f"put {len(names)}", undo=Undo("test.take", PutMany(names)))

    @action("test.take", permission="run", summary="Take", steps=Steps(lambda actor, given: len(given.names), take))
    def take_many(actor: Actor, given: PutMany, walked) -> Outcome[Put]:
        return Outcome(Put([]), f"took {sum(walked.made)}")

    yield
    for name in ("test.put", "test.take"):
        registry.pop(name)


def names(count, start=0):
    return [f"n{n}" for n in range(start, start + count)]


def work(worker, turns=50):
    for _ in range(turns):
        if not worker.turn():
            return
    raise AssertionError("it never came to its end")


def test_a_short_act_is_done_at_once():
    done = errands.ask("test.put", DANA, PutMany(names(errands.AT_ONCE)))
    assert done.result.names == names(errands.AT_ONCE) and done.undoable
    assert not Errand.objects.exists()


def test_a_long_act_is_left_to_a_worker_and_leaves_one_entry_with_one_undo():
    errand = errands.ask("test.put", DANA, PutMany(names(450)), page="/clients")
    assert (errand.state, errand.done, errand.total) == ("waiting", 0, 450)
    assert not Setting.objects.exists()
    work(errands.Worker("one"))
    errand.refresh_from_db()
    assert (errand.state, errand.done, errand.summary) == ("done", 450, "put 450")
    assert Setting.objects.count() == 450 and not ErrandSlice.objects.exists()
    assert errands.performed(errand).result.names == names(450)
    assert AuditEntry.objects.get().actor_name == "Dana"

    undoing = errands.ask("audit.undo", DANA, UndoEntry(errand.audit_id))
    assert undoing.total == 450
    work(errands.Worker("one"))
    assert not Setting.objects.exists()
    assert AuditEntry.objects.get(pk=errand.audit_id).undone_at is not None
    assert not errands.is_undoable(errand)
    with pytest.raises(Refused, match="undone already"):
        errands.ask("audit.undo", DANA, UndoEntry(errand.audit_id))


def test_a_worker_that_died_is_followed_behind_its_last_slice():
    errand = errands.ask("test.put", DANA, PutMany(names(450)))
    dead = errands.Worker("dead")
    dead.turn(0.0)
    errand.refresh_from_db()
    assert (errand.done, errand.state) == (100, "running")
    errands.Worker("next").turn()
    assert Setting.objects.count() == 100  # its lease still holds
    Errand.objects.update(lease_until="2000-01-01T00:00:00Z")
    work(errands.Worker("next"))
    dead.turn()  # a zombie does nothing more
    assert Setting.objects.count() == 450


def test_stopping_keeps_what_was_done_and_it_can_be_undone():
    errand = errands.ask("test.put", DANA, PutMany(names(450)))
    worker = errands.Worker("one")
    worker.turn(0.0)
    with pytest.raises(NotAllowed):
        perform("errands.stop", Actor("Sam", 8, frozenset({"read"})), StopErrand(errand.pk))

    stopped = perform("errands.stop", DANA, StopErrand(errand.pk)).result
    assert (stopped.state, stopped.done) == ("stopped", 100)
    worker.turn()
    assert Setting.objects.count() == 100
    errand.refresh_from_db()
    assert errand.summary == "put 100"
    perform("audit.undo", DANA, UndoEntry(errand.audit_id))
    assert not Setting.objects.exists()
    with pytest.raises(Refused, match="ended already"):
        perform("errands.stop", DANA, StopErrand(errand.pk))


@pytest.mark.parametrize(("name", "words"), [("bad", "bad cannot be put"), ("broken", "OSError: the disk is gone")])
def test_a_slice_that_fails_ends_it_and_the_slices_before_stay(name, words):
    errand = errands.ask("test.put", DANA, PutMany([*names(250), name, *names(250, 250)]))
    work(errands.Worker("one"))
    errand.refresh_from_db()
    assert (errand.state, errand.error, errand.done) == ("failed", words, 200)
    assert Setting.objects.count() == 200
    assert AuditEntry.objects.get().summary == "put 200"


def test_a_slice_that_ends_its_worker_again_and_again_is_given_up():
    errand = errands.ask("test.put", DANA, PutMany(names(450)))
    for n in range(errands.MOST_TRIES):
        assert errands._next(f"dies {n}") is not None
        Errand.objects.update(lease_until="2000-01-01T00:00:00Z")
    assert errands.Worker("last").turn() is False
    errand.refresh_from_db()
    assert errand.state == "failed" and "tried" in errand.error


def test_a_busy_database_is_no_failure(monkeypatch):
    errand = errands.ask("test.put", DANA, PutMany(names(450)))
    worker = errands.Worker("one")
    with monkeypatch.context() as patch:
        patch.setattr(Setting.objects, "create", _busy)
        with pytest.raises(OperationalError):
            worker.turn()
    work(worker)
    errand.refresh_from_db()
    assert (errand.state, Setting.objects.count()) == ("done", 450)


def _busy(**_values):
    raise OperationalError("database is locked")


def test_the_same_key_is_the_same_errand_and_later_its_answer():
    first = errands.ask("test.put", DANA, PutMany(names(450)), key="k")
    assert errands.ask("test.put", DANA, PutMany(names(450)), key="k").pk == first.pk
    with pytest.raises(Conflict):
        errands.ask("test.put", DANA, PutMany(names(451)), key="k")
    work(errands.Worker("one"))
    again = errands.ask("test.put", DANA, PutMany(names(450)), key="k")
    assert again.summary == "put 450"
    assert Errand.objects.count() == 1


def test_who_may_not_do_it_may_not_ask_for_it():
    with pytest.raises(NotAllowed):
        errands.ask("test.put", Actor("Sam", 8), PutMany(names(450)))


def test_what_no_short_act_takes_no_long_one_does():
    with pytest.raises(Refused, match="NUL"):
        errands.ask("test.put", DANA, PutMany([*names(450), "a\0b"]))
    assert not Errand.objects.exists()


def test_carried_out_here_it_tells_how_far_it_is():
    told = []
    done = errands.carry_out("test.put", DANA, PutMany(names(450)), lambda *far: told.append(far))
    assert told == [(100, 450), (200, 450), (300, 450), (400, 450), (450, 450)]
    assert done.summary == "put 450" and len(done.result.names) == 450
    with pytest.raises(Refused, match="bad cannot be put"):
        errands.carry_out("test.put", DANA, PutMany([*names(400, 500), "bad"]), lambda *far: None)
