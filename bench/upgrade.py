"""Upgrading an install that is at work: `python bench/upgrade.py --from REVISION --db sqlite|postgres [--clients N]`.

The old code (taken from git) has clients, plans, a queue of mail and two workers under load. One worker is killed, one
falls asleep; the new code's `fondly up` is killed after every single change of the database and started again; then a
worker of the new code goes on, and the sleeper of the old code wakes up beside it. In the end the database is laid
beside the log of a real mail server. The last line tells; the exit code is 1 when anything was lost, doubled or bent.
"""

import argparse
import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from install import sink
from postgres import Postgres

ROOT = Path(__file__).parents[1]
PREVIOUS = "ca80934a1f9d5ecbeee07fb3b1f9b5066b55e74f"  # before the engine's proofs: nothing was released yet
LONGEST = 120.0  # seconds for anything to happen


class Side:
    """The old or the new code, in processes of its own."""

    def __init__(self, source: Path, environment: dict[str, str], words: Path) -> None:
        self.environment = {**environment, "PYTHONPATH": f"{source}:{ROOT / 'bench'}"}
        self.words = words

    def begin(self, step: str, number: int = 0) -> "subprocess.Popen[str]":
        command = [sys.executable, str(ROOT / "bench" / "upgrade_steps.py"), step, str(number)]
        return subprocess.Popen(
            command, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def ask(self, step: str, number: int = 0) -> Any:
        out, err = (process := self.begin(step, number)).communicate()
        if process.returncode:
            raise SystemExit(f"the step {step} failed: {err}")
        return json.loads(out.splitlines()[-1])

    def worker(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "fondly.doors.cli.main", "worker"]
        with self.words.open("ab") as words:
            process = subprocess.Popen(command, env=self.environment, stdout=words, stderr=words)
        atexit.register(process.kill)  # also when the benchmark fails
        return process


class Database:
    """A look from outside, by a connection that lives for one question."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url = home, url

    def changes(self) -> int:
        return int(self._ask("SELECT count(*) FROM django_migrations"))

    def is_free(self) -> bool:
        """Whether nobody stands still in the middle of a write."""
        if self.url:
            busy = "state LIKE 'idle in transaction%' OR (state = 'active' AND pid <> pg_backend_pid())"
            return not self._ask(f"SELECT count(*) FROM pg_stat_activity WHERE datname = 'fondly' AND ({busy})")
        import sqlite3

        connection = sqlite3.connect(self.home / "fondly.sqlite3", timeout=0.3, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            return True
        except sqlite3.OperationalError:
            return False
        finally:
            connection.close()

    def _ask(self, sql: str) -> Any:
        if self.url:
            import psycopg

            with psycopg.connect(self.url) as connection:
                return connection.execute(sql).fetchone()[0]
        import sqlite3

        connection = sqlite3.connect(self.home / "fondly.sqlite3")
        try:
            return connection.execute(sql).fetchone()[0]
        finally:
            connection.close()


class Upgrade:
    """One upgrade from beginning to end."""

    def __init__(self, old: Side, new: Side, database: Database, log: Path) -> None:
        self.old, self.new, self.database, self.log = old, new, database, log
        self.killed = 0
        self.said: Counter[str] = Counter()

    def keep(self, clients: int) -> int:
        """An install of the old code whose worker was killed, into the file of UPGRADE_KEPT."""
        self.old.ask("fill", 1)
        worker = self.old.worker()
        self.old.ask("fill", clients)
        until(lambda: self.taken() >= clients // 3)
        worker.kill()
        worker.wait()
        print(f"{self.new.ask('keep'):,} bytes kept, {self.taken()} mails taken")
        return 0

    def run(self, clients: int) -> int:
        self.old.ask("fill", clients // 10)
        killed = self.old.worker()
        self.is_refused()
        sleeper = self.asleep_under_load(clients)
        killed.kill()
        killed.wait()
        planned = dict(self.new.ask("plans"))
        self.migrate_with_kills()
        new = self.new.worker()
        sleeper.send_signal(signal.SIGCONT)
        self.finish(new, sleeper)
        return self.tell(planned)

    def is_refused(self) -> None:
        """While a worker lives, the new code refuses in words and changes nothing."""
        before = self.database.changes()
        out, err = (process := self.new.begin("ready", 1)).communicate()
        if not process.returncode or "still runs" not in err or self.database.changes() != before:
            raise SystemExit(f"the upgrade did not refuse while a worker ran: {out}{err}")
        print(err.strip().splitlines()[-1])

    def asleep_under_load(self, clients: int) -> "subprocess.Popen[bytes]":
        """A second old worker, stopped while both send; stopped elsewhere than in a write, which would stop all."""
        sleeper = self.old.worker()
        self.old.ask("fill", clients)
        wanted = self.taken() + clients // 5
        until(lambda: self.taken() >= wanted)
        while True:
            sleeper.send_signal(signal.SIGSTOP)
            if self.database.is_free():
                return sleeper
            sleeper.send_signal(signal.SIGCONT)
            time.sleep(0.02)

    def migrate_with_kills(self) -> None:
        """Killed once the backup is there, then after each change to the database, until one run comes to its end."""
        target = self.database.changes()
        while True:
            process = self.new.begin("ready")
            while process.poll() is None and self.database.changes() <= target:
                time.sleep(0.002)
            if process.poll() is not None:
                break
            process.kill()
            process.wait()
            self.killed += 1
            target = self.database.changes()
        out, err = process.communicate()
        if process.returncode:
            raise SystemExit(f"the upgrade did not come to its end: {out}{err}")

    def finish(self, *workers: "subprocess.Popen[bytes]") -> None:
        """Until no mail waits and none is in doubt, as long as they get on; then everybody goes home."""
        taken, ends = 0, 0.0
        while (left := self.new.ask("left")) or self.doubts():
            if self.taken() > taken:
                taken, ends = self.taken(), time.monotonic() + LONGEST
            if time.monotonic() > ends:
                said = self.new.words.read_text()[-2000:]
                raise SystemExit(f"the new worker does not come to an end: {left} are left; it said: {said}")
            time.sleep(1)
        for worker in workers:
            worker.terminate()
            worker.wait()

    def doubts(self) -> int:
        said = self.new.ask("settle")
        self.said.update(said)
        return sum(said.values())

    def taken(self) -> int:
        return len(self.log.read_text("ascii").split())

    def tell(self, planned: dict[str, str]) -> int:
        found, later = self.new.ask("report"), dict(self.new.ask("plans"))
        bent = sum(later.get(pk) != words for pk, words in planned.items())
        lost = found["lost"] + found["open"]
        for words in [*found["broken"], *filter(None, [found["trouble"]])]:
            print(f"not whole: {words}")
        print(
            f"{self.killed} migrations killed, {found['mails']} mails, {lost} lost, {found['duplicate']} duplicate, "
            f"{self.said['found'] + self.said['resent']} uncertain, {len(planned)} plans, {bent} changed"
        )
        return 1 if lost or found["duplicate"] or bent or found["broken"] or found["trouble"] else 0


def until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + LONGEST
    while not is_so():
        if time.monotonic() > ends:
            raise SystemExit("the benchmark waited in vain")
        time.sleep(0.02)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="revision", default=PREVIOUS)
    parser.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument(
        "--keep", default="", help="write an old install into this file (SQLite, .tar.gz) and end there"
    )
    given = parser.parse_args()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        take_from_git(given.revision, home / "old")
        server = stack.enter_context(Postgres(home)) if given.db == "postgres" else None
        log, url = home / "taken", server.url if server else ""
        log.touch()
        environment = settings(home / "home", url, stack.enter_context(sink(True, log)).port, log)
        environment["UPGRADE_KEPT"] = given.keep
        words = home / "words"
        old, new = (Side(source, environment, words) for source in (home / "old" / "src", ROOT / "src"))
        upgrade = Upgrade(old, new, Database(home / "home", url), log)
        return upgrade.keep(given.clients) if given.keep else upgrade.run(given.clients)


def take_from_git(revision: str, folder: Path) -> None:
    folder.mkdir()
    packed = subprocess.run(["git", "-C", str(ROOT), "archive", revision, "src"], capture_output=True, check=False)
    if packed.returncode:
        raise SystemExit(f"git does not have {revision}: {packed.stderr.decode()}")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)


def settings(home: Path, url: str, port: int, log: Path) -> dict[str, str]:
    home.mkdir()
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("FONDLY_", "DJANGO_", "BENCH_"))}
    return clean | {
        "DJANGO_SETTINGS_MODULE": "fondly.project.settings", "FONDLY_HOME": str(home), "FONDLY_DATABASE_URL": url,
        "FONDLY_EMAIL_URL": f"smtp://127.0.0.1:{port}", "FONDLY_EMAIL_FROM": "Dana Field <dana@example.org>",
        "FONDLY_MOVABLE_CLOCK": "yes", "FONDLY_HOLD_SECONDS": "0", "FONDLY_WORKER_LEASE_SECONDS": "2",
        "FONDLY_LOG_LEVEL": "warning", "UPGRADE_PORT": str(port), "UPGRADE_LOG": str(log),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
