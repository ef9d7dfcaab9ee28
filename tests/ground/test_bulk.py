"""Rows written past the ORM are read by it as they were meant, on both databases."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from fondly.ground import bulk
from fondly.people.clients.models import Client
from tests.run.conftest import MONDAY

pytestmark = pytest.mark.django_db

NAMES = ["plain", "", 'a "quoted" {brace}, comma', "back\\slash 'n' %s", "NULL", "two\nlines", "Zoë 🙂"]
FIELDS = ("name", "fields", "feeling", "value_minor", "last_contact_at", "is_demo")
LATER = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)


def rows():
    feelings, contacts = (1, 0.5, None), (MONDAY, LATER, None)
    return [
        (name, {"said": name, "list": [1, None]}, feelings[n % 3], 10**12 + n, contacts[n % 3], n % 2 == 0)
        for n, name in enumerate(NAMES)
    ]


def add():
    more = ("sort_name", "created_at", "changed_at")
    bulk.insert_rows(Client, (*FIELDS, *more), [(*row, f"n{n}", MONDAY, MONDAY) for n, row in enumerate(rows())])
    return Client.objects.order_by("pk")


def test_new_rows_hold_their_values_and_else_defaults():
    assert list(add().values_list(*FIELDS)) == rows()
    assert set(Client.objects.values_list("kind", "recent_feelings__0", "owner", "memory")) == {
        ("person", None, None, "")
    }


def test_any_number_of_rows_is_added_in_few_statements_and_in_their_order():
    given = [(f"C{n}", f"c{n}", MONDAY, MONDAY) for n in range(1234)]
    with CaptureQueriesContext(connection) as asked:
        bulk.insert_rows(Client, ("name", "sort_name", "created_at", "changed_at"), given)
    assert len(asked) <= 13
    assert list(Client.objects.order_by("pk").values_list("name", "sort_name", "created_at", "changed_at")) == given


def test_changed_rows_hold_the_new_values_and_only_where_it_is_said():
    ids = list(add().values_list("pk", flat=True))
    turned = list(reversed(rows()))
    bulk.update(Client, FIELDS, [(*row, pk) for row, pk in zip(turned, ids, strict=True)], where="value_minor > 0")
    assert list(Client.objects.order_by("pk").values_list(*FIELDS)) == turned
    bulk.update(Client, ("name",), [("no", pk) for pk in ids], where="value_minor = 0")
    assert not Client.objects.filter(name="no").exists()


def test_a_text_that_is_too_long_is_never_cut():
    if connection.vendor == "sqlite":
        pytest.skip("SQLite knows no length")
    with pytest.raises(DataError):
        bulk.insert_rows(Client, ("name", "sort_name", "created_at", "changed_at"), [("x" * 201, "x", MONDAY, MONDAY)])


def test_no_rows_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        bulk.insert(Client, [])
        bulk.insert_rows(Client, ("name",), [])
        bulk.update(Client, ("name",), [])


def test_rows_that_get_the_same_values_are_changed_together():
    ids = list(add().values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as asked:
        bulk.update(Client, ("persona", "salutation"), [("calm", "Dear", pk) for pk in ids], where="is_demo")
    assert len(asked) == 1 and f"{len(ids)} times" not in asked[0]["sql"]
    assert all((row.persona == "calm") == row.is_demo for row in Client.objects.all())


def test_rows_of_which_some_get_the_same_values_are_not_mixed_up():
    ids = list(add().values_list("pk", flat=True))
    bulk.update(Client, ("persona",), [("calm" if n < 5 else "brisk", pk) for n, pk in enumerate(ids)])
    assert list(Client.objects.order_by("pk").values_list("persona", flat=True)) == ["calm"] * 5 + ["brisk"] * 2
