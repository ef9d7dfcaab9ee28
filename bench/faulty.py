"""A mail server's bad day: a proxy on loopback that passes SMTP on to a real server and breaks one thing on the way."""

import socket
import ssl
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

SLOW_SECONDS = 0.05


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and what the sender must make of it.

    at: connect, greet, tls, EHLO, MAIL, RCPT, DATA, body (in the middle), dot (not passed on), taken (passed on).
    say: the reply given instead of the server's; "" closes the connection, RESET tears it down, SLOW answers late.
    becomes: the state the message must be in afterwards.
    """

    name: str
    at: str
    say: str
    becomes: str


RESET, SLOW = "reset", "slow"
FAULTS = (
    Fault("nobody listens", "connect", "", "held"),
    Fault("busy at the greeting", "greet", "421 4.3.2 busy", "held"),
    Fault("closed at the greeting", "greet", "", "held"),
    Fault("garbage at the greeting", "greet", "what do you want", "held"),
    Fault("TLS asked for, not offered", "tls", "", "held"),
    Fault("TLS offered, handshake garbage", "tls", "garbage", "held"),
    Fault("sender not now", "MAIL", "451 4.3.0 later", "held"),
    Fault("sender never", "MAIL", "550 5.7.1 not you", "failed"),
    Fault("closed at MAIL", "MAIL", "", "held"),
    Fault("greylisted", "RCPT", "450 4.2.0 come back", "held"),
    Fault("no such mailbox", "RCPT", "550 5.1.1 unknown", "failed"),
    Fault("mailbox full", "RCPT", "452 4.2.2 full", "held"),
    Fault("closed at RCPT", "RCPT", "", "held"),
    Fault("no data now", "DATA", "451 4.3.0 later", "held"),
    Fault("no data ever", "DATA", "554 5.7.1 no", "failed"),
    Fault("closed at DATA", "DATA", "", "held"),
    Fault("torn down inside the body", "body", RESET, "uncertain|held"),
    Fault("closed before the dot got through", "dot", "", "uncertain"),
    Fault("torn down before the dot got through", "dot", RESET, "uncertain"),
    Fault("refused for now after the dot", "dot", "451 4.7.1 later", "held"),
    Fault("refused for good after the dot", "dot", "554 5.7.1 spam", "failed"),
    Fault("shutting down after the dot", "dot", "421 4.3.2 bye", "held"),
    Fault("taken, then closed without a word", "taken", "", "uncertain"),
    Fault("taken, then torn down", "taken", RESET, "uncertain"),
    Fault("taken, garbage for an answer", "taken", "hmm", "uncertain"),
    Fault("taken, slowly", "taken", SLOW, "sent"),
)


class Broken(Exception):
    """The connection ends here."""


class Proxy:
    """Listens on `port` and passes on to `upstream` (host, port); `fault` is what is wrong at the moment."""

    def __init__(self, upstream: tuple[str, int]) -> None:
        self.upstream = upstream
        self.fault: Fault | None = None
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _address = self._listening.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError, Broken, ssl.SSLError):
            if self.fault and self.fault.at == "connect":
                return
            with socket.create_connection(self.upstream, timeout=20) as server:
                _Talk(client, server, self.fault).run()


class _Talk:
    """One conversation. Bytes pass one command at a time, so that the fault strikes exactly where it should."""

    def __init__(self, client: socket.socket, server: socket.socket, fault: Fault | None) -> None:
        for side in (client, server):
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client, self.server = client, server
        self.asks: BinaryIO = client.makefile("rb")
        self.answers: BinaryIO = server.makefile("rb")
        self.fault = fault or Fault("none", "", "", "sent")

    def run(self) -> None:
        self._reply("greet", self._answer())
        while line := self.asks.readline():
            verb = line[:4].decode("ascii", "replace").upper()
            if verb == "STAR":
                self._handshake()
            elif self.fault.at == verb:
                self._strike()
            else:
                self._pass_on(verb, line)

    def _pass_on(self, verb: str, line: bytes) -> None:
        self.server.sendall(line)
        answer = self._answer()
        if verb == "EHLO":
            answer = self._offers(answer)
        self.client.sendall(answer)
        if verb == "DATA" and answer.startswith(b"354"):
            self._data()

    def _offers(self, answer: bytes) -> bytes:
        """TLS is only offered where it is to fail: the proxy could not look into it."""
        kept = [line for line in answer.splitlines(keepends=True) if b"STARTTLS" not in line]
        last = kept[-1]
        kept[-1] = last[:3] + b" " + last[4:]
        if self.fault.at == "tls" and self.fault.say:
            kept.insert(1, b"250-STARTTLS\r\n")
        return b"".join(kept)

    def _handshake(self) -> None:
        self.client.sendall(b"220 go on\r\n")
        self.client.recv(4096)
        self.client.sendall(b"this is not TLS\r\n")
        raise Broken

    def _data(self) -> None:
        body: list[bytes] = []
        while (line := self.asks.readline()) not in (b".\r\n", b""):
            body.append(line)
            if self.fault.at == "body":
                self._strike()
        if not line:
            raise Broken  # the sender thought better of it
        if self.fault.at == "dot":
            self._strike()
        self.server.sendall(b"".join(body) + b".\r\n")
        self._reply("taken", self._answer())

    def _reply(self, at: str, answer: bytes) -> None:
        if self.fault.at != at:
            self.client.sendall(answer)
        elif self.fault.say == SLOW:
            time.sleep(SLOW_SECONDS)
            self.client.sendall(answer)
        else:
            self._strike()

    def _strike(self) -> None:
        if not self.fault.say:
            raise Broken
        if self.fault.say == RESET:
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise Broken
        self.client.sendall(self.fault.say.encode() + b"\r\n")
        if self.fault.at == "dot":
            self.server.close()  # what was told the sender must be true: this server never saw the dot
            raise Broken

    def _answer(self) -> bytes:
        lines = [self.answers.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(self.answers.readline())
        if not lines[-1]:
            raise Broken
        return b"".join(lines)
