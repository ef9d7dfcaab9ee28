"""What a playbook file means once it is read."""

from datetime import date
from datetime import time as clock
from pathlib import Path

import pytest

from fondly.core.playbook.checks import check
from fondly.core.playbook.model import Cap, Duration, Late, Reentry
from fondly.core.playbook.reading import PlaybookError, read, read_files
from fondly.core.playbook.starters import starter, trades

HERE = Path(__file__).parent
WHOLE = (HERE / "whole.yaml").read_text(encoding="utf-8")


def facts(**lines: str) -> dict[str, str]:
    body = "".join(f"    {name}: {text}\n" for name, text in lines.items())
    return dict(read(f"name: x\nbrand:\n  facts:\n{body}").brand.facts)


def test_values_stay_the_text_that_was_typed():
    typed = {
        "on": "on",
        "no": "no",
        "yes_": "yes",
        "hours": "16:00",
        "length": "1:30",
        "many": "1_000",
        "octal": "0123",
        "float": "1.10",
        "day": "2026-11-01",
        "hex": "0x1F",
        "exp": "1e3",
        "off": "off",
        "ask": "How easy?",
    }
    assert facts(**typed) == typed


def test_names_that_other_readers_take_for_truth_values_stay_names():
    playbook = read("name: x\nvalues: {on: a, no: b, y: c, 'null': d}\n")
    assert list(playbook.values) == ["on", "no", "y", "null"]


def test_question_mark_and_commas_in_a_line_are_part_of_the_sentence():
    playbook = read(
        "name: x\nsurveys: {ces: {ask: How easy?, scale: 1-7}}\noffers: {gift: {is: A map, framed, costs: 5}}"
    )
    assert playbook.surveys["ces"].ask == "How easy?"
    assert playbook.offers["gift"]["is"] == "A map, framed"


def test_touchpoint_defaults():
    playbook = read(WHOLE)
    ease, sign, meet = (playbook.touchpoint(name) for name in ("ease", "sign", "meet"))
    assert (ease.mode, ease.delivery, ease.late) == ("auto", "never_twice", Late("ask", Duration(2, "days")))
    assert (sign.mode, sign.delivery) == ("auto", "must_arrive")
    assert meet.mode == "by_hand"


def test_calendar_caps_and_reentry():
    text = """name: x
calendar:
  business: {mon-thu: "08:00-18:00", fri: "08:00-12:00", sat: closed}
  quiet: "21:00-07:30"
  holidays: US-NY
  closed: ["2026-12-24", "2026-12-27 to 2027-01-02"]
caps: {email: 2 per week, total: 4 per 10 days}
reentry: after 90 days
"""
    playbook = read(text)
    assert set(playbook.calendar.business) == {0, 1, 2, 3, 4}
    assert playbook.calendar.business[4] == (clock(8), clock(12))
    assert playbook.calendar.quiet == (clock(21), clock(7, 30))
    assert playbook.calendar.closed[1] == (date(2026, 12, 27), date(2027, 1, 2))
    assert playbook.caps == (Cap("email", 2, Duration(1, "weeks")), Cap("", 4, Duration(10, "days")))
    assert playbook.reentry == Reentry("after_interval", Duration(90, "days"))


def test_quiet_hours_can_be_none_and_business_hours_one_sentence():
    playbook = read("name: x\ncalendar: {quiet: none, business: 'mon-fri 9:00-17:00, sat 10:00-14:00'}")
    assert playbook.calendar.quiet is None
    assert playbook.calendar.business[5] == (clock(10), clock(14))


def test_marks_point_at_lines_and_columns():
    playbook = read("name: x\nstages:\n  new:\n    phase: new\n    owner: me\n")
    assert playbook.marks["stages.new.owner"] == (5, 5)


def test_unreadable_when_is_a_finding_not_an_error():
    playbook = read("name: x\nstages: {new: {phase: new, touchpoints: {a: {kind: work, when: someday}}}}")
    assert playbook.touchpoint("a").when is None
    assert playbook.touchpoint("a").when_text == "someday"


def test_long_form_of_when_is_the_same_as_the_sentence():
    text = 'name: x\nstages: {new: {phase: new, touchpoints: {a: {kind: work, when: {after: entry, wait: 2 days, at: "09:00"}}}}}'  # noqa: E501
    assert read(text).touchpoint("a").when.text == "2 days after entry at 09:00"


def test_folder():
    files = {
        "playbook.yaml": "name: x\ndocuments: {plan: {kind: strategy}}\n",
        "templates/hello.md": "---\nsubject: Hello {{ client.first_name | default: 'you' }}\n---\nFirst line\n\nSecond\n",  # noqa: E501
        "templates/card.md": "Only a body: no front matter\n",
        "documents/plan.md": "The plan\n",
        "notes.txt": "ignored",
    }
    files["templates/hello.md"] = files["templates/hello.md"].replace(
        "subject: Hello {{ client.first_name | default: 'you' }}",
        "subject: \"Hello {{ client.first_name | default: 'you' }}\"",
    )
    playbook = read_files(files)
    assert playbook.templates["hello"].body == "First line\n\nSecond"
    assert playbook.templates["card"].body == "Only a body: no front matter"
    assert playbook.documents["plan"] == {"kind": "strategy", "text": "The plan"}
    finding = next(f for f in check(playbook).findings if f.rule == "DO02")
    assert finding.source == "documents/plan.md"


def test_a_slip_in_a_file_of_the_folder_names_that_file():
    files = {"playbook.yaml": "name: x\n", "templates/hello.md": "---\nsubject: Hi\nsubjcet: Ho\n---\nx\n"}
    with pytest.raises(PlaybookError) as caught:
        read_files(files)
    assert (caught.value.problems[0].source, caught.value.problems[0].line) == ("templates/hello.md", 3)


def test_no_playbook_in_the_folder():
    with pytest.raises(PlaybookError, match=r"there is no playbook\.yaml"):
        read_files({"templates/x.md": "x"})


def test_windows_line_ends_and_byte_order_mark():
    playbook = read("\ufeff" + WHOLE.replace("\n", "\r\n"))
    assert playbook.name == "Test & Co"
    assert playbook.touchpoint("ease").when == read(WHOLE).touchpoint("ease").when


@pytest.mark.parametrize("trade", [trade.name for trade in trades()])
def test_starters_are_read_and_have_no_faults(trade):
    report = check(read(starter(trade)), date(2026, 11, 22))
    assert (report.errors, report.warnings) == (0, 0), [str(f) for f in report.findings if f.severity != "hint"]
