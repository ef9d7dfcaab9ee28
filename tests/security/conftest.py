"""A small business and four people at its door: an owner, somebody who may only read, a stranger, a leaver."""

import pytest
from django.core.management import call_command
from django.test import Client

from fondly.listen.promises.models import Promise
from fondly.people.clients.models import Interaction
from fondly.people.team.models import ApiToken, Department, Role, User
from fondly.run.journeys.models import Moment
from fondly.run.outbox.models import Message
from tests import cast as people


@pytest.fixture
def cast(db):
    call_command("createcachetable", verbosity=0)
    return people.make()


@pytest.fixture
def reader(cast):
    """In the team, with no role: may see, and may change nothing but what is their own."""
    return people._user("Rita Reader", "rita@harbour.example")


@pytest.fixture
def ids(cast):
    """A number that exists for every kind of thing an address can name."""
    department = Department.objects.create(name="Front office")
    token = ApiToken.objects.create(
        user=cast.dana, name="cash desk", token_hash="f" * 64, hint="ffff", scopes=["read"], made_at=people.NOW
    )
    priya = cast.priya.pk
    return {
        "client_id": priya,
        "playbook_id": cast.playbook.pk,
        "user_id": cast.lee.pk,
        "role_id": Role.objects.order_by("pk").values_list("pk", flat=True)[0],
        "department_id": department.pk,
        "token_id": token.pk,
        "number": 1,
        "moment_id": Moment.objects.filter(state="due").values_list("pk", flat=True).first() or 1,
        "message_id": Message.objects.values_list("pk", flat=True).first() or 1,
        "promise_id": Promise.objects.values_list("pk", flat=True).first() or 1,
        "fact_id": Interaction.objects.filter(client_id=priya).values_list("pk", flat=True).first() or 1,
    }


@pytest.fixture
def as_user():
    def sign_in(user: User, **options) -> Client:
        client = Client(raise_request_exception=False, **options)
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in
