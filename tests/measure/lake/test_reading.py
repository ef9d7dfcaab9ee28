"""Every fact once, sealed or not, with what was changed since."""

from datetime import timedelta

import duckdb
import pytest

from fondly.measure.lake import inside
from fondly.measure.lake.catalogue import TABLES
from fondly.measure.lake.models import LakeFile, Redo
from fondly.people.clients.models import Interaction
from tests import cast
from tests.measure.lake.lived import NOW, client, facts, of_database, of_lake, seal

pytestmark = pytest.mark.django_db


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
    marks = Redo.objects.filter(table="interactions")
    assert set(marks.values_list("number", flat=True)) == {ada.pk, bea.pk}
    assert of_lake() == of_database()
    Interaction.objects.filter(client=cy).update(text="", data={}, resource="")
    assert not marks.filter(number=cy.pk).exists()  # nothing that is sealed has changed


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
