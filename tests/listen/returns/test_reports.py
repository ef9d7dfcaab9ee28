"""What servers write back, read from bytes: the usual, the odd and the hostile."""

import tracemalloc
from itertools import pairwise

import pytest

from fondly.listen.returns import reports
from fondly.listen.returns.imap import MOST_BYTES
from fondly.listen.returns.reports import Report
from tests.listen.returns.mails import away, complaint, dsn

ID = "0a1b2c@stillwater.example"


def test_a_delivery_report_says_who_what_and_why():
    assert reports.read(dsn(ID, "priya@example.org")) == [
        Report("bounced", ID, "priya@example.org", True, "550 5.1.1 no such user")
    ]


@pytest.mark.parametrize(
    ("action", "status", "kind", "is_hard"),
    [
        ("failed", "5.2.1", "bounced", True),
        ("failed", "4.2.2", "bounced", False),
        ("delayed", "4.4.1", "deferred", False),
        ("delivered", "2.0.0", "delivered", False),
        ("relayed", "2.0.0", "delivered", False),
        ("Failed", "", "bounced", False),
    ],
)
def test_actions_and_status_codes(action, status, kind, is_hard):
    (found,) = reports.read(dsn(ID, "priya@example.org", action=action, status=status))
    assert (found.kind, found.is_hard) == (kind, is_hard)


def test_the_original_recipient_counts_before_the_one_it_was_forwarded_to():
    raw = dsn(ID, "else@forward.example").replace(
        b"Final-Recipient", b"Original-Recipient: rfc822;priya@example.org\r\nFinal-Recipient"
    )
    assert reports.read(raw)[0].recipient == "priya@example.org"


def test_headers_instead_of_the_whole_mail_and_base64_are_understood():
    import base64

    raw = dsn(ID, "priya@example.org").replace(b"message/rfc822", b"text/rfc822-headers")
    assert reports.read(raw)[0].message_id == ID
    status = raw.split(b"message/delivery-status\r\n\r\n")[1].split(b"\r\n--edge")[0]
    coded = b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(status).replace(b"\n", b"\r\n")
    raw = raw.replace(b"message/delivery-status\r\n\r\n" + status, b"message/delivery-status\r\n" + coded)
    assert reports.read(raw)[0].recipient == "priya@example.org"


def test_a_complaint_counts_and_other_feedback_does_not():
    assert reports.read(complaint(ID)) == [Report("complained", ID)]
    assert reports.read(complaint(ID, "not-spam")) == []


def test_the_outer_head_alone_names_nothing():
    raw = dsn("", "priya@example.org").replace(b"Subject:", b"In-Reply-To: <" + ID.encode() + b">\r\nSubject:", 1)
    assert reports.read(raw) == []
    plain = raw.replace(b"multipart/report", b"text/plain")
    assert reports.read(plain) == []


def test_the_original_cannot_hide_in_the_text_after_the_end():
    raw = dsn("x@else.example", "priya@example.org")
    raw += b"\r\n--edge.1/mx\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <" + ID.encode() + b">\r\n\r\n"
    assert reports.read(raw)[0].message_id == "x@else.example"


@pytest.mark.parametrize(
    "line",
    [
        "Auto-Submitted: auto-generated (vacation)",
        "X-Autoreply: yes",
        "X-Auto-Response-Suppress: All",
        "Precedence: bulk",
        "Return-Path: <>",
    ],
)
def test_automatic_answers_are_known_for_what_they_are(line):
    assert list(reports.replies(away(ID, line))) == [Report("auto_replied", ID)]


def test_a_person_who_answers_is_a_person():
    assert list(reports.replies(away(ID, "Auto-Submitted: no"))) == [Report("replied", ID)]


def nested(depth):
    edges = [f"e{n}" for n in range(depth)]
    body = "".join(f'--{a}\r\nContent-Type: multipart/mixed; boundary="{b}"\r\n\r\n' for a, b in pairwise(edges))
    return f'Content-Type: multipart/report; boundary="{edges[0]}"\r\n\r\n{body}'.encode()


HOSTILE = {
    "empty": b"",
    "no head": b"\r\n\r\n\r\n",
    "no boundary": b"Content-Type: multipart/report\r\n\r\nx",
    "empty boundary": b'Content-Type: multipart/report; boundary=""\r\n\r\n----\r\n',
    "endless boundary": b"Content-Type: multipart/report; boundary=" + b"a" * 60_000 + b"\r\n\r\n--" + b"a" * 60_000,
    "8-bit head": b"Content-Type: multipart/report; boundary=\xff\xfe\r\nSubject: \xe4\xf6\r\n\r\n--\xff\xfe\r\n",
    "8-bit id": dsn("ok@x.example", "p\xe4@example.org"),
    "nested": nested(5_000),
    "only edges": b"Content-Type: multipart/report; boundary=e\r\n\r\n" + b"--e\r\n" * 50_000,
    "blank lines": dsn(ID, "priya@example.org").replace(b"Arrival-Date", b"\r\n" * 100_000 + b"Arrival-Date"),
    "one long line": dsn(ID, "a" * 200_000 + "@"),
    "many addresses": dsn(ID, "<@" * 100_000),
    "bad base64": dsn(ID, "p@example.org").replace(
        b"message/delivery-status", b"message/delivery-status\r\nContent-Transfer-Encoding: base64"
    ),
    "unknown charset": b"Content-Type: multipart/report; boundary*=x-no-such''%FF%FE\r\n\r\n--x",
    "NUL": dsn(ID, "p\0@example.org"),
    "many heads": b"Content-Type: multipart/report; boundary=e\r\n" + b"X: y\r\n" * 40_000,
    "references": b"Content-Type: text/plain\r\nReferences: " + b"<a@b> " * 40_000 + b"\r\n\r\n",
    "open angle": b"Content-Type: text/plain\r\nIn-Reply-To: " + b"<" * 200_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_read_in_little_time_and_memory(name):
    raw = HOSTILE[name][:MOST_BYTES]
    tracemalloc.start()
    reports.is_report(raw)
    found = reports.read(raw)
    answers = list(reports.replies(raw))
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) <= 50 and len(answers) <= 20
    assert most < 40 * MOST_BYTES
