"""What one process of `upgrade.py` does: `python bench/upgrade_steps.py STEP [N]`, with the old or the new code before it.

Only what both have is used here, so that the very same step runs on either side. It prints its answer as JSON.
"""

import json
import os
import shutil
import sqlite3
import sys
import tarfile
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from install import BOOK, MONDAY, clients, playbook, prepare

# What waits for weeks while the upgrade happens, of every kind: by itself, by hand, with a yes, on a date, again and again.
LATER = """
      soon: {kind: work, channel: email, mode: approve, when: 3 days after entry, template: welcome}
      visit: {kind: wow, channel: phone, mode: by_hand, when: 10 days after entry at 10:00}
      often: {kind: relationship, channel: email, mode: auto, when: every 9 days, template: welcome}
"""
_MARK = "template: welcome, late: send}\n"
_OPEN = ("held", "sending", "approval")


def fill(count: int) -> int:
    """A new install, or more clients in it; each has one mail to come now and others later."""
    from fondly.design.playbooks.models import Playbook
    from fondly.ground import clock
    from fondly.ground.action import SYSTEM, perform
    from fondly.run.journeys.actions import StartJourneys

    if not Playbook.objects.exists():
        playbook(BOOK.replace(_MARK, _MARK.rstrip("\n") + LATER))
        clock.set_to(MONDAY)
    ids = clients(count)
    perform("journeys.start_many", SYSTEM, StartJourneys(ids, Playbook.objects.get().pk, key=f"bench {ids[0]}"))
    return len(ids)


def keep(_unused: int) -> int:
    """Put an SQLite install and what the mail server took from it into one file; its bytes."""
    from django.conf import settings

    kept, log = Path(os.environ["UPGRADE_KEPT"]), Path(os.environ["UPGRADE_LOG"])
    with tempfile.TemporaryDirectory() as folder, tarfile.open(kept, "w:gz") as tar:
        copy = Path(folder) / "database"
        with sqlite3.connect(settings.DATABASES["default"]["NAME"]) as connection:
            connection.execute("VACUUM INTO ?", [str(copy)])
        tar.add(copy, "database", filter=_nobodys)
        tar.add(log, "taken", filter=_nobodys)
    return kept.stat().st_size


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without who made it."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def load(_unused: int) -> int:
    """Bring back what was kept into an empty database of either kind; how many mails the old code had sent."""
    from upgrade_load import bring_back

    from fondly.ground import clock

    with tempfile.TemporaryDirectory() as folder, tarfile.open(os.environ["UPGRADE_KEPT"]) as tar:
        tar.extractall(folder, filter="data")
        shutil.copy(Path(folder) / "taken", os.environ["UPGRADE_LOG"])
        bring_back(Path(folder) / "database")
    clock.set_to(MONDAY + timedelta(minutes=10))
    return len(_taken())


def work(_unused: int) -> int:
    """Turns of the engine until nothing is left or in doubt; how many."""
    from fondly.ground import clock
    from fondly.run.journeys import engine

    turns = 0
    while not engine.tick(clock.now(), "after").quiet or settle(0) or left(0):
        turns += 1
    return turns


def ready(wait: int) -> str:
    """As `fondly up` does before it serves. wait 0: do not listen for a worker that nobody starts any more."""
    from fondly.doors import heartbeat
    from fondly.doors.cli import preparing

    if not wait:
        heartbeat.BEAT_SECONDS = 0.0
    preparing.make_ready()
    return "ready"


def plans(_unused: int) -> list[list[str]]:
    """What is planned for later than tomorrow."""
    from fondly.ground import clock
    from fondly.run.journeys.models import Moment

    rows = Moment.objects.filter(state="planned", at__gt=clock.now() + timedelta(days=1)).order_by("pk")
    return [
        [str(pk), f"{key} {at.isoformat()} {mode}"] for pk, key, at, mode in rows.values_list("pk", "key", "at", "mode")
    ]


def left(_unused: int) -> int:
    """How many mails are still to go or to be judged."""
    from fondly.run.journeys.models import Moment
    from fondly.run.outbox.models import Message

    waiting = Moment.objects.filter(touchpoint="welcome", state__in=("planned", "working")).count()
    return waiting + Message.objects.filter(state__in=_OPEN).count()


def settle(_unused: int) -> dict[str, int]:
    """Say of each unsure message what the mail server's log says; have the failed done again."""
    from fondly.ground.action import SYSTEM, perform
    from fondly.run.journeys.actions.moments import DoMomentNow
    from fondly.run.journeys.models import Moment
    from fondly.run.outbox.actions import ResolveUncertain
    from fondly.run.outbox.models import Message

    said: Counter[str] = Counter()
    taken = set(_taken())
    for pk, message_id in list(Message.objects.filter(state="uncertain").values_list("pk", "message_id")):
        perform("outbox.resolve", SYSTEM, ResolveUncertain(pk, message_id in taken))
        said["found" if message_id in taken else "resent"] += 1
    for pk, revision in list(Moment.objects.filter(state="due", asks="failed").values_list("pk", "revision")):
        perform("journeys.do_now", SYSTEM, DoMomentNow(pk, revision))
        said["again"] += 1
    return dict(said)


def report(_unused: int) -> dict[str, object]:
    """The database beside the mail server's log, and what the doctor says of it."""
    from fondly.doors import database, invariants
    from fondly.ground import chain, clock
    from fondly.run.journeys.models import Moment
    from fondly.run.outbox.models import Message

    moment_of = dict(Message.objects.values_list("message_id", "moment_id"))
    copies = Counter(moment_of[message_id] for message_id in _taken())
    states = dict(Moment.objects.filter(touchpoint="welcome").values_list("pk", "state"))
    return {
        "mails": len(states),
        "lost": sum(not copies[pk] for pk in states),
        "duplicate": sum(count - 1 for count in copies.values()),
        "open": sum(state != "done" for state in states.values()),
        "broken": [f"{one.count} {one.what}" for one in invariants.broken(clock.now())]
        + [f"{count} {what}" for what, count in chain.check().faults.items()],
        "trouble": database.state().trouble,
    }


def _taken() -> list[str]:
    return Path(os.environ["UPGRADE_LOG"]).read_text("ascii").split()


STEPS = {step.__name__: step for step in (fill, keep, load, ready, work, plans, left, settle, report)}


def main() -> int:
    name, number = sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else 0
    home, port = Path(os.environ["FONDLY_HOME"]), int(os.environ["UPGRADE_PORT"])
    if name == "fill":
        prepare(home, port)
    else:
        import django

        django.setup()
    print(json.dumps(STEPS[name](number)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
