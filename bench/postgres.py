"""A PostgreSQL of our own for a while, as durable as it comes: `with Postgres(folder) as server:` has server.url."""

import os
import pwd
import socket
import subprocess
from pathlib import Path

_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


class Postgres:
    """Started on a free port of this machine; `crash` stops it as a power cut would, `start` starts it again."""

    def __init__(self, folder: Path) -> None:
        if not _PROGRAMS:
            raise SystemExit("PostgreSQL's own programs are not installed (package postgresql)")
        self.folder = folder
        self.port = free_port()
        self.url = f"postgresql://fondly@127.0.0.1:{self.port}/fondly"

    def __enter__(self) -> "Postgres":
        if os.geteuid() == 0:  # it does not run as root
            self.folder.chmod(0o755)
            account = pwd.getpwnam("postgres")
            (self.folder / "pg").mkdir()
            os.chown(self.folder / "pg", account.pw_uid, account.pw_gid)
        self._run("initdb", "-A", "trust", "-U", "fondly", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "fondly", "fondly", data=False)
        return self

    def __exit__(self, *_unused: object) -> None:
        self.crash()

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=60"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "pg" / "log"), "-o", options, "start")

    def crash(self) -> None:
        self._run("pg_ctl", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str, data: bool = True) -> None:
        command = [
            str(_PROGRAMS[-1] / program),
            *(["-D", str(self.folder / "pg" / "data")] if data else []),
            *arguments,
        ]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", check=False)
        if done.returncode:
            raise SystemExit(f"{program} failed: {done.stderr.decode()}")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
