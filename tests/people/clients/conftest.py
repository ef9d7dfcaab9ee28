"""Clients and actors for the tests of this room."""

from datetime import UTC, datetime

import pytest

from fondly.ground import clock
from fondly.ground.action import Actor
from fondly.people.clients.identity import sort_key, split_name
from fondly.people.clients.models import Client, Contact, EmailAddress

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _held_clock():
    with clock.at(NOW):
        yield


@pytest.fixture
def dana(db):
    from fondly.people.team.models import User

    user = User.objects.create(email="dana@example.com", name="Dana", joined_at=NOW, is_admin=True)
    return Actor("Dana", user.pk, frozenset({"admin"}))


@pytest.fixture
def outsider():
    return Actor("Max", None, frozenset({"read"}))


def make_client(name="Priya Shah", email="", **more):
    first, last = split_name(name)
    client = Client.objects.create(
        name=name, first_name=first, last_name=last, sort_name=sort_key(name), created_at=NOW, changed_at=NOW, **more
    )
    contact = Contact.objects.create(client=client, name=name, relation="self", is_primary=True)
    if email:
        EmailAddress.objects.create(contact=contact, address=email, key=email.casefold(), is_primary=True)
    return client
