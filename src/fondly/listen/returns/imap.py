"""One IMAP connection that only looks: folders are opened read-only and mail is peeked at, so nothing is marked.

Every answer is bounded: of each mail only the first bytes are asked for, and of long folders only the next few.
"""

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import TypeVar

from fondly.listen.returns.mailboxes import Mailbox

T = TypeVar("T")
SECONDS = 7.0  # for one answer; a worker told to stop must be gone within ten
MOST_BYTES = 256 * 1024  # of one mail: a report and the head of the mail it is about stand at its start
_HEAD_BYTES = 16 * 1024
_SENT_NAMES = ("Sent", "Sent Items", "Sent Messages", "INBOX.Sent", "[Gmail]/Sent Mail")
_LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?P<name>.+)', re.DOTALL)
_UID = re.compile(rb"\bUID (\d+)")
_DATE = re.compile(rb'INTERNALDATE "([^"]{20,30})"')
_MESSAGE_ID = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{3,200}")  # nothing that could end a quoted string


class Unreachable(Exception):
    """The mailbox cannot be read now; the message says why, without the password."""


@dataclass(frozen=True, slots=True)
class Letter:
    """The start of one mail. at: when the mailbox got it."""

    uid: int
    at: datetime | None
    raw: bytes


class Connection:
    """Signed in. Every method raises Unreachable."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._imap = _guarded(lambda: _signed_in(mailbox), mailbox)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError, imaplib.IMAP4.error):
            self._imap.logout()

    def open(self, folder: str) -> int:
        """Look into a folder without changing it; returns its UIDVALIDITY."""
        self._ask("select", _quoted(folder), True)
        _kind, values = self._imap.response("UIDVALIDITY")
        return int(values[0]) if values and values[0] else 0

    def uids_after(self, last: int, since: datetime) -> list[int]:
        """Mails behind UID `last`; of a folder never read before, those that came on or after that day."""
        asked = ("UID", f"{last + 1}:*") if last else ("SINCE", _imap_date(since))
        found = self._ask("uid", "SEARCH", *asked)
        # "n:*" always names the last mail, even one that is not behind n.
        return sorted(uid for uid in map(int, b" ".join(_texts(found)).split()) if uid > last)

    def heads(self, uids: Sequence[int]) -> Iterator[Letter]:
        """Their header lines."""
        return self._letters(",".join(map(str, uids)), f"BODY.PEEK[HEADER]<0.{_HEAD_BYTES}>")

    def letter(self, uid: int) -> Letter | None:
        """The first MOST_BYTES of one mail; None when it is gone."""
        return next(self._letters(str(uid), f"BODY.PEEK[]<0.{MOST_BYTES}>"), None)

    def has(self, message_id: str) -> bool:
        """Whether the open folder holds a mail with this Message-ID (given without <>)."""
        if not _MESSAGE_ID.fullmatch(message_id):
            return False
        return bool(b" ".join(_texts(self._ask("uid", "SEARCH", "HEADER", "Message-ID", f'"<{message_id}>"'))).split())

    def sent_folder(self) -> str:
        """The folder that keeps copies of sent mail: marked so (RFC 6154), else one of the usual names, else ""."""
        listed = [match for line in _texts(self._ask("list")) if (match := _LISTED.match(line)) is not None]
        names = {_unquoted(match["name"]): match["flags"] for match in listed}
        marked = [name for name, flags in names.items() if rb"\sent" in flags.lower().split()]
        return next((name for name in (*marked, *_SENT_NAMES) if name in names), "")

    def _letters(self, uids: str, part: str) -> Iterator[Letter]:
        for answer in self._ask("uid", "FETCH", uids, f"(UID INTERNALDATE {part})"):
            if isinstance(answer, tuple) and (uid := _UID.search(answer[0])) is not None:
                yield Letter(int(uid[1]), _instant(answer[0]), bytes(answer[1])[:MOST_BYTES])

    def _ask(self, command: str, *words: object) -> list[bytes | tuple[bytes, bytes] | None]:
        kind, answer = _guarded(lambda: getattr(self._imap, command)(*words), self._mailbox)
        if kind != "OK":
            said = b" ".join(_texts(answer)).decode("utf-8", "replace")[:200]
            raise Unreachable(f"{self._mailbox.host} refuses {' '.join(map(str, words[:1])) or command}: {said}")
        return list(answer)


def _guarded(act: Callable[[], T], mailbox: Mailbox) -> T:
    """The act, its every failure told as Unreachable."""
    try:
        return act()
    except imaplib.IMAP4.abort as error:
        raise Unreachable(f"{mailbox.host} ended the connection: {error}") from error
    except imaplib.IMAP4.error as error:
        raise Unreachable(f"{mailbox.host} refuses: {_words(error)}") from error
    except (OSError, ValueError) as error:
        raise Unreachable(f"{mailbox.host}:{mailbox.port} cannot be reached: {error}") from error


def _signed_in(mailbox: Mailbox) -> imaplib.IMAP4:
    if mailbox.security == "tls":
        context = ssl.create_default_context()
        imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=context, timeout=SECONDS)
    else:
        imap = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=SECONDS)
    try:
        if mailbox.security == "starttls":
            imap.starttls(ssl.create_default_context())
        imap.login(_quoted(mailbox.user), mailbox.password)
    except BaseException:
        with suppress(OSError):
            imap.shutdown()
        raise
    return imap


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(name: bytes) -> str:
    text = name.decode("ascii", "replace").strip()
    if text.startswith('"') and text.endswith('"'):
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text


def _texts(answer: Sequence[object]) -> list[bytes]:
    return [line for line in answer if isinstance(line, bytes)]


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else b""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _imap_date(at: datetime) -> str:
    return f"{at.day}-{'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split()[at.month - 1]}-{at.year}"


def _instant(answer: bytes) -> datetime | None:
    found = _DATE.search(answer)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1].decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
