"""An SMTP server that takes everything: `python bench/sink.py [LOG]`. Prints its port, then how many it took.

It keeps nothing but, with LOG, the Message-ID of each mail, written before the mail is answered for.
"""

import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO


class Sink:
    """One thread per connection; plain sockets, so that little of the machine goes into receiving."""

    def __init__(self, log: BinaryIO | None) -> None:
        self.taken = 0
        self._log = log
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]

    def serve(self) -> None:
        while True:
            connection, _address = self._listening.accept()
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(ConnectionError), connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 sink\r\n")
            while line := lines.readline():
                if not self._answer(line[:4].upper(), connection, lines):
                    return

    def _answer(self, verb: bytes, connection: socket.socket, lines: BinaryIO) -> bool:
        if verb == b"DATA":
            connection.sendall(b"354 go on\r\n")
            if not self._take(lines):
                return False
        if verb == b"EHLO":
            connection.sendall(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        else:
            connection.sendall(b"221 bye\r\n" if verb == b"QUIT" else b"250 2.0.0 taken\r\n")
        return verb != b"QUIT"

    def _take(self, lines: BinaryIO) -> bool:
        """Read one mail; False when the line ends before the mail does, which then does not count."""
        message_id = b""
        while (line := lines.readline()) != b".\r\n":
            if not line:
                return False
            if line[:12].lower() == b"message-id: " and not message_id:
                message_id = line[12:].strip(b"<>\r\n")
        if self._log is not None:
            self._log.write(message_id + b"\n")
        self.taken += 1
        return True


if __name__ == "__main__":
    sink = Sink(Path(sys.argv[1]).open("ab", buffering=0) if sys.argv[1:] else None)  # noqa: SIM115 - open until the end
    print(sink.port, flush=True)
    threading.Thread(target=sink.serve, daemon=True).start()
    sys.stdin.read()  # until who started us goes away
    print(sink.taken, flush=True)
