"""PostgreSQL gives out ids before it commits: what commits late with a smaller id is sealed all the same."""

import pytest
from django.db import connection, connections
from django.db.models import Max

from fondly.measure.lake.models import Watermark
from fondly.people.clients.models import Interaction
from tests.measure.lake.lived import client, facts, of_database, of_lake, seal

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer"),
]
_ONCE_MORE = """INSERT INTO clients_interaction ({columns}) SELECT {told} FROM clients_interaction
WHERE id = (SELECT min(id) FROM clients_interaction) RETURNING id"""


@pytest.fixture
def other():
    """A second connection to the same database."""
    made = connections.create_connection("default")
    yield made
    made.close()


def add(through) -> int:
    """A fact more, by one statement; its id."""
    columns = ", ".join(f'"{field.column}"' for field in Interaction._meta.concrete_fields if not field.primary_key)
    told = columns.replace('"external_id"', "gen_random_uuid()::text")  # that one is there once
    with through.cursor() as cursor:
        cursor.execute(_ONCE_MORE.format(columns=columns, told=told))
        return cursor.fetchone()[0]


def test_a_smaller_id_that_commits_later_is_not_skipped(other):
    facts(client(), 4)
    assert seal() == 4
    other.set_autocommit(False)
    late = add(other)  # has its id, but nobody else sees it yet
    early = add(connection)
    assert late < early
    assert not Interaction.objects.filter(pk=late).exists()
    assert seal() == 0
    assert Watermark.objects.get(table="interactions").last_id < late
    assert of_lake() == of_database()
    other.commit()
    assert of_lake() == of_database()
    assert seal() == 2
    assert of_lake() == of_database()
    assert late in [row[0] for row in of_lake()]
    assert Watermark.objects.get(table="interactions").last_id == Interaction.objects.aggregate(m=Max("pk"))["m"]


def test_who_is_rolled_back_holds_nothing_up_for_long(other):
    facts(client(), 4)
    other.set_autocommit(False)
    gone = add(other)
    add(connection)
    assert seal() == 0
    other.rollback()
    assert seal() == 5
    assert gone not in [row[0] for row in of_lake()]
    assert of_lake() == of_database()
