"""The mail writer, read back by the standard library's parser."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondly.run.outbox import mime
from fondly.run.outbox.mime import BadHeader, Letter, build

AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def letter(**more):
    values = {
        "from_name": "Dana Field", "from_address": "dana@example.com", "to_name": "Priya Shah",
        "to_address": "priya@example.org", "subject": "Welcome", "text": "Hi\n", "html": "<p>Hi</p>", "at": AT,
        "message_id": "abc@example.com", "boundary": "fondly-0123",
    }  # fmt: skip
    return Letter(**{**values, **more})


def read(raw):
    return message_from_bytes(raw.replace(b"\r\n", b"\n"), policy=policy.default)


def test_all_headers_and_both_parts():
    extra = (("List-Unsubscribe", "<https://x.example/u/1>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    parsed = read(build(letter(extra=extra)))
    assert parsed["From"] == "Dana Field <dana@example.com>"
    assert parsed["To"].addresses[0].addr_spec == "priya@example.org"
    assert parsed["Date"].datetime == AT
    assert parsed["Message-ID"] == "<abc@example.com>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed.get_body(("plain",)).get_content() == "Hi\n"
    assert parsed.get_body(("html",)).get_content().strip() == "<p>Hi</p>"
    assert not parsed.defects


@pytest.mark.parametrize(
    "name",
    [
        "Zoë Ångström",
        "李小龍",
        'O\'Neil, Jr. "Bob" <x>',
        "a" * 150,
        "Плавный " * 30,
        "=?utf-8?q?x?=",
        "back\\slash",
        "(c)",
    ],
)
def test_names_survive(name):
    raw = build(letter(to_name=mime.plain(name), from_name=mime.plain(name)))
    parsed = read(raw)
    for header in ("To", "From"):
        shown, _ = parseaddr(str(make_header(decode_header(message_from_bytes(raw)[header]))))
        shown = parsed[header].addresses[0].display_name if len(name) < 70 else shown
        assert shown == mime.plain(name)
    assert parsed["To"].addresses[0].addr_spec == "priya@example.org"


@given(st.text(min_size=0, max_size=400))
def test_any_subject_survives_and_no_line_is_too_long(subject):
    clean = mime.plain(subject.encode("utf-8", "replace").decode())
    raw = build(letter(subject=clean))
    head = raw.split(b"\r\n\r\n")[0]
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    assert head.isascii()
    found = read(raw)["Subject"]
    assert " ".join(str(found).split()) == " ".join(clean.split())


@given(st.text(max_size=2000))
def test_any_text_survives(text):
    text = text.encode("utf-8", "replace").decode().replace("\0", "")
    raw = build(letter(text=text, html=""))
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))
    got = read(raw).get_content()
    wanted = text.replace("\r\n", "\n").replace("\r", "\n")
    assert got.rstrip("\n") == wanted.rstrip("\n")


@pytest.mark.parametrize("bad", ["a\r\nBcc: x@y.z", "a\nb", "a\rb", "a\0b"])
@pytest.mark.parametrize("place", ["subject", "to_name", "from_name", "message_id"])
def test_line_ends_in_headers_are_refused(bad, place):
    with pytest.raises(BadHeader):
        build(letter(**{place: bad}))


@pytest.mark.parametrize(
    "address",
    ["a@b.c\r\nRCPT TO:<x@y.z>", "a b@c.d", "<a@b.c>", "a@b@c.d", "@b.c", "a@", "a@b.c>", "é@b.c", "a@b..c", "a,b@c.d"],
)
def test_addresses_that_could_smuggle_are_refused(address):
    with pytest.raises(BadHeader):
        build(letter(to_address=address))


def test_a_line_of_one_dot_cannot_end_the_mail():
    raw = build(letter(text="one\n.\ntwo\n..three\n", html=""))
    assert b"\r\n.\r\n" not in raw
    assert read(raw).get_content() == "one\n.\ntwo\n..three\n"
