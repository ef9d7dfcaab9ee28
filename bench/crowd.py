"""A whole client base at once: `python bench/crowd.py [--clients 100000] [--small]`, against a minute each.

Clients start a playbook, a new version is published to all of them after its preview, all are paused; each step slice
by slice as the worker does it, at full durability. Runs on SQLite, or under bin/with-postgres. The peak is of this
process: Python, Django and one worker.
"""

import argparse
import cProfile
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from install import BOOK, MONDAY, clients, playbook, prepare
from tables import head, row

_MADE_TOGETHER = 5000
_AFTER = "      welcome:"
_MORE = "      ask: {kind: work, channel: email, mode: auto, when: 3 days after entry, template: welcome}\n"
LIMIT = 60  # seconds for each act on 100,000 clients


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="1,000 clients")
    parser.add_argument("--clients", type=int, default=100_000)
    parser.add_argument("--profile", default="", help="a step: print where its time goes")
    given = parser.parse_args()
    count = 1000 if given.small else given.clients
    with tempfile.TemporaryDirectory() as home:
        prepare(Path(home), 0)
        _be_durable()
        Crowd(count, given.profile).run()
    return 0


def _be_durable() -> None:
    """As the worker is."""
    from django.db import connection

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")


class Crowd:
    """The acts, one after another, each timed."""

    def __init__(self, count: int, profile: str) -> None:
        self.count, self.profile = count, profile
        self.ids: list[int] = []
        self.playbook_id = 0

    def run(self) -> None:
        from django.db import connection

        from fondly.run.journeys.actions import MoveToVersion, PauseEverything, PauseJourneys, StartJourneys

        self._people()
        print(f"{self.count:,} clients, {connection.vendor}, one worker; this machine is shared")
        head()
        self.timed("start them all", "journeys.start_many", StartJourneys(self.ids, self.playbook_id, key="crowd"))
        new = self._publish()
        self.preview(new)
        self.timed("move them to a new version", "journeys.move_to_version", MoveToVersion(self.playbook_id, new))
        paused = self.timed("pause them all", "journeys.pause_many", PauseJourneys(playbook_id=self.playbook_id))
        self.undone("  undo: all go on", paused)
        self.timed("pause everything (the switch)", "journeys.pause_everything", PauseEverything("bench"))
        self._check(new)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        row("peak memory", peak, "MB", "< 250 MB")

    def timed(self, what: str, name: str, given: object) -> int:
        """Do it as the worker does; the number of its entry in Activity."""
        from fondly.ground import clock, errands
        from fondly.ground.action import SYSTEM

        with clock.at(MONDAY + timedelta(minutes=5)):
            done = self.measure(what, lambda: errands.carry_out(name, SYSTEM, given, _say))
        return done.audit_id

    def undone(self, what: str, audit_id: int) -> None:
        from fondly.ground.actions import UndoEntry

        self.timed(what, "audit.undo", UndoEntry(audit_id))

    def preview(self, version_id: int) -> None:
        from fondly.run.journeys import effect

        now = MONDAY + timedelta(minutes=5)
        seen = self.measure("preview of a new version", lambda: effect.preview(self.playbook_id, version_id, now))
        if seen.journeys != self.count or seen.added < self.count:
            sys.exit(f"the preview tells of {seen.journeys} journeys with {seen.added} moments more")

    def measure(self, what: str, work: Callable[[], object]) -> object:
        profiler = cProfile.Profile() if self.profile and self.profile in what else None
        wall, cpu = time.perf_counter(), time.process_time()
        done = profiler.runcall(work) if profiler else work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        if profiler:
            pstats.Stats(profiler).sort_stats("tottime").print_stats(55)
        row(what, wall, "s", f"< {LIMIT} s")
        row("  CPU", cpu, "s")
        return done

    def _people(self) -> None:
        for first in range(0, self.count, _MADE_TOGETHER):
            self.ids += clients(min(_MADE_TOGETHER, self.count - first))
        self.playbook_id = playbook()

    def _publish(self) -> int:
        """A second version with one touchpoint more."""
        from fondly.design.playbooks import library
        from fondly.design.playbooks.models import PlaybookVersion

        text = BOOK.replace(_AFTER, _MORE + _AFTER, 1)
        PlaybookVersion.objects.update(state=PlaybookVersion.State.RETIRED)
        return PlaybookVersion.objects.create(
            playbook_id=self.playbook_id, number=2, text=text, content_hash=library.hash_of(text), state="live",
            by="bench", made_at=MONDAY, published_at=MONDAY,
        ).pk  # fmt: skip

    def _check(self, version_id: int) -> None:
        """Each client exactly once, on the new version, with the moments of it."""
        from fondly.run.journeys.models import Journey, Moment

        rows = Journey.objects.filter(version=version_id, state=Journey.State.ACTIVE)
        clients = rows.values("client").distinct().count()
        asks = Moment.objects.filter(touchpoint="ask", journey__version=version_id).count()
        if not clients == rows.count() == asks == self.count:
            sys.exit(f"{self.count} clients, but {clients} on {rows.count()} journeys with {asks} new moments")


def _say(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} of {total:,}", end="\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
