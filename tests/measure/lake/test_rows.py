"""Tables whose rows go on changing: sealed whatever their state, and exactly as the database has them at any time."""

from datetime import timedelta

import pytest
from django.db import connection

from fondly.ground import clock
from fondly.ground.action import SYSTEM, perform
from fondly.listen.promises.models import Promise
from fondly.measure.lake import backing, checking, compacting, inside, keeping, redoing, sealing, watching
from fondly.measure.lake.catalogue import NOTED, TABLES
from fondly.measure.lake.databases import select
from fondly.measure.lake.models import LakeFile, Redo, Watermark
from fondly.people.clients.actions import EraseClient, MergeClients, UnmergeClients
from fondly.people.clients.models import Client
from fondly.people.team.models import Department, Role
from fondly.run.journeys.models import Journey, Moment, Stay
from tests import cast as casting
from tests.cast import NOW
from tests.measure.lake.lived import later

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(monkeypatch):
    monkeypatch.setattr(sealing, "FEWEST", 1)
    with clock.at(NOW):
        yield casting.make()


def seal() -> int:
    return sum(sealing.seal(table.name, later()) for table in NOTED)


def redo() -> None:
    for table in NOTED:
        while redoing.redo(table.name, later()):
            assert_true()
    assert not Redo.objects.exists()


def assert_true() -> None:
    """Every row once, as it is in the database this instant."""
    database = inside.OfDjango()
    with inside.lake() as lake:
        told = lake.duckdb(*(table.name for table in NOTED))
        for table in NOTED:
            names = ", ".join(f'epoch_us("{c.name}")' if c.type == "TIMESTAMP" else f'"{c.name}"' for c in table.stored)
            expected = database.rows(select(table, table.stored, database.vendor, "", "id"))
            assert told.sql(f"SELECT {names} FROM {table.name} ORDER BY id").fetchall() == expected, table.name


def in_files(table: str) -> set[int]:
    """Ids of the rows of the files alone."""
    import duckdb

    paths = LakeFile.objects.filter(table=table, replaced_at=None).values_list("path", flat=True)
    files = [str(inside.folder() / path) for path in paths]
    return {number for (number,) in duckdb.read_parquet(files).select("id").fetchall()} if files else set()


def test_changes_are_seen_at_once_and_come_into_the_files(cast):
    assert seal() == sum(model.objects.count() for model in (Client, Journey, Moment, Stay, Promise)) + len(
        in_files("interactions")
    )
    assert_true()
    due = Moment.objects.filter(state="due").first()
    Moment.objects.filter(pk=due.pk).update(state="done", ended_at=NOW, feeling=1)
    Moment.objects.filter(state="planned").first().delete()
    Moment.objects.create(
        **{f.name: getattr(due, f.name) for f in Moment._meta.fields if f.name not in ("id", "key")}, key="new"
    )
    Stay.objects.filter(journey__client=cast.tom).update(left_at=NOW)
    Journey.objects.filter(client=cast.tom).update(state="exited", exit_stage="selling", ended_at=NOW)
    Promise.objects.filter(state="open").update(state="broken", ended_at=NOW)
    Client.objects.filter(pk=cast.ana.pk).update(persona="downsizers", feeling=-1.5)
    assert_true()
    redo()
    assert_true()
    seal()
    assert in_files("moments") == set(Moment.objects.values_list("pk", flat=True))


def test_merge_unmerge_and_erase(cast):
    seal()
    merged = perform("clients.merge", SYSTEM, MergeClients(cast.ana.pk, cast.ken.pk)).result
    assert_true()
    redo()
    perform("clients.unmerge", SYSTEM, UnmergeClients(merged.merge_id))
    assert_true()
    redo()
    perform("clients.erase", SYSTEM, EraseClient(cast.priya.pk))
    assert_true()
    redo()
    assert_true()


def test_only_what_is_sealed_is_noted_and_each_row_by_itself(cast):
    Redo.objects.all().delete()
    moments = Moment.objects.order_by("pk")
    moments.filter(pk=moments[0].pk).update(note="A word", why="another reason", revision=7, lease_until=NOW)
    Journey.objects.update(plan_at=NOW, next_moment_at=NOW, revision=3, matter="the house")
    Client.objects.update(name="Somebody", memory="likes tea")
    assert not Redo.objects.exists()
    moments.filter(pk__in=[moments[0].pk, moments[1].pk]).update(minutes=99)
    marks = Redo.objects.order_by("number").values_list("table", "number")
    assert list(marks) == [("moments", moments[0].pk), ("moments", moments[1].pk)]


def test_tables_beside_are_joined_when_they_are_read(cast):
    seal()
    department = Department.objects.create(name="Sales")
    Role.objects.filter(name="agent").update(department=department)
    Journey.objects.filter(client=cast.tom).update(client=cast.ken, matter="another")
    with inside.lake() as lake:
        told = lake.duckdb("moments", "stays")
        assert told.sql("SELECT DISTINCT department FROM moments WHERE role = 'agent'").fetchall() == [("Sales",)]
        assert told.sql(f"SELECT count(*) FROM stays WHERE client = {cast.ken.pk}").fetchall() == [(2,)]


def test_what_tells_who_somebody_is_is_read_from_the_database(cast):
    seal()
    Client.objects.filter(pk=cast.ana.pk).update(name="Ana Maria")
    with inside.lake(personal=True) as lake:
        told = lake.duckdb("clients", "promises", "stays")
        assert told.sql(f"SELECT name FROM clients WHERE id = {cast.ana.pk}").fetchall() == [("Ana Maria",)]
        assert told.sql("SELECT count(*) FROM promises WHERE what LIKE '%Friday%'").fetchall() == [(1,)]
        assert told.sql("SELECT count(*) FROM stays").fetchall() == [(6,)]
    sealed = {column.name for table in NOTED for column in table.stored}
    assert not sealed & {"matter", "what", "fields", "external_id", "note", "memory"}


def test_a_worker_seals_many_rows_and_those_that_changed_when_they_are_many(cast, monkeypatch):
    keeper = keeping.Keeper()

    def work() -> None:
        keeper._next = 0.0
        while keeper.turn(later()):
            assert_true()

    work()
    assert in_files("moments") == set(Moment.objects.values_list("pk", flat=True))
    for minutes in (7, 8):
        Moment.objects.update(minutes=minutes)
        work()
    assert Redo.objects.filter(table="moments").exists()  # an hour has not passed, and they are few
    monkeypatch.setattr(keeping, "_FEW", 2)
    work()
    assert not Redo.objects.filter(table="moments").exists()
    assert_true()


def test_few_rows_are_not_worth_a_file_however_old(cast, monkeypatch):
    monkeypatch.undo()
    before = Moment.objects.earliest("pk").pk - 1  # the numbers that tests before this one have used up
    Watermark.objects.create(table="moments", last_id=before)
    assert sealing.seal("moments", later()) == 0
    assert_true()


def test_small_files_become_one(cast, monkeypatch):
    monkeypatch.setattr(compacting, "MANY", 1)
    monkeypatch.setattr(sealing, "MOST", 6)
    while sealing.seal("moments", later()):
        pass
    assert LakeFile.objects.filter(table="moments", replaced_at=None).count() > 1
    while compacting.compact(later()):
        assert_true()
    assert LakeFile.objects.filter(table="moments", replaced_at=None).count() == 1


def test_doctor_backup_and_reseal_know_them(cast):
    seal()
    assert checking.check().astray == 0
    assert backing.to_keep() == []  # all of them can be sealed again
    file = LakeFile.objects.filter(table="moments").first()
    LakeFile.objects.filter(pk=file.pk).update(rows=file.rows - 1)
    assert checking.check().astray == 1
    Moment.objects.update(minutes=5)
    backing.begin_again()
    assert not LakeFile.objects.exists() and not Redo.objects.exists()
    assert_true()
    seal()
    assert_true()
    assert checking.check().astray == 0


def test_what_was_changed_while_nobody_watched_is_sealed_once_more(cast):
    """A migration that makes a table anew loses its triggers."""
    seal()
    with connection.cursor() as cursor:
        of = " ON journeys_moment" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER lake_moments_changed{of}")
    Moment.objects.filter(state="due").update(state="done", ended_at=NOW + timedelta(hours=1))
    assert watching.install(connection) == ["moments"]
    backing.seal_anew(["moments"])
    assert_true()
    assert Watermark.objects.get(table="moments").last_id == 0 < Watermark.objects.get(table="stays").last_id
    assert watching.install(connection) == []
    assert TABLES["moments"] in NOTED
