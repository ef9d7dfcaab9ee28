"""Files made to hurt: they are refused in words, within seconds, and nothing of the server is read."""

import time
import zipfile

import pytest
from openpyxl import Workbook

from fondly.people.clients.formulas import safe
from fondly.people.clients.imports import reading, uploads
from fondly.people.clients.imports.reading import UnreadableFileError, open_table


@pytest.fixture
def workbook(tmp_path):
    """A workbook whose sheet is changed as text before it is packed again."""

    def make(*changes: tuple[str, str]):
        plain, made = tmp_path / "plain.xlsx", tmp_path / "made.xlsx"
        book = Workbook()
        book.active.append(["Name", "Email"])
        book.active.append(["Ana", "ana@example.com"])
        book.save(plain)
        with zipfile.ZipFile(plain) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                text = source.read(name)
                if name == "xl/worksheets/sheet1.xml":
                    for before, after in changes:
                        assert before.encode() in text
                        text = text.replace(before.encode(), after.encode(), 1)
                target.writestr(name, text)
        return made

    return make


def _read(path) -> list:
    return list(open_table(path).rows())


def test_a_row_that_claims_a_huge_number_ends_soon(workbook):
    began = time.monotonic()
    with pytest.raises(UnreadableFileError):
        _read(workbook(('<row r="2"', '<row r="9999999999"')))
    assert time.monotonic() - began < 60


def test_a_densely_packed_sheet_is_not_opened(workbook):
    with pytest.raises(UnreadableFileError, match="far more than"):
        _read(workbook(("</sheetData>", f"</sheetData><!--{'x' * 25_000_000}-->")))


def test_texts_that_must_lie_in_memory_have_a_limit(workbook, monkeypatch):
    monkeypatch.setattr(reading, "_MOST_IN_MEMORY", 100)
    with pytest.raises(UnreadableFileError, match="far more than"):
        _read(workbook())


def test_entities_of_a_workbook_are_never_followed(workbook, tmp_path):
    (tmp_path / "key").write_text("stolen")
    secret = f'<!DOCTYPE x [<!ENTITY secret SYSTEM "{(tmp_path / "key").as_uri()}">]><worksheet '
    try:
        found = _read(workbook(("<worksheet ", secret), ("<t>Ana</t>", "<t>&secret;</t>")))
    except UnreadableFileError:
        return
    assert not any("stolen" in cell for row in found for cell in row.cells)


def test_a_card_folded_a_million_times_is_read_in_seconds(tmp_path):
    path = tmp_path / "folded.vcf"
    path.write_text("BEGIN:VCARD\nFN:Ana\nNOTE:a=\n" + " bbbbbbbbb=\n" * 400_000 + "END:VCARD\n")
    began = time.monotonic()
    assert _read(path)[0].cells[0] == "Ana"
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("mark", ['"', "'", " "])
def test_a_strange_declared_delimiter_is_not_used(tmp_path, mark):
    path = tmp_path / "declared.csv"
    path.write_text(f"sep={mark}\nName,Email\nAna,ana@example.com\n")
    assert open_table(path).headers


@pytest.mark.parametrize("name", ["../../secret.key", "..", "a" * 63, "A" * 64, "a" * 64 + "/..", "", "\0"])
def test_an_upload_is_only_found_by_its_hash(settings, tmp_path, name):
    settings.HOME = tmp_path
    (tmp_path / "secret.key").write_text("secret")
    with pytest.raises(Exception, match="no longer here"):
        uploads.find(name, "x.csv")


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "a\r\nSet-Cookie: x=1.csv"])
def test_a_file_name_stays_a_name(settings, tmp_path, name):
    settings.HOME = tmp_path
    kept = uploads.store([b"Name\nAna\n"], name)
    assert "/" not in kept.file_name and "\\" not in kept.file_name and kept.file_name.isprintable()
    assert kept.path.parent == uploads.folder()


@pytest.mark.parametrize(
    "cell", ["=1+1", " =1+1", "\t=1+1", "\r=1", "\n=1", "@SUM(A1)", "+1+cmd|' /C calc'!A0", "-2+3+cmd|'!A0", "\u200b=1",
             "\ufeff=1", "＝1", "'=1", '"=1', "\x00=1", "%0A-1+1"],
)  # fmt: skip
def test_no_cell_of_an_export_becomes_a_formula(cell):
    assert safe(cell).startswith(("'", "%"))


def test_the_address_after_an_upload_keeps_the_file_name_whole(cast, as_user):
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("a&name=b#c.csv", b"Name\nAna\n")
    answer = as_user(cast.dana).post("/clients/import", {"file": file})
    assert answer.status_code == 302 and answer["Location"].endswith("?name=a%26name%3Db%23c.csv")


@pytest.mark.parametrize("rows", ["x", "-1", "9" * 30, "²"])
def test_numbers_of_the_form_are_not_trusted(cast, as_user, rows):
    kept = uploads.store([b"Name\nAna\n"], "a.csv")
    client = as_user(cast.dana)
    form = {"rows": rows, "name": "a.csv", "header": "Name", "to-0": "name", "group-0": rows}
    assert client.post(f"/clients/import/{kept.id}/commit", form).status_code == 302
