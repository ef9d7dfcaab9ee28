import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondly.ground.action import Refused, perform
from fondly.ground.actions import UndoEntry
from fondly.people.clients import actions, consents, hooks, timeline
from fondly.people.clients.actions import LogNote, MergeClients, SetConsent, SetField, UnmergeClients
from fondly.people.clients.exporting import export_client
from fondly.people.clients.models import Address, Client, Consent, Contact, EmailAddress, Interaction, Phone
from fondly.people.clients.search import search
from fondly.people.clients.timeline import NewFact
from tests.people.clients.conftest import NOW, make_client

pytestmark = pytest.mark.django_db
_PARTS = (Client, Contact, EmailAddress, Phone, Address, Consent, Interaction)


def snapshot():
    rows = {}
    for model in _PARTS:
        for row in model.objects.order_by("pk").values():
            row.pop("changed_at", None)
            rows[model.__name__, row["id"]] = json.dumps(row, default=str, sort_keys=True)
    return rows


def full_client(name, email, **more):
    client = make_client(name, email, **more)
    Address.objects.create(client=client, street=f"{name} St", city="London")
    Phone.objects.create(contact=client.contacts.get(), number="+4420794600" + f"{len(email):02}", is_primary=True)
    timeline.record(NewFact(client.pk, "call", NOW - timedelta(days=len(name)), feeling=1, is_contact=True, text=name))
    return client


def test_the_survivor_has_all_and_the_other_is_gone_from_sight(dana):
    one = full_client("Priya Shah", "priya@example.com", fields={"a": 1}, memory="tea")
    two = full_client("P. Shah", "pshah@work.example", fields={"a": 2, "b": 3}, memory="calls", zone="Europe/London")
    actions.merge(dana, MergeClients(one.pk, two.pk))
    one.refresh_from_db()
    assert one.fields == {"a": 1, "b": 3}
    assert (one.memory, one.zone) == ("tea\n\ncalls", "Europe/London")
    assert EmailAddress.objects.filter(contact__client=one).count() == 2
    assert one.contacts.filter(is_primary=True).count() == 1
    assert one.interactions.filter(kind="call").count() == 2
    assert one.recent_feelings == [1, 1]
    assert [hit.client_id for hit in search("pshah")] == [one.pk]
    assert search("P. Shah")[0].client_id == one.pk


def test_contacts_of_the_same_name_become_one(dana):
    one, two = make_client("Priya Shah", "priya@example.com"), make_client("priya shah", "priya@example.com")
    EmailAddress.objects.create(contact=two.contacts.get(), address="new@example.com", key="new@example.com")
    actions.merge(dana, MergeClients(one.pk, two.pk))
    assert one.contacts.count() == 1
    assert sorted(one.contacts.get().emails.values_list("key", flat=True)) == ["new@example.com", "priya@example.com"]


STATES = st.sampled_from(["", "given", "withdrawn"])
PAIRS = st.tuples(st.sampled_from(["", "email", "sms"]), st.sampled_from(["", "marketing", "service"]), STATES)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(PAIRS, max_size=4),
    st.lists(PAIRS, max_size=4),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 3)),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 3)),
    st.sampled_from(["Priya Shah", "Ravi Shah"]),
)
def test_merge_and_unmerge_restore_both_and_the_stricter_consent_counts(dana, mine, theirs, fields, more, name):
    one = full_client("Priya Shah", "priya@example.com", fields=fields)
    two = full_client(name, "pshah@work.example", fields=more, memory="x", value_minor=7)
    for client, lines in ((one, mine), (two, theirs)):
        for minute, (channel, purpose, state) in enumerate(lines):
            if state:
                Consent.objects.create(
                    client=client,
                    channel=channel,
                    purpose=purpose,
                    state=state,
                    source="test",
                    at=NOW - timedelta(minutes=60 - minute),
                )
    before = snapshot()
    ledgers = [consents.newest([client.pk]).get(client.pk, {}) for client in (one, two)]
    merged = actions.merge(dana, MergeClients(one.pk, two.pk))
    after = consents.newest([one.pk]).get(one.pk, {})
    for channel in ("email", "sms", "letter"):
        for purpose in ("marketing", "service"):
            said_no = any(isinstance(consents.verdict(ledger, channel, purpose), consents.Line) for ledger in ledgers)
            if said_no:
                assert consents.verdict(after, channel, purpose) is not True, (channel, purpose)
    undone = actions.unmerge(dana, UnmergeClients(merged.merge_id))
    assert undone.kept == []
    assert snapshot() == before
    Client.objects.all().delete()


def test_what_changed_while_merged_stays(dana):
    one, two = make_client("Ana", fields={"a": 1}), make_client("Ana", fields={"b": 2})
    merged = actions.merge(dana, MergeClients(one.pk, two.pk))
    actions.set_field(dana, SetField(one.pk, "c", 9))
    actions.set_consent(dana, SetConsent(one.pk, "", "marketing", "withdrawn"))
    actions.note(dana, LogNote(one.pk, "said while one"))
    undone = actions.unmerge(dana, UnmergeClients(merged.merge_id))
    assert undone.kept == ["edited", "fields"] or undone.kept == ["fields"]
    one.refresh_from_db()
    assert one.fields["c"] == 9
    for client in (one, two):
        assert "withdrawn" in consents.may_write(client.pk, "email", "marketing")
    assert one.interactions.filter(kind="note").exists()


def test_the_rooms_above_unite_theirs_and_get_their_memo_back(dana):
    heard = []

    def unite(survivor_id, absorbed_id):
        heard.append(("merge", survivor_id, absorbed_id))
        return {"journeys": [1, 2]}

    def part(survivor_id, absorbed_id, memo):
        heard.append(("unmerge", survivor_id, absorbed_id, memo))

    hooks.on_merge.register(unite)
    hooks.on_unmerge.register(part)
    try:
        one, two = make_client("Ana"), make_client("Anna")
        done = perform("clients.merge", dana, MergeClients(one.pk, two.pk))
        perform("audit.undo", dana, UndoEntry(done.audit_id))
    finally:
        hooks.on_merge.remove(unite)
        hooks.on_unmerge.remove(part)
    assert heard == [("merge", one.pk, two.pk), ("unmerge", one.pk, two.pk, {"journeys": [1, 2]})]


def test_merges_that_cannot_be(dana):
    one, two, three = make_client("A"), make_client("B"), make_client("C")
    first = actions.merge(dana, MergeClients(one.pk, two.pk))
    second = actions.merge(dana, MergeClients(one.pk, three.pk))
    for wrong in [MergeClients(one.pk, one.pk), MergeClients(one.pk, two.pk), MergeClients(one.pk, 999)]:
        with pytest.raises(Refused):
            actions.merge(dana, wrong)
    with pytest.raises(Refused, match="first"):
        actions.unmerge(dana, UnmergeClients(first.merge_id))
    actions.unmerge(dana, UnmergeClients(second.merge_id))
    actions.unmerge(dana, UnmergeClients(first.merge_id))
    with pytest.raises(Refused, match="already"):
        actions.unmerge(dana, UnmergeClients(first.merge_id))


def test_the_export_of_one_client_holds_everything_and_is_json(dana):
    one, two = full_client("Priya Shah", "priya@example.com"), full_client("Ravi", "ravi@example.com")
    actions.merge(dana, MergeClients(one.pk, two.pk))
    text = json.dumps(export_client(one.pk))
    for word in ("priya@example.com", "ravi@example.com", "+44207946", "Priya Shah St", "merged_records"):
        assert word in text
