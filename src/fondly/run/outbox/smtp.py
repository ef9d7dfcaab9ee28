"""One SMTP connection, with the data phase cut in two: everything up to the final dot, then the dot.

Between the two halves the caller commits the point of no return. TCP_NODELAY is set,
because without it the dot waits some 40 ms for the body's acknowledgement.
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
        self.phase = "connect"

    def send(self, from_address: str, to_address: str, raw: bytes, commit: Callable[[], None]) -> str:
        """Hand one mail over; `commit` is called just before the final dot. Returns the server's last words.

        Raises NotSent; or whatever `commit` raises, after dropping the connection before the dot.
        """
        smtp = self._open()
        self._envelope(smtp, from_address, to_address)
        self._body(smtp, raw)
        try:
            commit()
        except BaseException:
            self.drop()  # the server forgets a message that was never ended
            raise
        return self._dot(smtp)

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
            self._smtp = None

    def _open(self) -> smtplib.SMTP:
        self.phase = "connect"
        if self._smtp is not None and not _is_gone(self._smtp):
            return self._smtp
        self.drop()
        try:
            self._smtp = _connect(self._server)
        except smtplib.SMTPResponseException as error:
            raise NotSent("no_server", "connect", error.smtp_code, _words(error.smtp_error)) from error
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise NotSent("no_server", "connect", 0, f"{type(error).__name__}: {error}") from error
        faults.reach("after_connect")
        return self._smtp

    def _envelope(self, smtp: smtplib.SMTP, from_address: str, to_address: str) -> None:
        self._expect(smtp, "mail", f"MAIL FROM:<{from_address}>", 2)
        faults.reach("after_mail")
        self._expect(smtp, "rcpt", f"RCPT TO:<{to_address}>", 2)
        faults.reach("after_rcpt")
        self._expect(smtp, "data", "DATA", 3)

    def _expect(self, smtp: smtplib.SMTP, phase: str, command: str, wanted: int) -> None:
        self.phase = phase
        try:
            code, words = smtp.docmd(command)
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            raise NotSent("later", phase, 0, f"The connection was lost: {error}") from error
        if code // 100 != wanted:
            self._reset(smtp, code)
            raise NotSent(_kind_of(code), phase, code, _words(words))

    def _reset(self, smtp: smtplib.SMTP, code: int) -> None:
        try:
            if code == 421 or code < 100 or smtp.rset()[0] != 250:
                self.drop()
        except (OSError, smtplib.SMTPException):
            self.drop()

    def _body(self, smtp: smtplib.SMTP, raw: bytes) -> None:
        stuffed = _DOT_AT_START.sub(b"..", raw) if b"\n." in raw or raw.startswith(b".") else raw
        try:
            _socket(smtp).sendall(stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n")
        except OSError as error:
            self.drop()
            raise NotSent("later", "data", 0, f"The connection was lost: {error}") from error
        self.phase = "body"
        faults.reach("after_body")

    def _dot(self, smtp: smtplib.SMTP) -> str:
        self.phase = "dot"
        try:
            _socket(smtp).sendall(b".\r\n")
            faults.reach("after_dot")
            self._wait_for_reply(smtp)
            code, words = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            raise NotSent("unknown", "dot", 0, f"No answer after the message was handed over: {error}") from error
        faults.reach("after_reply")
        return self._judge(code, _words(words))

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

    def _wait_for_reply(self, smtp: smtplib.SMTP) -> None:
        """Wait in short steps, so that a worker told to stop does not wait ten minutes."""
        end = time.monotonic() + _REPLY_SECONDS
        last_call = time.monotonic() + _STOPPING_SECONDS
        line = _socket(smtp)
        while not select.select([line], [], [], 0.5)[0]:
            if isinstance(line, ssl.SSLSocket) and line.pending():
                return
            if not self._stopping():
                last_call = time.monotonic() + _STOPPING_SECONDS
            if time.monotonic() > min(end, last_call):
                raise TimeoutError("the server did not answer in time")


def _kind_of(code: int) -> Kind:
    if code in _SIGN_IN_CODES:
        return "no_server"
    return "never" if code // 100 == 5 else "later"


def _connect(server: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_CONNECT_SECONDS, context=context)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=_CONNECT_SECONDS)
    try:
        smtp.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            smtp.starttls(context=context)
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password)
        _socket(smtp).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _socket(smtp: smtplib.SMTP) -> socket.socket:
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("the server closed the connection")
    return smtp.sock


def _is_gone(smtp: smtplib.SMTP) -> bool:
    """True when the server has closed an idle connection, or said something unasked (421)."""
    return smtp.sock is None or bool(select.select([smtp.sock], [], [], 0)[0])


def _words(reply: bytes | str) -> str:
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
