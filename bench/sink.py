"""An SMTP server that takes everything and keeps nothing: `python bench/sink.py`. Prints its port, then counts."""

import socket
import sys
import threading


class Sink:
    """One thread per connection; plain sockets, so that little of the machine goes into receiving."""

    def __init__(self) -> None:
        self.taken = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]

    def serve(self) -> None:
        while True:
            connection, _address = self._listening.accept()
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 sink\r\n")
            while line := lines.readline():
                if not self._answer(line[:4].upper(), connection, lines):
                    return

    def _answer(self, verb: bytes, connection: socket.socket, lines) -> bool:
        if verb == b"DATA":
            connection.sendall(b"354 go on\r\n")
            while lines.readline() not in (b".\r\n", b""):
                pass
            self.taken += 1
        if verb == b"EHLO":
            connection.sendall(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        else:
            connection.sendall(b"221 bye\r\n" if verb == b"QUIT" else b"250 2.0.0 taken\r\n")
        return verb != b"QUIT"


if __name__ == "__main__":
    sink = Sink()
    print(sink.port, flush=True)
    threading.Thread(target=sink.serve, daemon=True).start()
    sys.stdin.read()  # until who started us goes away
    print(sink.taken, flush=True)
