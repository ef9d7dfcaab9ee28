"""One SMTP connection, with the data phase cut in two: everything up to the final dot, then the dot.

Between the two halves the caller commits the point of no return. TCP_NODELAY is set,
because without it the dot waits some 40 ms for the body's acknowledgement.
smtplib connects, encrypts and signs in; the mails themselves go over its socket in fewer writes.
"""

import re
import select
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from fondly.run.outbox import faults
from fondly.run.outbox.addresses import Server

Kind = Literal["no_server", "later", "never", "unknown", "refused_by_us"]
_DOT_AT_START = re.compile(rb"(?m)^\.")
_DOT = b".\r\n"
_MOST_REPLY = 65_536  # bytes; a server that never ends its line
_CONNECT_SECONDS = 20.0
_REPLY_SECONDS = 600.0  # RFC 5321 4.5.3.2.6: what a server may take after the final dot
_STOPPING_SECONDS = 7.0  # how long a worker told to stop still waits; it must be gone within ten
_SIGN_IN_CODES = frozenset({454, 530, 534, 535, 538})


class NotSent(Exception):
    """It did not go through. kind: no_server (nothing can go now), later, never, unknown (after the dot)."""

    def __init__(self, kind: Kind, phase: str, code: int, reply: str) -> None:
        super().__init__(reply)
        self.kind = kind
        self.phase = phase
        self.code = code
        self.reply = " ".join(reply.split())[:500]


class Stopped(Exception):
    """The caller's commit refused: nothing was sent. The message is the reason."""


class Connection:
    """Kept open between messages; `send` opens it when needed."""

    def __init__(self, server: Server, *, stopping: Callable[[], bool] = lambda: False) -> None:
        self._server = server
        self._stopping = stopping
        self._smtp: smtplib.SMTP | None = None
        self._unread = b""  # what the server said beyond the reply that was read
        self.phase = "connect"

    def send(self, from_address: str, to_address: str, raw: bytes, commit: Callable[[], None] | None) -> str:
        """Hand one mail over; `commit` is called just before the final dot. Returns the server's last words.

        commit None: it is committed already, so that the dot goes with the body.
        Raises NotSent; or whatever `commit` raises, after dropping the connection before the dot.
        """
        line = self._open()
        self._envelope(line, from_address, to_address)
        body = _as_data(raw)
        if commit is None:
            return self._finish(line, body + _DOT)
        self._body(line, body)
        try:
            commit()
        except BaseException:
            self.drop()  # the server forgets a message that was never ended
            raise
        return self._finish(line, _DOT)

    def close(self) -> None:
        """Say goodbye and close."""
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
        self.drop()

    def drop(self) -> None:
        """Close without a word."""
        if self._smtp is not None:
            self._smtp.close()
        self._smtp, self._unread = None, b""

    def _open(self) -> socket.socket:
        self.phase = "connect"
        if self._smtp is not None and self._smtp.sock is not None and not self._has_news(self._smtp.sock):
            return self._smtp.sock
        self.drop()
        try:
            self._smtp, line = _connect(self._server)
        except smtplib.SMTPResponseException as error:
            raise NotSent("no_server", "connect", error.smtp_code, _words(error.smtp_error)) from error
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise NotSent("no_server", "connect", 0, f"{type(error).__name__}: {error}") from error
        faults.reach("after_connect")
        return line

    def _has_news(self, line: socket.socket) -> bool:
        """True when the server has closed an idle connection, or said something unasked (421)."""
        return bool(self._unread or select.select([line], [], [], 0)[0])

    def _envelope(self, line: socket.socket, from_address: str, to_address: str) -> None:
        """Sender, recipient, and leave to go on; in one write when the server takes several commands at once."""
        mail, rcpt = f"MAIL FROM:<{from_address}>\r\n".encode(), f"RCPT TO:<{to_address}>\r\n".encode()
        commands = [("mail", mail, 2), ("rcpt", rcpt, 2), ("data", b"DATA\r\n", 3)]
        together = self._smtp is not None and self._smtp.has_extn("pipelining")
        if together:
            self._write(line, "mail", b"".join(command for _phase, command, _wanted in commands))
        for phase, command, wanted in commands:
            if not together:
                self._write(line, phase, command)
            self._expect(line, phase, wanted, together)
            faults.reach(f"after_{phase}")

    def _write(self, line: socket.socket, phase: str, command: bytes) -> None:
        self.phase = phase
        try:
            line.sendall(command)
        except OSError as error:
            self.drop()
            raise NotSent("later", phase, 0, f"The connection was lost: {error}") from error

    def _expect(self, line: socket.socket, phase: str, wanted: int, together: bool) -> None:
        self.phase = phase
        try:
            code, words = self._reply(line)
        except OSError as error:
            self.drop()
            raise NotSent("later", phase, 0, f"The connection was lost: {error}") from error
        if code // 100 == wanted:
            return
        if together or code == 421 or code < 100:
            self.drop()  # what was said in one breath is answered in one: the next mail begins anew
        else:
            self._reset(line)
        raise NotSent(_kind_of(code), phase, code, words)

    def _reset(self, line: socket.socket) -> None:
        try:
            line.sendall(b"RSET\r\n")
            if self._reply(line)[0] != 250:
                self.drop()
        except OSError:
            self.drop()

    def _body(self, line: socket.socket, body: bytes) -> None:
        self._write(line, "data", body)
        self.phase = "body"
        faults.reach("after_body")

    def _finish(self, line: socket.socket, rest: bytes) -> str:
        """Write what ends the message, and hear what the server says to it."""
        self.phase = "dot"
        try:
            line.sendall(rest)
            faults.reach("after_dot")
            self._wait_for_reply(line)
            code, words = self._reply(line)
        except OSError as error:
            self.drop()
            raise NotSent("unknown", "dot", 0, f"No answer after the message was handed over: {error}") from error
        faults.reach("after_reply")
        return self._judge(code, words)

    def _judge(self, code: int, words: str) -> str:
        if code // 100 == 2:
            self.phase = "done"
            return f"{code} {words}"[:500]
        if code < 200 or code > 599 or code // 100 == 3:
            self.drop()
            raise NotSent("unknown", "dot", max(code, 0), f"The server's answer makes no sense: {words}")
        if code == 421:
            self.drop()
        raise NotSent("later" if code // 100 == 4 else "never", "dot", code, words)

    def _reply(self, line: socket.socket) -> tuple[int, str]:
        """One reply: its code (-1 when it has none) and its words. Raises OSError when the line is lost."""
        words: list[str] = []
        while True:
            text = self._line(line)
            words.append(_words(text[4:]).strip())
            if text[3:4] != b"-":
                return (int(text[:3]) if text[:3].isdigit() else -1), "\n".join(words)

    def _line(self, line: socket.socket) -> bytes:
        while b"\n" not in self._unread:
            got = line.recv(4096)
            if not got or len(self._unread) > _MOST_REPLY:
                raise ConnectionError("the server closed the connection" if not got else "its reply does not end")
            self._unread += got
        text, _, self._unread = self._unread.partition(b"\n")
        return text

    def _wait_for_reply(self, line: socket.socket) -> None:
        """Wait in short steps, so that a worker told to stop does not wait ten minutes."""
        end = time.monotonic() + _REPLY_SECONDS
        last_call = time.monotonic() + _STOPPING_SECONDS
        while not (self._unread or select.select([line], [], [], 0.5)[0]):
            if isinstance(line, ssl.SSLSocket) and line.pending():
                return
            if not self._stopping():
                last_call = time.monotonic() + _STOPPING_SECONDS
            if time.monotonic() > min(end, last_call):
                raise TimeoutError("the server did not answer in time")


def _as_data(raw: bytes) -> bytes:
    """The mail as it goes over the line: dots at the start of a line doubled, a line end at the end."""
    stuffed = _DOT_AT_START.sub(b"..", raw) if b"\n." in raw or raw.startswith(b".") else raw
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _kind_of(code: int) -> Kind:
    if code in _SIGN_IN_CODES:
        return "no_server"
    return "never" if code // 100 == 5 else "later"


def _connect(server: Server) -> tuple[smtplib.SMTP, socket.socket]:
    """Greeted, encrypted and signed in as the server's address asks."""
    if server.security == "tls":
        context = ssl.create_default_context()
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_CONNECT_SECONDS, context=context)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=_CONNECT_SECONDS)
    try:
        smtp.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password)
        if smtp.sock is None:
            raise smtplib.SMTPServerDisconnected("the server closed the connection")
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        smtp.close()
        raise
    return smtp, smtp.sock


def _words(reply: bytes | str) -> str:
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
