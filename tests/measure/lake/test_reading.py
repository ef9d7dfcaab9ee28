"""Every fact once, sealed or not, with what was changed since."""

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from fondly.ground import clock
from fondly.measure.lake import inside, sealing
from fondly.measure.lake.catalogue import TABLES
from fondly.measure.lake.models import LakeFile, Redo
from fondly.people.clients import timeline
from fondly.people.clients.models import Client, Interaction
from fondly.people.clients.timeline import NewFact
from tests import cast

NOW = datetime(2026, 3, 1, 9, 30, 0, 250_001, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_lake(settings, tmp_path):
    settings.HOME = tmp_path


def client(name: str = "Ada") -> Client:
    return Client.objects.create(name=name, sort_name=name, created_at=NOW, changed_at=NOW)


def facts(of: Client, count: int, **more) -> None:
    """One every ten days back from NOW, each with all that can be sealed or nothing of it, in turn."""
    full = {
        **{"name": "weekly", "stage": "care", "channel": "email", "key": "0:care/weekly/1", "solved": "no"},
        **{"value": 9.5, "feeling": -1, "judged_by": "person", "is_contact": True, "amount_minor": 2**53 + 1},
    }
    timeline.record(
        *(
            NewFact(of.pk, "done", NOW - timedelta(days=10 * n), text="secret words", data={"a": 1}, resource="Dana",
                    external_id=f"{of.pk}-{n}", source="t", **({**full, **more} if n % 2 else {}))
            for n in range(count)
        )
    )  # fmt: skip


def seal() -> int:
    return sealing.seal(clock.now() + 2 * sealing.LONGEST)


def of_lake(columns: str = "*") -> list[tuple]:
    with inside.lake() as lake:
        return lake.duckdb("interactions").sql(f"SELECT {columns} FROM interactions ORDER BY id").fetchall()


def of_database() -> list[tuple]:
    fields = [column.stored for column in TABLES["interactions"].columns]
    rows = Interaction.objects.order_by("id").values_list(*fields)
    return [tuple(_plain(value) for value in row) for row in rows]


def _plain(value):
    return value.replace(tzinfo=None) if isinstance(value, datetime) else (None if value == "" else value)


def test_unsealed_facts_are_read_from_the_database():
    facts(client(), 3)
    assert of_lake() == of_database()
    assert len(of_lake()) == 3


def test_sealed_facts_are_the_same_and_come_once():
    facts(client("Ada"), 30)
    facts(client("Bea"), 30)
    assert seal() == 60
    facts(client("Cy"), 3)
    assert of_lake() == of_database()
    months = {f"{NOW - timedelta(days=10 * n):%Y-%m}" for n in range(30)}
    assert {file.month for file in LakeFile.objects.all()} == months
    assert sum(LakeFile.objects.values_list("rows", flat=True)) == 60


def test_changes_of_sealed_facts_are_seen_at_once():
    ada, bea, cy = client("Ada"), client("Bea"), client("Cy")
    for one in (ada, bea, cy):
        facts(one, 4)
    assert seal() == 12
    Interaction.objects.filter(client=ada).order_by("id").first().delete()
    Interaction.objects.filter(client=bea, name="weekly").update(client=ada)
    assert set(Redo.objects.values_list("client_id", flat=True)) == {ada.pk, bea.pk}
    assert of_lake() == of_database()
    Interaction.objects.filter(client=cy).update(text="", data={}, resource="")
    assert not Redo.objects.filter(client_id=cy.pk).exists()  # nothing that is sealed has changed


def test_no_word_about_a_person_is_in_a_file():
    facts(client("Ada"), 4)
    seal()
    for file in LakeFile.objects.all():
        columns = duckdb.sql(f"DESCRIBE SELECT * FROM '{inside.folder() / file.path}'").fetchall()
        assert [name for name, *_ in columns] == [column.name for column in TABLES["interactions"].columns]
        assert not {"text", "data", "resource", "external_id"} & {name for name, *_ in columns}


def test_every_table_of_the_catalogue_can_be_asked():
    who = cast.make()
    with inside.lake() as lake:
        asked = lake.duckdb()
        for table in TABLES.values():
            told = asked.sql(f"FROM {table.name}")
            assert [(name, str(kind)) for name, kind in zip(told.columns, told.types, strict=True)] == [
                (column.name, column.type) for column in table.shown(personal=False)
            ]
        assert asked.sql("SELECT count(*) FROM clients").fetchall() == [(6,)]
        assert asked.sql("SELECT count(*) FROM stages").fetchall()[0][0] > 3
        assert asked.sql("SELECT DISTINCT touchpoint FROM touchpoints WHERE touchpoint = 'friday_update'").fetchall()
    with inside.lake(personal=True) as lake:
        names = lake.duckdb("clients").sql("SELECT name FROM clients").fetchall()
    assert (who.priya.name,) in names
