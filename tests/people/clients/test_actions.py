from datetime import UTC, datetime, timedelta

import pytest

from fondly.ground.action import Conflict, NotAllowed, NotFound, Refused, perform
from fondly.ground.actions import UndoEntry
from fondly.people.clients import actions, consents
from fondly.people.clients.actions import (
    AddAddress,
    AddContact,
    AddEmail,
    AddPhone,
    Assign,
    ChangeAddress,
    ChangeClient,
    ChangeContact,
    ChangeEmail,
    ChangePhone,
    CreateClient,
    LogCall,
    LogMeeting,
    LogNote,
    RemoveAddress,
    RemoveContact,
    RemoveEmail,
    RemovePhone,
    SetConsent,
    SetField,
    SetValue,
    SuppressAddress,
)
from fondly.people.clients.exporting import export_client
from fondly.people.clients.models import Client, Consent, Interaction
from tests.people.clients.conftest import NOW, make_client

pytestmark = pytest.mark.django_db


def undo(actor, done):
    return perform("audit.undo", actor, UndoEntry(done.audit_id))


def told(client_id):
    """What is held, without what every change touches."""
    data = export_client(client_id)
    data["client"].pop("changed_at")
    data.pop("timeline")
    for contact in data["contacts"]:
        contact["emails"].sort(key=str)
        contact["phones"].sort(key=str)
    return data


def test_a_new_client_has_a_contact_an_address_and_a_number(dana):
    given = CreateClient(
        "  Dr Ána   de la Cruz ", email="Ana@Example.com", phone="+1 415 555 2671 x9", zone="Europe/Madrid"
    )
    done = perform("clients.create", dana, given)
    client = Client.objects.get(pk=done.result.client_id)
    assert (client.name, client.first_name, client.last_name) == ("Dr Ána de la Cruz", "Ána", "de la Cruz")
    assert client.sort_name == "dr ana de la cruz"
    contact = client.contacts.get()
    assert contact.emails.get().address == "Ana@example.com"
    assert (contact.phones.get().number, contact.phones.get().extension) == ("+14155552671", "9")
    undo(dana, done)
    assert not Client.objects.exists()


def test_a_national_number_is_read_by_the_client_s_zone(dana):
    made = actions.create(dana, CreateClient("Tom", phone="07700 900123", zone="Europe/London"))
    assert Client.objects.get(pk=made.client_id).contacts.get().phones.get().number == "+447700900123"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"kind": "robot"}, "kind"),
        ({"owner_id": 999}, "owner_id"),
        ({"fields": {"budget": float("nan")}}, "budget"),
        ({"fields": {"": "x"}}, "name"),
    ],
)
def test_a_client_that_cannot_be_is_refused_and_names_the_field(dana, wrong, field):
    with pytest.raises(Refused) as error:
        actions.create(dana, CreateClient(**{"name": "Ana", **wrong}))
    assert error.value.field == field
    assert not Client.objects.exists()


def test_who_may_only_read_changes_nothing(outsider):
    client = make_client()
    with pytest.raises(NotAllowed):
        actions.change(outsider, ChangeClient(client.pk, "name", "Other"))


def test_discarding_is_refused_once_something_happened(dana):
    done = perform("clients.create", dana, CreateClient("Ana"))
    actions.note(dana, LogNote(done.result.client_id, "hello"))
    with pytest.raises(Refused, match="Erase"):
        undo(dana, done)


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("name", "Priya Patel", "Priya Patel"),
        ("zone", "Europe/London", "Europe/London"),
        ("memory", "likes tea\nhates calls", "likes tea\nhates calls"),
        ("value_minor", "12500", 12500),
        ("currency", "eur", "EUR"),
        ("kind", "household", "household"),
        ("salutation", "Mrs Shah", "Mrs Shah"),
        ("persona", "first-timer", "first-timer"),
    ],
)
def test_a_detail_is_changed_and_undone(dana, field, value, kept):
    client = make_client(value_minor=5)
    before = told(client.pk)
    done = perform("clients.change", dana, ChangeClient(client.pk, field, value))
    client.refresh_from_db()
    assert getattr(client, field) == kept
    assert client.edited == [field]
    undo(dana, done)
    assert told(client.pk) == before
    client.refresh_from_db()
    assert client.edited == []


def test_a_rename_carries_order_parts_and_the_contact(dana):
    client = make_client("Priya Shah")
    actions.change(dana, ChangeClient(client.pk, "name", "Priya Älvarez"))
    client.refresh_from_db()
    assert (client.sort_name, client.last_name) == ("priya alvarez", "Älvarez")
    assert client.contacts.get().name == "Priya Älvarez"


def test_a_change_on_top_of_somebody_else_s_is_a_conflict(dana):
    client = make_client()
    actions.change(dana, ChangeClient(client.pk, "name", "One", was="Priya Shah"))
    with pytest.raises(Conflict, match="One"):
        actions.change(dana, ChangeClient(client.pk, "name", "Two", was="Priya Shah"))


def test_unknown_and_unfit_details(dana):
    client = make_client()
    with pytest.raises(NotFound):
        actions.change(dana, ChangeClient(client.pk, "erased_at", "x"))
    with pytest.raises(NotFound):
        actions.change(dana, ChangeClient(client.pk + 1, "name", "x"))
    for field, value in [("referrer_id", str(client.pk)), ("value_minor", "ten"), ("currency", "EURO")]:
        with pytest.raises(Refused):
            actions.change(dana, ChangeClient(client.pk, field, value))


def test_a_field_is_set_told_on_the_timeline_and_undone(dana):
    client = make_client(fields={"budget": 10})
    done = perform("clients.set_field", dana, SetField(client.pk, "budget", 20))
    client.refresh_from_db()
    assert client.fields == {"budget": 20}
    assert Interaction.objects.get(kind="field").data == {"from": 10, "to": 20}
    undo(dana, done)
    client.refresh_from_db()
    assert client.fields == {"budget": 10}
    actions.set_field(dana, SetField(client.pk, "budget", None))
    client.refresh_from_db()
    assert client.fields == {}


def test_what_matters_is_kept_in_their_words(dana):
    client = make_client()
    done = perform("clients.set_value", dana, SetValue(client.pk, "What would make this a good year?", "Sleep."))
    client.refresh_from_db()
    assert client.values == {"What would make this a good year?": "Sleep."}
    undo(dana, done)
    client.refresh_from_db()
    assert client.values == {}


def test_contacts_addresses_and_numbers_go_and_come_back(dana):
    client = make_client(email="priya@example.com")
    added = perform("clients.add_contact", dana, AddContact(client.pk, "Ravi", "partner", "ravi@example.com"))
    contact_id = added.result.contact_id
    for name, given in [
        ("clients.change_contact", ChangeContact(contact_id, name="Ravi S", is_primary=False)),
        ("clients.add_email", AddEmail(contact_id, "ravi2@example.com", "work")),
        ("clients.add_phone", AddPhone(contact_id, "+44 20 7946 0958")),
        ("clients.add_address", AddAddress(client.pk, "1 High St", "London")),
        ("clients.remove_contact", RemoveContact(contact_id)),
    ]:
        before = told(client.pk)
        done = perform(name, dana, given)
        assert told(client.pk) != before
        undo(dana, done)
        assert told(client.pk) == before


def test_parts_are_changed_and_removed_and_come_back(dana):
    client = make_client(email="priya@example.com")
    contact = client.contacts.get()
    phone = actions.add_phone(dana, AddPhone(contact.pk, "+44 20 7946 0958 x5")).part_id
    second = actions.add_email(dana, AddEmail(contact.pk, "second@example.com", is_primary=True)).part_id
    place = actions.add_address(dana, AddAddress(client.pk, "1 High St", "London")).address_id
    assert contact.emails.get(is_primary=True).pk == second
    for name, given in [
        ("clients.change_email", ChangeEmail(second, address="Third@Example.com", label="home")),
        ("clients.remove_email", RemoveEmail(second)),
        ("clients.change_phone", ChangePhone(phone, number="+44 20 7946 0000")),
        ("clients.remove_phone", RemovePhone(phone)),
        ("clients.change_address", ChangeAddress(place, city="Leeds")),
        ("clients.remove_address", RemoveAddress(place)),
    ]:
        before = told(client.pk)
        done = perform(name, dana, given)
        assert told(client.pk) != before, name
        undo(dana, done)
        after = told(client.pk)
        assert after == before, name
        second = contact.emails.exclude(key="priya@example.com").get().pk


def test_unfit_contact_parts(dana):
    client = make_client(email="priya@example.com")
    contact = client.contacts.get()
    for run, given in [
        (actions.add_email, AddEmail(contact.pk, "PRIYA@example.com")),
        (actions.add_email, AddEmail(contact.pk, "no")),
        (actions.add_phone, AddPhone(contact.pk, "0")),
        (actions.add_address, AddAddress(client.pk, label="home")),
        (actions.add_contact, AddContact(client.pk, " ")),
        (actions.remove_email, RemoveEmail(999)),
        (actions.remove_contact, RemoveContact(999)),
    ]:
        with pytest.raises(Refused):
            run(dana, given)


def test_no_change_gives_a_contact_the_same_address_or_number_twice(dana):
    contact = make_client(email="priya@example.com").contacts.get()
    email = actions.add_email(dana, AddEmail(contact.pk, "second@example.com")).part_id
    first = actions.add_phone(dana, AddPhone(contact.pk, "+44 20 7946 0958")).part_id
    phone = actions.add_phone(dana, AddPhone(contact.pk, "+44 20 7946 0000")).part_id
    with pytest.raises(Refused, match="this address already"):
        actions.change_email(dana, ChangeEmail(email, address="Priya@example.com"))
    with pytest.raises(Refused, match="this number already"):
        actions.change_phone(dana, ChangePhone(phone, number="+44 20 7946 0958"))
    actions.change_phone(dana, ChangePhone(first, number="+44 20 7946 0958", label="work"))


def test_a_call_counts_as_contact_with_feeling_and_can_be_taken_back(dana):
    client = make_client()
    actions.call(dana, LogCall(client.pk, reached=False))
    client.refresh_from_db()
    assert client.last_contact_at is None
    done = perform("clients.call", dana, LogCall(client.pk, "went well", feeling=2, solved="partly", minutes=12))
    client.refresh_from_db()
    assert (client.feeling, client.last_contact_at) == (2, NOW)
    fact = Interaction.objects.get(feeling=2)
    assert (fact.judged_by, fact.solved, fact.data["minutes"], fact.by_id) == ("person", "partly", 12, dana.user_id)
    undo(dana, done)
    client.refresh_from_db()
    assert (client.feeling, client.last_contact_at, client.recent_feelings) == (None, None, [])


def test_a_note_is_no_contact_and_a_meeting_is(dana):
    client = make_client()
    actions.note(dana, LogNote(client.pk, "likes tea", feeling=-1, judged_by="guess"))
    actions.meeting(dana, LogMeeting(client.pk, place="office", at=NOW - timedelta(days=3)))
    client.refresh_from_db()
    assert client.last_contact_at == NOW - timedelta(days=3)
    assert Interaction.objects.get(kind="note").judged_by == "guess"


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "  "},
        {"feeling": 3},
        {"solved": "perhaps"},
        {"judged_by": "cat"},
        {"at": NOW + timedelta(hours=1)},
        {"at": datetime(1, 1, 1, tzinfo=UTC)},
        {"text": "x" * 60_000},
        {"text": "bell\x07"},
    ],
)
def test_a_note_that_cannot_be_is_refused(dana, wrong):
    client = make_client()
    with pytest.raises(Refused):
        actions.note(dana, LogNote(**{"client_id": client.pk, "text": "ok", **wrong}))


def test_consent_is_a_ledger_and_undo_is_a_line_too(dana):
    client = make_client()
    done = perform("clients.consent", dana, SetConsent(client.pk, "", "marketing", "given", wording="Yes, write me"))
    assert consents.may_write(client.pk, "email", "marketing") == ""
    assert len(Consent.objects.get().wording_hash) == 64
    undo(dana, done)
    assert consents.may_write(client.pk, "email", "marketing") != ""
    assert Consent.objects.count() == 2
    assert Interaction.objects.filter(kind="consent").count() == 2


@pytest.mark.parametrize(
    "wrong", [{"state": "maybe"}, {"channel": "E mail"}, {"ip": "999"}, {"at": NOW + timedelta(days=1)}]
)
def test_consent_that_cannot_be(dana, wrong):
    client = make_client()
    with pytest.raises(Refused):
        actions.set_consent(
            dana,
            SetConsent(**{"client_id": client.pk, "channel": "", "purpose": "marketing", "state": "given", **wrong}),
        )


def test_suppressing_an_address_and_allowing_it_again(dana):
    done = perform("clients.suppress", dana, SuppressAddress("Ana@example.com", "complaint"))
    assert consents.is_suppressed(["ana@example.com"])
    undo(dana, done)
    assert not consents.is_suppressed(["ana@example.com"])


def test_many_clients_get_an_owner_and_their_own_back(dana):
    ids = [make_client(f"C {n}", owner_id=dana.user_id if n % 2 else None).pk for n in range(6)]
    before = list(Client.objects.order_by("pk").values_list("owner_id", flat=True))
    done = perform("clients.assign", dana, Assign(ids, dana.user_id))
    assert set(Client.objects.values_list("owner_id", flat=True)) == {dana.user_id}
    undo(dana, done)
    assert list(Client.objects.order_by("pk").values_list("owner_id", flat=True)) == before
    for given in [Assign([], None), Assign([999], None), Assign(ids, 999)]:
        with pytest.raises(Refused):
            actions.assign(dana, given)


def test_nothing_can_be_added_to_an_erased_or_merged_record(dana):
    gone, away = make_client(erased_at=NOW), make_client(merged_into=make_client("Other"))
    for client in (gone, away):
        with pytest.raises(Refused):
            actions.note(dana, LogNote(client.pk, "x"))


def test_every_action_has_json_input_and_result():
    from pydantic import TypeAdapter

    from fondly.ground.action import registry

    ours = [d for name, d in registry.items() if name.startswith("clients.")]
    assert len(ours) >= 30
    for declaration in ours:
        TypeAdapter(declaration.given).json_schema()
        TypeAdapter(declaration.result).json_schema()
