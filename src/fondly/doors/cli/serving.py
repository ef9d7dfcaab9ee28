"""Web server and worker as processes: start, watch, stop together."""

import errno
import logging
import os
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Callable

log = logging.getLogger("fondly.up")
STOP_SECONDS = 8
THREADS = 4
LONGEST_WAIT = 30.0  # seconds between two tries to start a worker that keeps ending


def refuse_busy_port(host: str, port: int) -> None:
    """Exit with a sentence when the address cannot be listened to."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        sys.exit(_why_not(host, port, error))


def _why_not(host: str, port: int, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return f"fondly: port {port} on {host} is in use by another program. Choose another with --port."
    if number in (errno.EACCES, errno.EPERM):
        return f"fondly: port {port} may not be opened by this user. Ports from 1024 on need no special rights."
    return f"fondly: cannot listen on {host}:{port}: {error}"


def serve(host: str, port: int, processes: int) -> None:
    """Run the web server in this process until SIGTERM or Ctrl+C."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "fondly.project.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        log_level=LogLevels.warning,
        websockets=False,
    ).serve()


class WorkerProcess:
    """The one worker that `fondly up` starts and, should it die, starts again."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process = self._start()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "fondly.doors.cli.main", "worker", "--parent", str(os.getpid())]
        return subprocess.Popen(command)  # noqa: S603 - our own interpreter and module

    def _watch(self) -> None:
        wait = 1.0
        while not self._stopping.is_set():
            began = time.monotonic()
            code = self._process.wait()
            wait = 1.0 if time.monotonic() - began > LONGEST_WAIT else min(wait * 2, LONGEST_WAIT)
            if self._stopping.wait(wait):
                return
            log.warning("the worker ended with code %s; starting it again", code)
            self._process = self._start()

    def stop(self) -> None:
        """Ask it to stop; after STOP_SECONDS it is killed, which is safe."""
        self._stopping.set()
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()


def when_listening(host: str, port: int, then: Callable[[], None]) -> None:
    """Call `then` (in a thread) as soon as the port answers."""
    target = "127.0.0.1" if host in ("0.0.0.0", "") else host  # noqa: S104 - only compared
    threading.Thread(target=_wait_for, args=(target, port, then), daemon=True).start()


def _wait_for(host: str, port: int, then: Callable[[], None]) -> None:
    for _ in range(600):
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            then()
            return


def open_browser(url: str) -> None:
    """Best effort: a server without a screen has no browser."""
    try:
        webbrowser.open(url)
    except webbrowser.Error:
        log.debug("no browser to open")
