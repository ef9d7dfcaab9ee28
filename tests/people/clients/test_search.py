import pytest

from fondly.people.clients import timeline
from fondly.people.clients.models import Contact, Phone
from fondly.people.clients.search import search
from fondly.people.clients.timeline import NewFact
from tests.people.clients.conftest import NOW, make_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return {
        "priya": make_client("Priya Shah", "priya.shah@example.com"),
        "tom": make_client("Tom Weld", "tom@weld-surveyors.example"),
        "ana": make_client("Ána Ruiz", "ana@example.com"),
    }


def names(text, limit=20):
    return [hit.name for hit in search(text, limit)]


def test_part_of_a_name_in_any_case_and_without_accents(cast):
    assert names("priya") == names("HAH") == ["Priya Shah"]
    assert names("ana ruiz") == ["Ána Ruiz"]
    assert names("ÁNA") == ["Ána Ruiz"]
    assert names("shah priya") == ["Priya Shah"]


def test_one_or_two_letters_find_names_that_start_so(cast):
    assert names("pr") == ["Priya Shah"]
    assert names("t") == ["Tom Weld"]


@pytest.mark.parametrize("typed", ["prya shah", "pirya shah", "Priya Sha", "priay sahh", "preya shah"])
def test_a_misspelt_name_is_found(cast, typed):
    if _without_trigrams():
        pytest.skip("this PostgreSQL has no pg_trgm")
    assert names(typed)[0] == "Priya Shah"


def test_addresses_numbers_and_contacts(cast):
    contact = Contact.objects.create(client=cast["tom"], name="Berta Klein", relation="partner")
    Phone.objects.create(contact=contact, number="+14155552671")
    assert [(h.name, h.where) for h in search("weld-surv")] == [("Tom Weld", "email")]
    assert [(h.name, h.where, h.snippet) for h in search("berta")] == [("Tom Weld", "contact", "Berta Klein")]
    assert [(h.name, h.where) for h in search("(415) 555-2671")] == [("Tom Weld", "phone")]
    assert [(h.name, h.where) for h in search("0415 555")] == [("Tom Weld", "phone")]


def test_words_of_the_timeline_newest_first_with_a_marked_snippet(cast):
    long = "We talked at length. " * 20 + "She worries about the Mortgage rate. " + "And so on. " * 20
    timeline.record(NewFact(cast["tom"].pk, "note", NOW, text="mortgage papers came"))
    timeline.record(NewFact(cast["priya"].pk, "call", NOW, text=long))
    hits = search("mortg")
    assert [(h.name, h.where) for h in hits] == [("Priya Shah", "text"), ("Tom Weld", "text")]
    assert len(hits[0].snippet) < 130
    assert ("Mortg", True) in hits[0].parts
    assert "".join(text for text, _ in hits[0].parts) == hits[0].snippet


def test_the_index_follows_changes_and_removal(cast):
    client = cast["priya"]
    client.name, client.sort_name = "Priya Patel", "priya patel"
    client.save()
    assert names("patel") == ["Priya Patel"]
    assert names("shah") == ["Priya Patel"]  # by her address
    client.contacts.first().emails.all().delete()
    assert "Priya Patel" not in names("shah")
    client.delete()
    assert names("patel") == []


def test_merged_and_erased_records_are_not_found(cast):
    cast["tom"].merged_into = cast["priya"]
    cast["tom"].save()
    cast["ana"].erased_at = NOW
    cast["ana"].save()
    assert names("tom") == names("ana@") == []


@pytest.mark.parametrize(
    "hostile",
    [
        '"',
        "'",
        '" OR 1=1 --',
        "NEAR(a b)",
        "priya AND",
        "text:priya",
        "*",
        "^pri",
        "-priya",
        "a\0b",
        "%",
        "_",
        "\\",
        "((((",
        "{}",
        "priya:*",
        "'; DROP TABLE clients_client; --",
        "x" * 100_000,
        "é" * 5000,
        "\u202e\u202d",
        "😀",
        "<script>",
        "!!",
        "a & b | c",
    ],
)
def test_hostile_input_is_only_text(cast, hostile):
    assert all(hit.name in ("Priya Shah", "Tom Weld", "Ána Ruiz") for hit in search(hostile))
    assert names("priya") == ["Priya Shah"]


def test_wild_cards_mean_themselves(cast):
    assert names("p_") == names("%") == names("_") == names("%%%") == []


def test_nothing_typed_finds_nothing(cast):
    assert search("") == search("   ") == search("priya", 0) == []


def test_the_limit_holds(cast):
    for n in range(30):
        make_client(f"Zoe Example {n:02}")
    assert len(search("zoe", 5)) == 5


def _without_trigrams():
    from django.db import connection

    from fondly.people.clients.search_index import has_trigrams

    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        return not has_trigrams(cursor)
