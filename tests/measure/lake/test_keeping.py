"""Work on sealed files: done over after changes, united, swept; and what goes once it is sealed."""

import os
import time
import uuid
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps

from fondly.ground import clock
from fondly.ground.action import SYSTEM, perform
from fondly.ground.models import Setting
from fondly.measure.events.keeping import key_of
from fondly.measure.events.models import BehaviourEvent, Visitor
from fondly.measure.lake import compacting, entering, inside, keeping, redoing, sealing, sweeping
from fondly.measure.lake.catalogue import TABLES
from fondly.measure.lake.models import Forgotten, LakeFile, Redo, Watermark
from fondly.measure.lake.shape import Column, Table
from fondly.people.clients import timeline
from fondly.people.clients.actions import EraseClient, MergeClients, UnmergeClients
from fondly.people.clients.exporting import export_client
from fondly.people.clients.models import Interaction
from fondly.people.clients.timeline import NewFact
from tests.measure.lake.lived import NOW, client, facts, later, of_database, of_lake, seal

pytestmark = pytest.mark.django_db


def redo_all() -> None:
    while redoing.redo("interactions", clock.now()):
        pass
    assert not Redo.objects.filter(table="interactions").exists()


def files() -> list[LakeFile]:
    return list(LakeFile.objects.filter(replaced_at=None).order_by("path"))


def in_files(columns: str = "id") -> list[tuple]:
    """Rows of the files alone."""
    import duckdb

    paths = [str(inside.folder() / file.path) for file in files()]
    return duckdb.read_parquet(paths).order("id").select(columns).fetchall()


def test_merge_unmerge_and_erase_end_up_in_the_files():
    ada, bea = client("Ada"), client("Bea")
    facts(ada, 6)
    facts(bea, 6)
    seal()
    merged = perform("clients.merge", SYSTEM, MergeClients(ada.pk, bea.pk)).result
    assert of_lake() == of_database()
    redo_all()
    assert of_lake() == of_database()
    assert {whose for (whose,) in in_files("client")} == {ada.pk}
    perform("clients.unmerge", SYSTEM, UnmergeClients(merged.merge_id))
    assert of_lake() == of_database()
    redo_all()
    assert of_lake() == of_database()
    assert {whose for (whose,) in in_files("client")} == {ada.pk, bea.pk}
    Interaction.objects.filter(client=bea).update(kind="note")
    redo_all()
    perform("clients.erase", SYSTEM, EraseClient(bea.pk))
    redo_all()
    assert of_lake() == of_database()
    assert "weekly" not in {name for whose, name in in_files("client, name") if whose == bea.pk}
    assert "weekly" in {name for whose, name in in_files("client, name") if whose == ada.pk}


def test_a_change_while_it_is_done_over_is_not_lost(monkeypatch):
    ada = client("Ada")
    facts(ada, 6)
    seal()
    Interaction.objects.filter(client=ada).first().delete()
    assert redoing.redo("interactions", clock.now())  # taken out of the files; sealed again by the next step
    enter = entering.enter

    def deleted_before(*work):
        Interaction.objects.filter(client=ada).first().delete()
        return enter(*work)

    monkeypatch.setattr(redoing, "enter", deleted_before)
    while redoing.redo("interactions", clock.now()) and not in_files():
        pass
    monkeypatch.undo()
    assert Redo.objects.exists()
    assert of_lake() == of_database()
    redo_all()
    assert of_lake() == of_database()
    assert len(in_files()) == 4


def test_who_was_overtaken_throws_its_work_away(monkeypatch):
    facts(client("Ada"), 6)
    begin = sealing.begin

    def overtaken(name):
        begun = begin(name)
        monkeypatch.setattr(sealing, "begin", begin)
        assert seal() == 6
        return begun

    monkeypatch.setattr(sealing, "begin", overtaken)
    assert seal() == 0
    assert of_lake() == of_database()
    assert len(list(inside.folder().rglob("*.parquet"))) == len(files())


def test_facts_of_long_ago_come_into_their_month_and_many_files_become_one():
    ada = client("Ada")
    for n in range(compacting.MANY + 1):
        timeline.record(*(NewFact(ada.pk, "note", NOW - timedelta(days=days, seconds=n)) for days in (0, 40)))
        assert seal() == 2
    assert [compacting.compact(clock.now()) for _month in range(3)] == [True, True, False]
    assert [file.month for file in files()] == ["2026-01", "2026-03"]
    assert LakeFile.objects.exclude(replaced_at=None).count() == 2 * (compacting.MANY + 1)
    assert of_lake() == of_database()


def test_replaced_files_and_strays_are_swept_after_a_while():
    stray = inside.folder() / "interactions" / "2026-01" / "1-2-aa.parquet"
    facts(client("Ada"), 4)
    seal()
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"half")
    Interaction.objects.first().delete()
    redo_all()
    replaced = [inside.folder() / file.path for file in LakeFile.objects.exclude(replaced_at=None)]
    sweeping.sweep(clock.now())
    assert stray.exists()
    assert all(path.exists() for path in replaced)
    os.utime(stray, (time.time() - 7200, time.time() - 7200))
    sweeping.sweep(clock.now() + 2 * sweeping.GRACE)
    assert not stray.exists()
    assert not any(path.exists() for path in replaced)
    assert of_lake() == of_database()


def test_an_older_file_is_read_without_the_columns_it_has_not(monkeypatch):
    facts(client("Ada"), 4)
    seal()
    table = TABLES["interactions"]
    newer = Table(table.name, "", (*table.columns, Column("resource", "VARCHAR", "")), table.source, table.sealed)
    monkeypatch.setitem(TABLES, table.name, newer)
    facts(client("Bea"), 1)
    assert [who for (who,) in of_lake("resource")] == [None] * 4 + ["Dana"]


def event(name: str, visitor: str, **more) -> BehaviourEvent:
    key = uuid.uuid4().hex
    values = {
        **{"message_id": key, "message_key": key_of(key), "kind": "track", "at": NOW, "received_at": clock.now()},
        **{"properties": '{"plan": "a"}', "context": "{}"},
    }
    return BehaviourEvent.objects.create(name=name, visitor=visitor, **(values | more))


def events(columns: str) -> list[tuple]:
    with inside.lake(personal=True) as lake:
        return lake.duckdb("events").sql(f"SELECT {columns} FROM events ORDER BY id").fetchall()


def test_events_are_sealed_and_find_their_client_later():
    ada = client("Ada")
    event("opened", "anon:1")
    event("opened", "anon:2")
    assert sealing.seal("events", later()) == 2
    event("bought", "u1")
    assert events("name, client, properties") == [("opened", None, '{"plan": "a"}')] * 2 + [
        ("bought", None, '{"plan": "a"}')
    ]
    Visitor.objects.create(visitor="u1", same_as="u1", client=ada)
    Visitor.objects.create(visitor="anon:1", same_as="u1", client=ada)
    assert events("client") == [(ada.pk,), (None,), (ada.pk,)]
    first, second, third = (number for (number,) in events("visitor"))
    assert first == third != second


def test_the_clients_own_copy_holds_events_that_have_left_the_database():
    ada = client("Ada")
    Visitor.objects.create(visitor="u1", same_as="u1", client=ada)
    event("opened", "u1")
    event("opened", "u2")
    sealing.seal("events", later())
    BehaviourEvent.objects.all().delete()
    event("closed", "u1")
    behaviour = export_client(ada.pk)["behaviour"]
    assert [one["name"] for one in behaviour["events"]] == ["opened", "closed"]
    assert behaviour["events"][0] == {
        "at": NOW.isoformat(), "kind": "track", "name": "opened", "visitor": "u1",
        "properties": {"plan": "a"}, "context": {},
    }  # fmt: skip


def test_the_number_of_a_visitor_cannot_be_made_by_guessing_the_id():
    keys = import_module("fondly.measure.events.migrations.0002_visitors_key")
    Setting.objects.filter(name=keys.NAME).delete()
    event("opened", "ada@example.org")
    event("closed", "ada@example.org")
    ((plain,), _) = events("visitor")
    keys.make(apps, None)
    (first,), (second,) = events("visitor")
    assert first == second != plain


def test_a_forgotten_visitor_is_gone_at_once_and_then_from_the_files():
    ada = client("Ada")
    Visitor.objects.create(visitor="u1", same_as="u1", client=ada)
    event("opened", "u1")
    event("opened", "u2")
    sealing.seal("events", later())
    perform("clients.erase", SYSTEM, EraseClient(ada.pk))
    event("came back", "u1")
    assert events("visitor_id, name") == [("u2", "opened"), ("u1", "came back")]
    assert sealing.seal("events", later()) == 1
    while redoing.forget(clock.now()):
        pass
    assert not Forgotten.objects.exists()
    assert events("visitor_id, name") == [("u2", "opened"), ("u1", "came back")]
    assert in_files("visitor, name") == [("u2", "opened"), ("u1", "came back")]


def test_sealed_events_leave_the_database_when_no_repeat_can_come():
    old = clock.now() - timedelta(days=sweeping.KEEP_DAYS, minutes=1)
    event("old", "u1", received_at=old)
    event("old, not looked at yet", "u1", received_at=old, todo=BehaviourEvent.Todo.FOLLOW)
    event("young", "u1")
    sealing.seal("events", later())
    event("old, not sealed", "u1", received_at=old)
    before = events("*")
    assert sweeping.drop_sealed(clock.now()) == 1
    assert set(BehaviourEvent.objects.values_list("name", flat=True)) == {
        "young", "old, not looked at yet", "old, not sealed"
    }  # fmt: skip
    assert events("*") == before
    assert len(before) == 4


def test_a_worker_does_it_all_and_asks_one_question_when_nothing_is_new(django_assert_num_queries):
    ada = client("Ada")
    facts(ada, 4)
    keeper, now = keeping.Keeper(), later()
    while keeper.turn(now):
        pass
    assert Watermark.objects.get(table="interactions").last_id == Interaction.objects.latest("pk").pk
    with django_assert_num_queries(0):
        assert not keeper.turn(now)
    keeper._next = 0.0
    with django_assert_num_queries(1):
        assert not keeper.turn(now)
    Interaction.objects.first().delete()
    keeper._next = 0.0
    keeper._redo.clear()
    while keeper.turn(now):
        pass
    assert not Redo.objects.exists()
    assert of_lake() == of_database()


def test_trouble_with_the_lake_is_written_down_and_stops_nothing(caplog):
    facts(client("Ada"), 4)
    inside.folder().write_text("no folder")
    assert not keeping.Keeper().turn(later())
    assert "could not be kept" in caplog.text
    assert of_lake() == of_database()
