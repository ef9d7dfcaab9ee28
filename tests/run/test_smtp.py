"""The connection itself: faults of the server at every phase, and what each of them means."""

import socket
import threading
import time

import pytest

from fondly.run.outbox import smtp
from fondly.run.outbox.addresses import Server
from fondly.run.outbox.smtp import Connection, NotSent, Stopped

RAW = b"Subject: x\r\n\r\n.dot at the start\r\n.\r\nend\r\n"
HELLO = {
    "EHLO": "250 ok",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go",
    "DOT": "250 2.0.0 ok",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}


class Scripted(threading.Thread):
    """A server that answers each command as scripted; None closes the line, "" says nothing at all."""

    def __init__(self, **script):
        super().__init__(daemon=True)
        self.script = {"GREET": "220 hi", **HELLO, **script}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.bodies = []
        self.start()

    def run(self):
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            with line, line.makefile("rb") as commands:
                self._talk(line, commands)

    def _talk(self, line, commands):
        if not self._say(line, "GREET"):
            return
        for command in commands:
            verb = command[:4].decode().upper()
            if not self._say(line, verb):
                return
            if verb == "DATA" and self.script["DATA"].startswith("354"):
                body = b""
                while not body.endswith(b"\r\n.\r\n"):
                    got = commands.readline()
                    if not got:
                        return
                    body += got
                self.bodies.append(body)
                if not self._say(line, "DOT"):
                    return

    def _say(self, line, verb):
        words = self.script[verb]
        if words is None:
            return False
        if words:
            line.sendall(words.encode() + b"\r\n")
        return True


def send(server, commit=lambda: None, **more):
    connection = Connection(Server("127.0.0.1", server.port), **more)
    try:
        return connection.send("a@b.c", "d@e.f", RAW, commit)
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("script", "kind", "phase", "code"),
    [
        ({"GREET": "421 busy"}, "no_server", "connect", 421),
        ({"GREET": None}, "no_server", "connect", 0),
        ({"GREET": "what"}, "no_server", "connect", None),
        ({"MAIL": "550 not you"}, "never", "mail", 550),
        ({"MAIL": "530 sign in first"}, "no_server", "mail", 530),
        ({"MAIL": "451 later"}, "later", "mail", 451),
        ({"RCPT": "550 unknown"}, "never", "rcpt", 550),
        ({"RCPT": "450 greylisted"}, "later", "rcpt", 450),
        ({"RCPT": None}, "later", "rcpt", 0),
        ({"DATA": "451 later"}, "later", "data", 451),
        ({"DATA": "554 no"}, "never", "data", 554),
        ({"DATA": None}, "later", "data", None),
        ({"DOT": "451 later"}, "later", "dot", 451),
        ({"DOT": "421 shutting down"}, "later", "dot", 421),
        ({"DOT": "554 spam"}, "never", "dot", 554),
        ({"DOT": None}, "unknown", "dot", 0),
        ({"DOT": "garbage"}, "unknown", "dot", None),
    ],
)
def test_every_fault_is_told_apart(script, kind, phase, code):
    with pytest.raises(NotSent) as error:
        send(Scripted(**script))
    assert (error.value.kind, error.value.phase) == (kind, phase)
    if code is not None:
        assert error.value.code == code


def test_nothing_listening_is_no_server():
    with pytest.raises(NotSent) as error:
        Connection(Server("127.0.0.1", 1)).send("a@b.c", "d@e.f", RAW, lambda: None)
    assert error.value.kind == "no_server"


def test_the_body_is_there_before_the_commit_and_the_dot_after_it():
    server, seen = Scripted(), []
    send(server, lambda: seen.append(len(server.bodies)))
    assert seen == [0]
    assert server.bodies == [b"Subject: x\r\n\r\n..dot at the start\r\n..\r\nend\r\n.\r\n"]


def test_a_commit_that_refuses_means_no_dot():
    server = Scripted()

    def refuse():
        raise Stopped("not now")

    with pytest.raises(Stopped):
        send(server, refuse)
    time.sleep(0.1)
    assert server.bodies == []


def test_a_worker_told_to_stop_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(smtp, "_STOPPING_SECONDS", 0.6)
    start = time.monotonic()
    with pytest.raises(NotSent) as error:
        send(Scripted(DOT=""), stopping=lambda: True)
    assert error.value.kind == "unknown"
    assert time.monotonic() - start < 5


def test_one_connection_serves_many_and_a_closed_one_is_opened_again():
    server = Scripted()
    connection = Connection(Server("127.0.0.1", server.port))
    for _ in range(3):
        assert connection.send("a@b.c", "d@e.f", RAW, lambda: None).startswith("250")
    connection._smtp.sock.shutdown(socket.SHUT_RDWR)
    assert connection.send("a@b.c", "d@e.f", RAW, lambda: None).startswith("250")
    assert len(server.bodies) == 4


PIPELINING = "250-hello\r\n250 PIPELINING"


@pytest.mark.parametrize(
    ("script", "kind", "phase"),
    [
        ({"MAIL": "550 not you"}, "never", "mail"),
        ({"RCPT": "550 unknown"}, "never", "rcpt"),
        ({"RCPT": "450 greylisted"}, "later", "rcpt"),
        ({"DATA": "554 no"}, "never", "data"),
        ({"RCPT": None}, "later", "rcpt"),
    ],
)
def test_of_commands_in_one_write_each_answer_counts_for_itself(script, kind, phase):
    server = Scripted(EHLO=PIPELINING, **script)
    with pytest.raises(NotSent) as error:
        send(server)
    assert (error.value.kind, error.value.phase) == (kind, phase)
    time.sleep(0.05)
    assert server.bodies == []


def test_commands_in_one_write_and_a_mail_committed_before():
    server = Scripted(EHLO=PIPELINING)
    connection = Connection(Server("127.0.0.1", server.port))
    assert connection.send("a@b.c", "d@e.f", RAW, lambda: None).startswith("250")
    assert connection.send("a@b.c", "d@e.f", RAW, None).startswith("250")
    assert server.bodies == [b"Subject: x\r\n\r\n..dot at the start\r\n..\r\nend\r\n.\r\n"] * 2


def test_what_a_server_says_unasked_belongs_to_no_mail():
    server = Scripted(DOT="250 ok\r\n250 and more")
    connection = Connection(Server("127.0.0.1", server.port))
    for _ in range(2):
        assert connection.send("a@b.c", "d@e.f", RAW, lambda: None) == "250 ok"
