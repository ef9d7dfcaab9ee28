import pytest
from django.db import connection

from fondly.ground.action import NotAllowed, Refused, perform
from fondly.people.clients import actions, consents, hooks, imports
from fondly.people.clients.actions import (
    AddAddress,
    AddContact,
    ChangeClient,
    CreateClient,
    EraseClient,
    ImportFile,
    LogCall,
    LogNote,
    MergeClients,
    RemoveDemo,
    SetConsent,
    SetField,
    SetValue,
)
from fondly.people.clients.models import Client, Interaction
from tests.people.clients.conftest import make_client

pytestmark = pytest.mark.django_db
CANARY = "zebrafink"


def every_text_in_the_database():
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [str(row).lower() for row in cursor.fetchall()]
        if connection.vendor == "sqlite":
            for table in ("clients_find_data", "clients_read_data"):
                cursor.execute(f"SELECT block FROM {table}")
                found += [bytes(block).decode("latin-1").lower() for (block,) in cursor.fetchall()]
    return found


def test_no_word_of_an_erased_client_is_left_anywhere(dana, settings, tmp_path):
    settings.HOME = tmp_path
    made = perform(
        "clients.create",
        dana,
        CreateClient(f"Ána {CANARY}", email=f"{CANARY}@example.com", fields={"x": CANARY}, source=CANARY),
        key="k1",
    )
    pk = made.result.client_id
    other = make_client("Tom Weld")
    for name, given in [
        ("clients.note", LogNote(pk, f"{CANARY} said hello")),
        ("clients.call", LogCall(pk, f"about {CANARY}", feeling=2)),
        ("clients.add_contact", AddContact(pk, f"Mrs {CANARY}", email=f"mrs.{CANARY}@example.com")),
        ("clients.add_address", AddAddress(pk, f"{CANARY} street")),
        ("clients.set_field", SetField(pk, "y", CANARY)),
        ("clients.set_value", SetValue(pk, "what matters", CANARY)),
        ("clients.change", ChangeClient(pk, "memory", CANARY)),
        ("clients.consent", SetConsent(pk, "", "marketing", "given", source=CANARY)),
    ]:
        perform(name, dana, given)
    twin = make_client(f"Anna {CANARY}", f"anna.{CANARY}@example.com")
    actions.merge(dana, MergeClients(pk, twin.pk))
    bad = f"Name,Email\nÁna {CANARY},no at {CANARY}\n"
    actions.import_file(dana, ImportFile(imports.store([bad.encode()], "b.csv").id, "b.csv"))
    assert any(CANARY in text for text in every_text_in_the_database())

    heard = []
    hooks.on_erase.register(heard.append)
    try:
        actions.erase(dana, EraseClient(pk))
    finally:
        hooks.on_erase.remove(heard.append)

    assert [text for text in every_text_in_the_database() if CANARY in text] == []
    assert heard == [pk, twin.pk]
    assert consents.is_suppressed([f"{CANARY}@example.com"]) == {f"{CANARY}@example.com"}
    assert Interaction.objects.filter(client_id=pk, feeling=2).count() == 1  # the counts stay
    other.refresh_from_db()
    assert other.name == "Tom Weld"
    with pytest.raises(Refused, match="already"):
        actions.erase(dana, EraseClient(pk))


def test_only_an_admin_erases(outsider):
    with pytest.raises(NotAllowed):
        actions.erase(outsider, EraseClient(make_client().pk))


def test_the_examples_go_and_own_records_stay(dana):
    make_client("Example One", is_demo=True)
    make_client("Example Two", is_demo=True)
    own = make_client("Own")
    called = []

    def remover():
        called.append(1)
        return 0

    hooks.on_remove_demo.register(remover)
    try:
        done = actions.remove_demo(dana, RemoveDemo())
    finally:
        hooks.on_remove_demo.remove(remover)
    assert done.count == 2
    assert list(Client.objects.values_list("pk", flat=True)) == [own.pk]
    assert called == [1]
