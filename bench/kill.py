"""Workers that send are killed, over and over; then the database and the mail server's log are laid side by side.

`python bench/kill.py --kills 10000 --db sqlite|postgres --workers 1` kills with SIGKILL, in turn at every named place
of the sending path and at a random instant. `--zombies N` stops workers past their lease, lets others take over and
wakes them. `--stops N` stops PostgreSQL as a power cut would. `--torn N` copies SQLite's files in the middle of
sending, tears the tail of the copy's log, and looks what a restart would find. Real processes, a real mail server.

The last line tells; the exit code is 1 when anything was lost or doubled.
"""

import argparse
import gc
import os
import random
import select
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import lives
from install import playbook, prepare, sink
from postgres import Postgres
from torn import tear

ONCE_A_BATCH = ("before_claim", "after_claim", "after_connect", "before_result", "after_result")
# Where a worker can be stopped without holding the database: the others must be able to go on.
RESTING = (
    "after_claim", "after_connect", "after_mail", "after_rcpt", "after_data", "after_body", "before_commit",
    "after_commit", "after_dot", "after_reply",
)  # fmt: skip
START, MORE, AT_ONCE = 300, 100, 10
LONGEST = 0.03  # seconds of sending before a random kill


@dataclass
class Life:
    """A worker's process. sign: becomes readable when it begins to send. ends_at: monotonic, when it is to be killed."""

    pid: int
    sign: int
    hook: str
    ends_at: float | None = None


class Killing:
    """Keeps `workers` processes alive and ends each, by itself at a named place or from outside at a random instant."""

    def __init__(self, workers: int, seed: int) -> None:
        from fondly.run.outbox import faults

        self.workers, self.dice, self.names = workers, random.Random(seed), faults.NAMES
        self.lives: list[Life] = []
        self.begun = self.killed = 0
        self.by_place: Counter[str] = Counter()

    def until(self, kills: int) -> None:
        while self.killed < kills:
            while len(self.lives) < self.workers:
                self.begin()
            self.wait()
        self.end_all()

    def begin(self, only_random: bool = False) -> None:
        """One more worker; every second one ends at the next named place, the others at a random instant."""
        hook = "" if only_random or self.begun % 2 else self.names[self.begun // 2 % len(self.names)]
        times = 1 if hook in ONCE_A_BATCH else self.dice.randint(1, 3)
        self.begun += 1
        sign, theirs = os.pipe()
        pid = lives.fork(partial(lives.work, hook, times, theirs))
        os.close(theirs)
        self.lives.append(Life(pid, sign, hook))

    def wait(self) -> None:
        """A few milliseconds: start the clocks of those that began to send, kill whose time has come, bury the dead."""
        waiting = [life.sign for life in self.lives if not life.hook and life.ends_at is None]
        ready = select.select(waiting, [], [], 0.002)[0] if waiting else time.sleep(0.002) or []
        for life in self.lives:
            if life.sign in ready:
                life.ends_at = time.monotonic() + self.dice.random() * LONGEST
            if life.ends_at is not None and time.monotonic() >= life.ends_at:
                os.kill(life.pid, signal.SIGKILL)
        for life in list(self.lives):
            self.bury(life)

    def bury(self, life: Life, options: int = os.WNOHANG) -> None:
        pid, status = os.waitpid(life.pid, options)
        if not pid:
            return
        os.close(life.sign)
        self.lives.remove(life)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            self.killed += 1
            self.by_place[life.hook or "random"] += 1
        else:  # nothing left that is not held by the dead
            lives.ask(partial(lives.add, MORE))

    def end_all(self) -> None:
        for life in list(self.lives):
            os.kill(life.pid, signal.SIGKILL)
            os.waitpid(life.pid, 0)
            os.close(life.sign)
        self.lives.clear()


def zombies(count: int, seed: int) -> None:
    """Each worker is stopped with a few mails in its hands, past its lease; another takes over; then they wake."""
    from django.conf import settings

    dice = random.Random(seed)
    for start in range(0, count, AT_ONCE):
        asleep = []
        for number in range(start, min(start + AT_ONCE, count)):
            lives.ask(partial(lives.add, 3))
            nowhere = os.open(os.devnull, os.O_WRONLY)
            times = 1 if RESTING[number % len(RESTING)] in ONCE_A_BATCH else dice.randint(1, 2)
            hook = RESTING[number % len(RESTING)]
            asleep.append(lives.fork(partial(lives.work, hook, times, nowhere, signal.SIGSTOP)))
            os.waitpid(asleep[-1], os.WUNTRACED)
            os.close(nowhere)
        time.sleep(settings.FONDLY_LEASE_SECONDS + 0.1)
        os.waitpid(lives.fork(lives.drain), 0)
        for pid in asleep:
            os.kill(pid, signal.SIGCONT)
            os.waitpid(pid, 0)


def stops(count: int, killing: Killing, server: Postgres, log: Path) -> int:
    """PostgreSQL is stopped in the middle of sending; how many mails it forgot that they may have gone."""
    lost = 0
    for _ in range(count):
        lives.ask(partial(lives.add, 20 * killing.workers))
        while len(killing.lives) < killing.workers:
            killing.begin(only_random=True)
        signs = [life.sign for life in killing.lives]
        select.select(signs, [], [], 5)
        time.sleep(killing.dice.random() * 0.1)
        server.crash()
        killing.end_all()
        server.start()
        lost += lives.ask(partial(lives.forgotten, log))
    return lost


def torn(count: int, killing: Killing, home: Path, log: Path) -> int:
    """A worker is stopped in the middle of sending and its files are copied; what the copies have lost."""
    lost = 0
    for number in range(count):
        lives.ask(partial(lives.add, 20))
        killing.begin(only_random=True)
        life = killing.lives[-1]
        select.select([life.sign], [], [], 5)
        time.sleep(killing.dice.random() * 0.1)
        os.kill(life.pid, signal.SIGSTOP)
        lost += tear(home, home / f"torn{number}", log, killing.dice)
        killing.end_all()
    return lost


def settled(log: Path) -> tuple[dict[str, int], Counter[str]]:
    """Drain, say of what is unsure whether it arrived, and again until nothing is; then the report."""
    said: Counter[str] = Counter()
    while True:
        os.waitpid(lives.fork(lives.drain), 0)
        counts = lives.ask(partial(lives.settle, log))
        if not counts:
            return lives.ask(partial(lives.report, log)), said
        said.update(counts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_mutually_exclusive_group(required=True)
    for kind in ("kills", "zombies", "stops", "torn"):
        kinds.add_argument(f"--{kind}", type=int, default=0)
    parser.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mails-per-commit", type=int, default=1)
    given = parser.parse_args()
    given.db = "postgres" if given.stops else "sqlite" if given.torn else given.db
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(Postgres(home)) if given.db == "postgres" else None
        log = home / "taken"
        log.touch()
        return run(given, home, log, server, stack.enter_context(sink(True, log)).port)


def run(given: argparse.Namespace, home: Path, log: Path, server: Postgres | None, port: int) -> int:
    os.environ |= {
        "FONDLY_HOLD_SECONDS": "0", "FONDLY_WORKER_LEASE_SECONDS": "1", "FONDLY_LOG_LEVEL": "error",
        "FONDLY_MAILS_PER_COMMIT": str(given.mails_per_commit), "FONDLY_DATABASE_URL": server.url if server else "",
    }  # fmt: skip
    prepare(home, port)
    playbook()
    lives.rehearse()
    from django.db import connections

    connections.close_all()  # from here on only forked processes speak to the database
    gc.freeze()  # what is imported is shared by all of them
    began, killing = time.monotonic(), Killing(given.workers, given.seed)
    forgotten = 0
    if given.zombies:
        zombies(given.zombies, given.seed)
    elif given.stops and server:
        forgotten = stops(given.stops, killing, server, log)
    elif given.torn:
        forgotten = torn(given.torn, killing, home, log)
    else:
        lives.ask(partial(lives.add, START))
        killing.until(given.kills)
    took = time.monotonic() - began
    found, said = settled(log)
    return tell(given, found, said, forgotten, took, killing)


def tell(
    given: argparse.Namespace, found: dict[str, int], said: Counter[str], forgotten: int, took: float, killing: Killing
) -> int:
    kind = next(name for name in ("kills", "zombies", "stops", "torn") if getattr(given, name))
    count, unsure = getattr(given, kind), said["found"] + said["resent"]
    lost = found["lost"] + found["open"] + forgotten
    if killing.by_place:
        print("killed:", ", ".join(f"{name} {n}" for name, n in sorted(killing.by_place.items())))
    print(
        f"{given.db}, {took:.0f} s, {count / took:.1f} {kind}/s; {said['again']} had stopped three workers and were done again"
    )
    words = {"kills": "kills", "zombies": "zombies", "stops": "immediate stops", "torn": "torn copies"}[kind]
    print(
        f"{count} {words}, {found['mails']} mails, {lost} lost, {found['duplicate']} duplicate, "
        f"{unsure} uncertain ({said['found']} found, {said['resent']} resent)"
    )
    return 1 if lost or found["duplicate"] else 0


if __name__ == "__main__":
    sys.exit(main())
