"""Files as they really come: each is read right or refused with where, what and how to mend it."""

import tracemalloc
import zipfile

import pytest
from django.db import connection

from fondly.people.clients import imports
from fondly.people.clients.imports import UnreadableFileError, UnusableMappingError, texts
from fondly.people.clients.imports import plan as planning
from fondly.people.clients.imports.dates import order_of, read

pytestmark = pytest.mark.django_db
HEAD = "Name,Email,Phone\n"
ANA = "Ana Ruiz,ana@example.com,+34600123456\n"


def plan(tmp_path, data, name="ugly.csv"):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return imports.plan_import(path)


def names(plan):
    return [row.name for row in plan.preview]


ACCENTS = "Name;Email\nJosé Müller;jose@example.com\n"
READ = {
    "utf-8": (ACCENTS.encode(), ["José Müller"]),
    "utf-8 with a mark": (ACCENTS.encode("utf-8-sig"), ["José Müller"]),
    "utf-16 with a mark": (ACCENTS.encode("utf-16"), ["José Müller"]),
    "utf-16 big end": ("\ufeff".encode("utf-16-be") + ACCENTS.encode("utf-16-be"), ["José Müller"]),
    "utf-16 without a mark": (ACCENTS.encode("utf-16-le"), ["José Müller"]),
    "windows-1252": ("Name;Email\nJosé “Pepe” Müller;jose@example.com\n".encode("cp1252"), ["José “Pepe” Müller"]),
    "latin-1": (ACCENTS.encode("latin-1"), ["José Müller"]),
    "tabs": (ACCENTS.replace(";", "\t"), ["José Müller"]),
    "pipes": (ACCENTS.replace(";", "|"), ["José Müller"]),
    "old Mac line ends": (ACCENTS.replace("\n", "\r"), ["José Müller"]),
    "sep= line of Excel": ("sep=;\n" + ACCENTS, ["José Müller"]),
    "semicolons with commas inside": ("Name;Email\nRuiz, Ana;ana@example.com\nWeld, Tom;t@example.com\n", None),
    "no last line end": ((HEAD + ANA).rstrip("\n"), ["Ana Ruiz"]),
    "quotes and line breaks inside": (HEAD + '"Ana\n""Annie"" Ruiz",ana@example.com,\n', ['Ana "Annie" Ruiz']),
    "spaces around": (" Name , Email ,Phone\n  Ana   Ruiz , ana@example.com ,\n", ["Ana Ruiz"]),
    "blank rows": ("\n\n" + HEAD + "\n,,\n" + ANA + "\n\n", ["Ana Ruiz"]),
    "trailing empty columns": ("Name,Email,,,\nAna Ruiz,ana@example.com,,,\n", ["Ana Ruiz"]),
    "short rows": (HEAD + "Ana Ruiz\n", ["Ana Ruiz"]),
    "one column of addresses": ("ana@example.com\ntom@example.com\n", ["ana@example.com", "tom@example.com"]),
    "no header": ("Ana Ruiz,ana@example.com\nTom Weld,tom@example.com\n", ["Ana Ruiz", "Tom Weld"]),
    "two columns of the same name": ("Name,Email,Email\nAna Ruiz,a@example.com,b@example.com\n", ["Ana Ruiz"]),
    "an empty column name": ("Name,,Email\nAna Ruiz,x,a@example.com\n", ["Ana Ruiz"]),
    "only a company": ("Company,Email\nAcme Ltd,info@acme.example\n", ["Acme Ltd"]),
    "right-to-left marks": (HEAD + "\u202eAna\u202c Ruiz,ana@example.com,\u202a+34600123456\u202c\n", ["Ana Ruiz"]),
    "a stray quote": (HEAD + 'Ana 5" Ruiz,ana@example.com,\n', ['Ana 5" Ruiz']),
    "formulas are text": (HEAD + "=1+1 Ruiz,ana@example.com,\n", ["=1+1 Ruiz"]),
}


@pytest.mark.parametrize("case", READ)
def test_is_read(tmp_path, case):
    data, expected = READ[case]
    shown = plan(tmp_path, data)
    assert shown.bad == 0, [problem.reasons for problem in shown.problems]
    if expected is not None:
        assert names(shown) == expected


REFUSED = {
    "empty": (b"", "is empty"),
    "only blanks": (b" \n\n  \n", "is empty"),
    "header only": (HEAD, "has a header and no rows"),
    "a PDF": (b"%PDF-1.7 ...", "holds a PDF"),
    "an old Excel file": (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel"),
    "a JSON file": (b'[{"name": "Ana"}]', "holds JSON"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "holds a PNG picture"),
    "a web page": (b"<!DOCTYPE html><html>", "holds a web page"),
    "a damaged Excel file": (b"PK\x03\x04 nothing", "damaged Excel or ZIP"),
    "bytes": (bytes(range(1, 256)) * 3 + b"\0", "NUL"),
    "NULs later": (HEAD.encode() + ANA.encode() * 300 + b"To\0m,tom@example.com,\n", r"NUL byte \(line 302\)"),
    "damaged UTF-16": (ACCENTS.encode("utf-16") + b"\x00", "damaged|UTF-16"),
    "too many columns": (",".join(f"c{n}" for n in range(600)) + "\nx\n", "600 columns"),
    "a cell without end": (HEAD + '"Ana,' + "x" * 1_100_000, "row 2: a quotation mark"),
    "an unfinished card": (b"BEGIN:VCARD\nFN:Ana\n", "no whole card"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_is_refused_in_words(tmp_path, case):
    data, words = REFUSED[case]
    with pytest.raises(UnreadableFileError, match=words) as error:
        plan(tmp_path, data)
    assert str(error.value).startswith("ugly.csv")


def test_nothing_tells_who_somebody_is(tmp_path):
    with pytest.raises(UnusableMappingError, match=r"a name, an e-mail address or a phone number.*Colour, Size"):
        plan(tmp_path, "Colour,Size\nred,1\nblue,2\n")


def test_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(UnreadableFileError):
            imports.plan_import(path)


def test_another_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "ugly.csv", "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(UnreadableFileError, match="no Excel workbook"):
        imports.plan_import(tmp_path / "ugly.csv")


BAD_ROWS = {
    "no name, address or number": (",,\n ,  ,x\n", "not a phone number|No name"),
    "a bad address": ("Ana,ana at example.com,\n", "is not an e-mail address"),
    "a bad number": ("Ana,ana@example.com,call me\n", "is not a phone number"),
    "a shortened number": ("Ana,ana@example.com,4.15556E+09\n", "shortened"),
    "a spreadsheet error": ("#N/A,ana@example.com,\n", "Column A holds the spreadsheet error #N/A"),
    "too many cells": ("Ruiz, Ana,ana@example.com,,extra\n", "5 cells, the header only 3"),
    "a control character": ("Ana\x07,ana@example.com,\n", r"U\+0007"),
    "a very long name": ("n" * 10_000 + ",ana@example.com,\n", "10000 characters"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_says_where_and_why_and_the_others_come_in(tmp_path, case):
    import re

    rows, words = BAD_ROWS[case]
    shown = plan(tmp_path, HEAD + ANA + '"two\nlines",two@example.com,\n' + rows)
    assert shown.added == 2
    assert re.search(words, " ".join(shown.problems[-1].reasons)), shown.problems[-1].reasons
    assert shown.problems[-1].row == 4 + rows.count("\n") - 1  # cells with line breaks are one row


def test_a_number_of_an_unknown_country_is_kept_as_written_and_told(tmp_path):
    shown = plan(tmp_path, HEAD + "Ana,ana@example.com,415 555 2671\n")
    assert (shown.added, shown.bad) == (1, 0)
    assert any("1 phone number has no country code" in note for note in shown.notes), shown.notes


def test_two_encodings_in_one_file_are_told(tmp_path):
    data = (
        HEAD.encode()
        + "José Ruiz,a@example.com,\nÁna Ñez,b@example.com,\n".encode()
        + "Müller,c@example.com,\n".encode("cp1252")
    )
    shown = plan(tmp_path, data)
    assert names(shown) == ["José Ruiz", "Ána Ñez", "Müller"]
    assert any("two encodings" in note for note in shown.notes)


def test_two_columns_of_one_name_are_told(tmp_path):
    shown = plan(tmp_path, "Name,Email,Email\nAna Ruiz,a@example.com,b@example.com\n")
    assert any("Two columns" in note and "Email (2)" in note for note in shown.notes)


DATES = "Name,Birthday\n"


@pytest.mark.parametrize(
    "start", ['"Open,o@example.com\nTom,t@example.com\nUna,u@example.com\n', '"Open,o@example.com']
)
def test_a_quotation_mark_that_is_never_closed_swallows_nobody(tmp_path, start):
    with pytest.raises(imports.UnreadableFileError, match="row 3: a quotation mark is opened and not closed"):
        plan(tmp_path, "Name,Email\nAna,a@example.com\n" + start)


def test_quotation_marks_inside_a_cell_are_just_text(tmp_path):
    shown = plan(tmp_path, 'Name,Email,Note\nAna,a@example.com,5" nails\nTom,t@example.com,"said ""no"",\ntwice"\n')
    assert (shown.added, shown.bad) == (2, 0)


def test_the_order_of_dates_is_found_in_the_whole_column(tmp_path):
    ambiguous = "".join(f"P{n} Q,0{n}/0{n + 1}/1980\n" for n in range(1, 8))
    late = plan(tmp_path, DATES + ambiguous * 100 + "Z Z,25/12/1980\n")
    assert late.mapping.columns[1].order == "dmy"
    assert late.bad == 0
    other = plan(tmp_path, DATES + ambiguous + "Z Z,12/25/1980\n")
    assert other.mapping.columns[1].order == "mdy"


def test_an_order_nobody_can_tell_is_said(tmp_path):
    shown = plan(tmp_path, DATES + "Ana,03/04/1980\n")
    assert any("two ways" in note for note in shown.notes)
    mixed = plan(tmp_path, DATES + "Ana,25/12/1980\nTom,12/25/1980\n")
    assert any("two orders" in note for note in mixed.notes)
    assert mixed.bad == 1


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("2026-02-03", "mdy", "2026-02-03"),
        ("2026/2/3 10:00", "", "2026-02-03"),
        ("3.2.2026", "dmy", "2026-02-03"),
        ("2/3/26", "mdy", "2026-02-03"),
        ("31/12/79", "dmy", "1979-12-31"),
        ("5 Mar 2024", "", "2024-03-05"),
        ("Mar 5th, 2024", "", "2024-03-05"),
        ("45000", "", "2023-03-15"),
    ],
)
def test_dates(text, order, iso):
    assert read(text, order).isoformat() == iso


@pytest.mark.parametrize("text", ["", "soon", "31/02/2026", "99/99/9999", "2026-13-01", "5", "5 Foo 2024"])
def test_no_dates(text):
    assert read(text, "dmy") is None


def test_orders():
    assert order_of(["01/02/2026"]) == ""
    assert order_of(["01/02/2026", "13/01/2026"]) == "dmy"
    assert order_of(["01/13/2026", "13/01/2026"]) == "mixed"


@pytest.mark.skipif(connection.vendor == "postgresql", reason="a file is read; no database is asked")
def test_memory_stays_flat_for_a_large_file(tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "BATCH", 20)  # a file of some hundred rows is then as long as one of thousands
    monkeypatch.setattr(texts, "_CHUNK", 1 << 13)
    small, large = (peak_of(tmp_path, rows) for rows in (400, 1200))  # the first 400 are looked at twice
    assert large < 1.5 * small


def peak_of(folder, rows):
    """Bytes held at most while a file of so many rows is read."""
    path = folder / "large.csv"
    path.write_text("Name,Email,Note\n" + "".join(f"Ana {n},a{n}@example.com,{'x' * 400}\n" for n in range(rows)))
    tracemalloc.start()
    shown = imports.plan_import(path)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert shown.added == rows
    return peak
