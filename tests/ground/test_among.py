"""`among` finds what `in` finds, on both databases, and asks with one parameter."""

from datetime import UTC, datetime

import pytest

from fondly.people.clients.models import Client, Contact

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def people(count: int) -> list[int]:
    made = [Client(name=f"Client {n}", sort_name=f"client {n}", created_at=AT, changed_at=AT) for n in range(count)]
    rows = Client.objects.bulk_create(made)
    Contact.objects.bulk_create(Contact(client=row, name=row.name) for row in rows)
    return [row.pk for row in rows]


def test_among_finds_ids_texts_and_rows_behind_a_relation() -> None:
    ids = people(5)
    wanted = set(ids[1:3])
    assert set(Client.objects.filter(pk__among=wanted).values_list("pk", flat=True)) == wanted
    assert set(Contact.objects.filter(client__among=wanted).values_list("client_id", flat=True)) == wanted
    assert Contact.objects.filter(client__name__among={"Client 0", "Client 4", "it's nobody"}).count() == 2
    assert not Client.objects.filter(pk__among=set()).exists()
    assert Client.objects.filter(pk__among=wanted).update(persona="found") == 2


def test_among_asks_with_one_parameter_however_many_values_there_are() -> None:
    ids = people(3)
    few, many = (str(Client.objects.filter(pk__among=some).query.sql_with_params()[0]) for some in (ids[:1], ids))
    assert few == many and few.count("%s") == 1
