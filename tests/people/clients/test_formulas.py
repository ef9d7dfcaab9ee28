import csv
import io

import pytest

from fondly.people.clients.formulas import original, safe, safe_rows

DANGEROUS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =HYPERLINK(1)",
    "\u00a0=1",
    "\ufeff=1",
    "\x01=1",
    "＝1+1",
    "'=1",
    '"=1',
    "\ttext",
]


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_a_spreadsheet_could_run_is_guarded_and_comes_back(text):
    assert safe(text) == "'" + text
    assert original(safe(text)) == text


@pytest.mark.parametrize("value", ["", "Ana", "a=b", "+14155552671", "-12.50", "+44 20 7946 0958", "O'Neill", "5%"])
def test_plain_text_and_numbers_stay(value):
    assert safe(value) == original(value) == value


def test_numbers_and_nothing():
    assert (safe(-5), safe(1.5), safe(None)) == ("-5", "1.5", "")


def test_rows_are_a_csv_that_reads_back():
    text = "".join(safe_rows([["name", "note"], ["Ána", 'a "b"\r\n=c'], ["=x", None]]))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows == [["name", "note"], ["Ána", 'a "b"\r\n=c'], ["'=x", ""]]
