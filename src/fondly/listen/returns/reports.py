"""Reading what mail servers write back: delivery reports (RFC 3464), complaints (RFC 5965) and automatic answers.

Whoever can write to the mailbox can send anything here. So nothing is decoded that is not needed, nested parts are
never opened, and the time is linear in the bytes, which the caller bounds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as Mail
from email.parser import BytesHeaderParser
from typing import Literal

Kind = Literal["delivered", "deferred", "bounced", "complained", "replied", "auto_replied"]
_HEADERS = BytesHeaderParser()
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
_ID = re.compile(r"<([\x21-\x3b\x3d\x3f-\x7e]{3,200})>")
_ADDRESS = re.compile(r"[^\s<>;\"]{1,64}@[^\s<>;\"]{1,190}")
_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
_ACTIONS: dict[str, Kind] = {
    "failed": "bounced",
    "delayed": "deferred",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
}
_MOST_HEAD = 32 * 1024  # bytes
_MOST_PARTS = 10
_MOST_RECIPIENTS = 50
_MOST_IDS = 20  # in one References line
_AUTOMATIC = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
_BULK = frozenset({"auto_reply", "bulk", "junk", "list"})


@dataclass(frozen=True, slots=True)
class Report:
    """What one mail says of one mail of ours. message_id: without <>. recipient "": it names none."""

    kind: Kind
    message_id: str
    recipient: str = ""
    is_hard: bool = False
    words: str = ""


def is_report(head: bytes) -> bool:
    """Whether the body is worth fetching."""
    return _opened(head).get_content_type() == "multipart/report"


def is_automatic(mail: Mail) -> bool:
    """Written by a program: such mail is never answered (RFC 3834)."""
    submitted = _text(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or any(name in mail for name in _AUTOMATIC)
        or _text(mail, "Precedence").strip().lower() in _BULK
        or _text(mail, "Return-Path").strip() == "<>"
    )


def replies(head: bytes) -> Iterator[Report]:
    """A reply, or an automatic answer, to each mail its head names."""
    mail = _opened(head)
    kind: Kind = "auto_replied" if is_automatic(mail) else "replied"
    named = _ID.findall(f"{_text(mail, 'In-Reply-To')} {_text(mail, 'References')}")[-_MOST_IDS:]
    return (Report(kind, message_id) for message_id in dict.fromkeys(named))


def read(raw: bytes) -> list[Report]:
    """All that a multipart/report says; nothing when it cannot be understood.

    The mail it is about is known only by the Message-ID of the original inside it, never by the outer head.
    """
    mail = _opened(raw)
    if mail.get_content_type() != "multipart/report":
        return []
    parts: dict[str, Mail] = {}
    for part in _parts(mail, raw):
        parts.setdefault(part.get_content_type(), part)
    message_id = _original_id(parts)
    if not message_id:
        return []
    if "message/delivery-status" in parts:
        return list(_delivery(parts["message/delivery-status"], message_id))
    if "message/global-delivery-status" in parts:
        return list(_delivery(parts["message/global-delivery-status"], message_id))
    if "message/feedback-report" in parts:
        return _complaint(parts["message/feedback-report"], message_id)
    return []


def _parts(mail: Mail, raw: bytes) -> Iterator[Mail]:
    """The parts of the outermost multipart, each with its body as bytes, its own parts unopened."""
    edge = (mail.get_boundary() or "").encode("ascii", "replace")
    if not 0 < len(edge) <= 70:
        return
    pieces = re.split(rb"(?:^|\r?\n)--" + re.escape(edge) + rb"(?:--)?[ \t]*(?=\r?\n|$)", raw, maxsplit=_MOST_PARTS)
    for piece in pieces[1:]:
        yield _opened(piece)


def _original_id(parts: dict[str, Mail]) -> str:
    for kind in ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"):
        if kind in parts:
            found = _ID.search(_text(_opened(_body(parts[kind])), "Message-ID"))
            return found[1] if found is not None else ""
    return ""


def _delivery(part: Mail, message_id: str) -> Iterator[Report]:
    """One report for each recipient; the first group of lines is about the mail as a whole."""
    groups = [group for group in _body(part).replace(b"\r\n", b"\n").split(b"\n\n") if group.strip()]
    for group in groups[1 : _MOST_RECIPIENTS + 1]:
        fields = _opened(group)
        kind = _ACTIONS.get(_text(fields, "Action").strip().lower())
        recipient = _address(fields, "Original-Recipient") or _address(fields, "Final-Recipient")
        if kind is None or not recipient:
            continue
        status = _STATUS.search(_text(fields, "Status"))
        said = " ".join(_text(fields, "Diagnostic-Code").partition(";")[2].split()) or _text(fields, "Status").strip()
        yield Report(kind, message_id, recipient, status is not None and status[1] == "5", said[:300])


def _complaint(part: Mail, message_id: str) -> list[Report]:
    fields = _opened(_body(part))
    if _text(fields, "Feedback-Type").strip().lower() not in ("abuse", "fraud", "virus"):
        return []
    # Providers blacken the address here (RFC 6590), so the Message-ID alone says whose complaint it is.
    return [Report("complained", message_id)]


def _opened(raw: bytes) -> Mail:
    """Its head read, its body kept as it is: the standard parser would take a million blank lines one by one."""
    blank = _BLANK_LINE.search(raw)
    head, body = (raw[: blank.start()], raw[blank.end() :]) if blank is not None else (raw, b"")
    mail = _HEADERS.parsebytes(head.lstrip(b"\r\n")[:_MOST_HEAD])
    mail.set_payload(body.decode("ascii", "surrogateescape"))
    return mail


def _address(fields: Mail, name: str) -> str:
    found = _ADDRESS.search(_text(fields, name))
    return found[0] if found is not None else ""


def _body(part: Mail) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _text(mail: Mail, name: str) -> str:
    """A header of any bytes as text."""
    return str(mail.get(name, ""))[:4000]
