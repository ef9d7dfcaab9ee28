import csv
import hashlib
import io
import json

import pytest

from fondly.ground import errands
from fondly.ground.action import Refused, perform
from fondly.ground.actions import UndoEntry
from fondly.ground.models import Errand
from fondly.people.clients import actions, imports, queries
from fondly.people.clients.actions import ImportFile, UndoImport
from fondly.people.clients.models import (
    Address,
    Client,
    Consent,
    Contact,
    EmailAddress,
    Import,
    ImportRow,
    Interaction,
    Phone,
)
from tests.people.clients.making_files import HUBSPOT, as_csv, hubspot_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(settings, tmp_path):
    settings.HOME = tmp_path / "home"


def bring(actor, text, name="clients.csv", **more):
    data = text if isinstance(text, bytes) else text.encode()
    upload = imports.store([data], name)
    return perform("clients.import", actor, ImportFile(upload.id, name, **more)).result


def plan(tmp_path, text, name="clients.csv", **more):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return imports.plan_import(path, **more)


def work():
    worker = errands.Worker("next")
    while worker.turn():
        pass


def counts(result):
    return result.added, result.updated, result.same, result.bad


def whole_room():
    """A logical hash of everything people see."""
    lines = []
    for model in (Client, Contact, EmailAddress, Phone, Address, Consent, Interaction):
        for row in model.objects.order_by("pk").values():
            lines.append(json.dumps([model.__name__, row], default=str, sort_keys=True))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_four_batches_of_a_hubspot_export(dana, tmp_path):
    rows, bad_rows = hubspot_rows(2_000, bad_every=80, bad_most=24)
    text = as_csv(HUBSPOT, rows)
    before = whole_room()
    shown = plan(tmp_path, text)
    done = bring(dana, text)
    assert shown.format == "hubspot"
    assert counts(shown) == counts(done) == (1_976, 0, 0, 24)
    assert [problem.row for problem in shown.problems] == bad_rows
    found = ImportRow.objects.filter(batch_id=done.import_id, outcome="bad").order_by("row")
    assert list(found.values_list("row", flat=True)) == bad_rows
    client = Client.objects.get(external_id="hubspot:1003")
    assert (client.name, client.fields["favourite_colour"], client.owner_id) == ("First3 Last3", "green", dana.user_id)
    assert client.fields["imported_stage"] == "customer"
    assert client.fields["created_in_hubspot"] == "2025-03-04"

    again = bring(dana, text)
    assert counts(again) == (0, 0, 1_976, 24)

    errors = "".join(imports.error_rows(done.import_id))
    lines = list(csv.reader(io.StringIO(errors)))
    assert lines[0] == [*HUBSPOT, "row", "what to mend"]
    assert [int(line[-2]) for line in lines[1:]] == bad_rows
    assert "is not an e-mail address" in lines[1][-1]
    mended = errors.replace(" at example.com", "@example.com")
    assert counts(bring(dana, mended, "mended.csv")) == (24, 0, 0, 0)
    assert counts(bring(dana, mended, "mended.csv")) == (0, 0, 24, 0)

    for made in Import.objects.order_by("-pk"):
        undone = actions.undo_import(dana, UndoImport(made.pk))
        assert undone.left_count == 0
    assert whole_room() == before


def test_no_query_per_row(dana, django_assert_max_num_queries):
    rows, _bad = hubspot_rows(1_000)
    upload = imports.store([as_csv(HUBSPOT, rows).encode()], "a.csv")
    with django_assert_max_num_queries(1_000 // 2):
        perform("clients.import", dana, ImportFile(upload.id, "a.csv"))


GOOGLE = (
    "First Name,Middle Name,Last Name,Nickname,File As,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,"
    "E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Street,Address 1 - City,"
    "Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,Organization Name,Organization Title,Birthday,"
    "Labels,Notes\n"
)


def test_google_contacts_with_several_addresses(dana):
    row = (
        "Ana,María,Ruiz,Annie,,* Home,ana@example.com,Work,ana@work.example ::: ar@work.example,Mobile,+34 600 123 456,"
        'Home,"Calle Mayor 1\nPiso 2",Madrid,,28013,Spain,Acme,CFO,1980-02-29,* myContacts ::: choir,likes tea\n'
    )
    assert counts(bring(dana, GOOGLE + row)) == (1, 0, 0, 0)
    client = Client.objects.get()
    assert client.name == "Ana María Ruiz"
    assert client.memory == "likes tea"
    assert client.fields == {
        "company": "Acme",
        "nickname": "Annie",
        "job_title": "CFO",
        "birthday": "1980-02-29",
    }
    assert [tag.name for tag in client.tags.all()] == ["choir"]
    emails = EmailAddress.objects.order_by("pk").values_list("address", "label", "is_primary")
    assert list(emails) == [
        ("ana@example.com", "Home", True),
        ("ana@work.example", "Work", False),
        ("ar@work.example", "Work", False),
    ]
    assert Phone.objects.get().number == "+34600123456"
    place = Address.objects.get()
    assert (place.street, place.city, place.country) == ("Calle Mayor 1, Piso 2", "Madrid", "Spain")


def test_tags_are_added_spelled_as_here_kept_and_taken_out_again(dana):
    head = "Name,Email,Tags\n"
    bring(dana, head + 'Ana Ruiz,ana@example.com,"VIP, golf"\n')
    ana = Client.objects.get()
    again = bring(dana, head + "Ana Ruiz,ana@example.com,vip; North\nTom Weld,tom@example.com,GOLF\n")
    assert counts(again) == (1, 1, 0, 0)
    assert queries.tags() == ["golf", "North", "VIP"]
    assert sorted(ana.tags.values_list("name", flat=True)) == ["North", "VIP", "golf"]
    assert counts(bring(dana, head + "Ana Ruiz,ana@example.com,golf\n")) == (0, 0, 1, 0)
    perform("clients.undo_import", dana, UndoImport(again.import_id))
    assert sorted(ana.tags.values_list("name", flat=True)) == ["VIP", "golf"]
    refused = bring(dana, head + f"Ann,ann@example.com,{'x' * 41}\n")
    assert counts(refused) == (0, 0, 0, 1)


def test_old_google_and_pipedrive_are_recognised(tmp_path):
    old = (
        "Name,Given Name,Family Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Organization 1 - Name\n"
        "A,A,B,x,*,a@example.com,Acme\n"
    )
    assert plan(tmp_path, old).format == "google"
    pipedrive = (
        "Person - Name,Person - Email - Work,Person - Phone,Person - Label,Organization - Name,Deal - Title\n"
        "Tom Weld,tom@example.com,+44 20 7946 0958,Hot,Weld Ltd,House\n"
    )
    shown = plan(tmp_path, pipedrive)
    assert shown.format == "pipedrive"
    meanings = {column.header: column.to for column in shown.mapping.columns}
    assert meanings["Person - Email - Work"] == "email"
    assert meanings["Deal - Title"] == "field.deal"


def test_headers_are_recognised_in_any_dress(tmp_path):
    text = "record_id,FIRST NAME,last-name,E-Mail,lifecycle stage,lead status\n1,Ana,Ruiz,ana@example.com,lead,new\n"
    assert plan(tmp_path, text).format == "hubspot"


def test_an_unknown_file_is_understood_by_its_content(dana):
    text = (
        "Wer,Kontakt,Nummer,Seit,Farbe\n"
        "Anna Müller,anna@example.de,+49 30 901820,13.02.2024,rot\n"
        "Jörg Groß,joerg@example.de,+49 30 901821,01.02.2024,blau\n"
    )
    done = bring(dana, text)
    assert counts(done) == (2, 0, 0, 0)
    anna = Client.objects.get(name="Anna Müller")
    assert anna.fields == {"seit": "2024-02-13", "farbe": "rot"}
    assert Client.objects.get(name="Jörg Groß").fields["seit"] == "2024-02-01"
    assert Phone.objects.count() == EmailAddress.objects.count() == 2


def test_vcard(dana):
    text = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Shah;Priya;;Dr;\r\nFN:Dr Priya Shah\r\nEMAIL;TYPE=INTERNET,WORK:priya@exam\r\n"
        " ple.com\r\nitem1.TEL;TYPE=CELL:+44 7700 900123\r\nADR;TYPE=HOME:;;1 High St;London;;N1 1AA;UK\r\n"
        "BDAY:19800229\r\nNOTE:likes tea\\, no calls\\nsecond line\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg =\r\nGro=C3=9F\r\n"
        "EMAIL:joerg@example.de\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Nobody\r\nEMAIL:not an address\r\nEND:VCARD\r\n"
    )
    done = bring(dana, text, "people.vcf")
    assert counts(done) == (2, 0, 0, 1)
    priya = Client.objects.get(name="Priya Shah")
    assert priya.memory == "likes tea, no calls\nsecond line"
    assert priya.fields["birthday"] == "1980-02-29"
    assert Phone.objects.get().label == "cell"
    assert Address.objects.get().postcode == "N1 1AA"
    assert Client.objects.filter(name="Jörg Groß").exists()
    assert ImportRow.objects.get(outcome="bad").row == 18


def test_xlsx_with_dates_numbers_and_errors(dana, tmp_path):
    from datetime import datetime

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(["Name", "Email", "Phone", "Birthday", "Visits"])
    sheet.append(["Ana Ruiz", "ana@example.com", 14155552671, datetime(1980, 2, 29), 3.0])
    sheet.append([])
    sheet.append(["Tom Weld", "tom@example.com", None, 29280, "#REF!"])
    sheet.append(["Ken Ito", "ken@example.com", None, 29280, None])
    path = tmp_path / "a.xlsx"
    book.save(path)
    done = bring(dana, path.read_bytes(), "a.xlsx", mapping=None)
    assert (done.rows, done.bad) == (3, 1)
    bad = {row.row: row.reason for row in ImportRow.objects.filter(outcome="bad")}
    assert "#REF!" in bad[4]
    assert "Column E" in bad[4]
    assert Client.objects.get(name="Ken Ito").fields["birthday"] == "1980-02-29"


def test_blank_never_overwrites_and_a_person_s_word_stays(dana):
    head = "Record ID,First Name,Last Name,Email,City,Lifecycle Stage,Lead Status,Website URL\n"
    bring(dana, head + "1,Ana,Ruiz,ana@example.com,Madrid,lead,new,a.example\n")
    client = Client.objects.get()
    actions.set_field(dana, actions.SetField(client.pk, "lead_status", "mine"))
    done = bring(dana, head + "1,Ana,Ruiz,,,customer,theirs,\n", "b.csv")
    assert counts(done) == (0, 1, 0, 0)
    client.refresh_from_db()
    assert client.fields == {"imported_stage": "customer", "lead_status": "mine", "website": "a.example"}
    assert EmailAddress.objects.count() == 1


def test_a_shared_address_alone_never_makes_two_people_one(dana):
    text = "Name,Email\nTom Weld,home@example.com\nAna Ruiz,home@example.com\nTOM  WELD,Home@Example.com\n"
    done = bring(dana, text)
    assert counts(done) == (2, 0, 1, 0)
    assert counts(bring(dana, text)) == (0, 0, 3, 0)
    row = ImportRow.objects.get(batch_id=done.import_id, row=3)
    assert "kept apart" in row.reason
    assert "row 2" in ImportRow.objects.get(batch_id=done.import_id, row=4).reason


def test_the_other_system_s_number_counts_even_when_all_else_changed(dana):
    bring(
        dana, as_csv(HUBSPOT[:5], [["7", "Ana", "Ruiz", "ana@example.com", ""]]).replace("Phone Number", "Lead Status")
    )
    text = as_csv(HUBSPOT[:5], [["7", "Ana", "Weld", "new@example.com", ""]]).replace("Phone Number", "Lead Status")
    assert counts(bring(dana, text)) == (0, 1, 0, 0)
    client = Client.objects.get()
    assert (client.name, client.last_name, client.sort_name) == ("Ana Weld", "Weld", "ana weld")
    assert EmailAddress.objects.count() == 2


def test_rows_with_only_a_name_are_known_when_the_file_comes_again(dana):
    text = "Name,Colour\nAna Ruiz,red\nAna Ruiz,blue\nAna Ruiz,red\n"
    assert counts(bring(dana, text)) == (2, 0, 1, 0)
    assert counts(bring(dana, text)) == (0, 0, 3, 0)


def test_the_preview_is_what_the_commit_does(dana, tmp_path):
    rows, _bad = hubspot_rows(700, bad_every=50, bad_most=12)
    rows += [[*row[:6], "lead", *row[7:]] for row in rows[:350]]  # the same people again, changed
    text = as_csv(HUBSPOT, rows)
    shown = plan(tmp_path, text)
    done = bring(dana, text)
    assert counts(shown) == counts(done)
    assert shown.updated > 300
    assert counts(plan(tmp_path, text)) == counts(bring(dana, text))


def test_consent_is_taken_over_and_a_no_stays_a_no(dana):
    from fondly.people.clients.consents import may_write

    head = "Name,Email,Newsletter\n"
    bring(dana, head + "Ana Ruiz,ana@example.com,yes\nTom Weld,tom@example.com,no\nKen,ken@example.com,perhaps\n")
    ana, tom = Client.objects.get(name="Ana Ruiz"), Client.objects.get(name="Tom Weld")
    assert may_write(ana.pk, "email", "marketing") == ""
    assert "withdrawn" in may_write(tom.pk, "email", "marketing")
    assert "neither yes nor no" in ImportRow.objects.get(outcome="bad").reason
    assert counts(bring(dana, head + "Tom Weld,tom@example.com,yes\n", "b.csv")) == (0, 0, 1, 0)
    assert "withdrawn" in may_write(tom.pk, "email", "marketing")


def test_undo_leaves_what_was_changed_since_and_says_so(dana):
    text = "Name,Email,Colour\nAna Ruiz,ana@example.com,red\nTom Weld,tom@example.com,blue\nKen Ito,k@example.com,x\n"
    first = bring(dana, text)
    ana, tom = Client.objects.get(name="Ana Ruiz"), Client.objects.get(name="Tom Weld")
    second = bring(dana, text.replace("red", "pink").replace("blue", "navy"), "b.csv")
    assert second.updated == 2
    actions.set_field(dana, actions.SetField(ana.pk, "colour", "white"))
    undone = actions.undo_import(dana, UndoImport(second.import_id))
    assert (undone.restored, undone.left_count) == (1, 1)
    assert [(left.row, left.name) for left in undone.left] == [(2, "Ana Ruiz")]
    tom.refresh_from_db()
    assert tom.fields["colour"] == "blue"
    actions.note(dana, actions.LogNote(tom.pk, "hello"))
    undone = actions.undo_import(dana, UndoImport(first.import_id))
    assert (undone.removed, {left.name for left in undone.left}) == (1, {"Ana Ruiz", "Tom Weld"})
    assert set(Client.objects.values_list("name", flat=True)) == {"Ana Ruiz", "Tom Weld"}


def test_undo_is_refused_twice_and_after_30_days(dana):
    from datetime import timedelta

    from fondly.ground import clock
    from tests.people.clients.conftest import NOW

    done = bring(dana, "Name\nAna\n")
    with clock.at(NOW + timedelta(days=31)), pytest.raises(Refused, match="30 days"):
        actions.undo_import(dana, UndoImport(done.import_id))
    actions.undo_import(dana, UndoImport(done.import_id))
    with pytest.raises(Refused, match="already"):
        actions.undo_import(dana, UndoImport(done.import_id))


def test_a_saved_mapping_is_used_for_the_next_file(dana, tmp_path):
    text = "A,B\nx1,Ana Ruiz\n"
    mapping = {"columns": [{"header": "A", "to": "external_id"}, {"header": "B", "to": "name"}]}
    bring(dana, text, mapping=mapping, save_mapping_as="My old system")
    shown = plan(tmp_path, "b,a\nAna Ruiz,x1\n")
    assert {c.header: c.to for c in shown.mapping.columns} == {"b": "name", "a": "external_id"}
    assert counts(shown) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"columns": [{"header": "Nope", "to": "name"}]}, "no column “Nope”"),
        ({"columns": [{"header": "Name", "to": "soul"}]}, "not something a column can be"),
        ({"columns": [{"header": "Name", "to": "field.x"}]}, "who somebody is"),
        ({"columns": [{"header": "Name", "to": "name", "order": "yyy"}]}, "order of dates"),
        ({"kolumns": []}, "must be like"),
        ({"columns": [{"head": "x"}]}, "must be like"),
    ],
)
def test_a_mapping_that_does_not_fit_says_why(dana, mapping, words):
    with pytest.raises(Refused, match=words):
        bring(dana, "Name\nAna\n", mapping=mapping)
    assert not Client.objects.exists()


def test_an_unknown_owner_is_told_and_the_client_comes_in(dana):
    done = bring(dana, "Name,Owner\nAna,Dana\nTom,Somebody\n")
    assert Client.objects.get(name="Ana").owner_id == dana.user_id
    assert Client.objects.get(name="Tom").owner_id is None
    assert any("Somebody" in note for note in done.notes)


def test_nobody_is_written_to_and_only_imported_facts_appear(dana):
    bring(dana, "Name,Email\nAna,ana@example.com\n")
    assert list(Interaction.objects.values_list("kind", flat=True)) == ["imported"]


def test_the_upload_is_kept_by_its_hash_and_must_exist(dana):
    upload = imports.store([b"Name\n", b"Ana\n"], "../../etc/passwd\x00.csv")
    assert upload.id == hashlib.sha256(b"Name\nAna\n").hexdigest()
    assert upload.file_name == "passwd.csv"
    for wrong in ("0" * 64, "../../x", ""):
        with pytest.raises(Refused):
            actions.import_file(dana, ImportFile(wrong, "a.csv"))


def test_batch_by_batch_gives_the_same(dana):
    rows, _bad = hubspot_rows(1_100, bad_every=100, bad_most=5)
    given = ImportFile(imports.store([as_csv(HUBSPOT, rows).encode()], "a.csv").id, "a.csv")
    seen = []
    done = errands.carry_out("clients.import", dana, given, lambda done, total: seen.append((done, total)))
    assert counts(done.result) == (1_095, 0, 0, 5)
    assert seen == [(500, 1100), (1000, 1100), (1100, 1100)]
    assert len(done.result.client_ids) == 1_095


def test_a_worker_that_died_is_followed_and_nobody_is_added_twice(dana):
    rows, _bad = hubspot_rows(1_100, bad_every=100, bad_most=5)
    rows += rows[:300]  # the later part of the file speaks of the earlier part's people
    given = ImportFile(imports.store([as_csv(HUBSPOT, rows).encode()], "a.csv").id, "a.csv")
    errand = errands.ask("clients.import", dana, given)
    errands.Worker("dead").turn(0.0)
    assert Client.objects.count() == 495
    Errand.objects.update(lease_until="2000-01-01T00:00:00Z")
    work()
    errand.refresh_from_db()
    done = errands.performed(errand).result
    assert (done.rows, done.added, done.same, Client.objects.count()) == (1_400, 1_095, 297, 1_095)
    assert Import.objects.get().state == "done"

    undoing = errands.ask("audit.undo", dana, UndoEntry(errand.audit_id))
    work()
    assert undoing.total == 1_095
    assert not Client.objects.exists() and Import.objects.get().state == "undone"


def test_a_stopped_import_says_so_and_can_be_taken_out(dana):
    rows, _bad = hubspot_rows(1_100, bad_every=100, bad_most=5)
    given = ImportFile(imports.store([as_csv(HUBSPOT, rows).encode()], "a.csv").id, "a.csv")
    errand = errands.ask("clients.import", dana, given)
    errands.Worker("one").turn(0.0)
    made = Import.objects.get()
    with pytest.raises(Refused, match="still going on"):
        actions.undo_import(dana, UndoImport(made.pk))
    errands.stop(errand.pk)
    made.refresh_from_db()
    assert (made.state, made.rows) == ("failed", 500)
    assert actions.undo_import(dana, UndoImport(made.pk)).removed == 495
    assert not Client.objects.exists()
