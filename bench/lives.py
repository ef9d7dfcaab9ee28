"""What the processes of `kill.py` do: live until they are killed, add work, settle what is unsure, report.

Each function runs in a process of its own, forked from one that has everything imported but no connection.
"""

import json
import os
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from install import MONDAY, clients

NOW = MONDAY + timedelta(minutes=2)
OPEN = ("held", "sending", "approval")


def fork(work: Callable[[], object]) -> int:
    """Run `work` in a new process; its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def ask(work: Callable[[], Any]) -> Any:
    """What `work` returns (JSON), from a process of its own. Raises RuntimeError when it fails."""
    reader, writer = os.pipe()
    pid = fork(lambda: os.write(writer, json.dumps(work()).encode()))
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        text = answer.read()
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError("a process of the benchmark failed; its words are above")
    return json.loads(text)


def rehearse() -> None:
    """Send one mail before the first fork: what that reads and builds once is then there in every process."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    add(1)
    work("", 0, nowhere)
    os.close(nowhere)


def work(hook: str, times: int, sign: int, signum: int = signal.SIGKILL) -> None:
    """Turns of the engine until nothing is left to do. At the n-th time at `hook` the process signals itself.

    sign: a pipe to write a byte to when the sending begins.
    """
    from django.db import connection

    from fondly.ground import clock
    from fondly.run.journeys import engine
    from fondly.run.outbox import faults

    left = [times]

    def reach(name: str) -> None:
        if name == "before_claim" and left[0] == times:
            os.write(sign, b".")
        if name == hook:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signum)

    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA synchronous=FULL")  # as a worker does
    faults.use(reach)
    with clock.at(NOW):
        while not engine.tick(NOW, f"worker-{os.getpid()}").quiet:
            pass


def add(count: int) -> int:
    """More clients on the journey, each with one mail to come; how many moments there are now."""
    from fondly.design.playbooks.models import Playbook
    from fondly.ground import clock
    from fondly.ground.action import SYSTEM, perform
    from fondly.run.journeys.actions import StartJourneys
    from fondly.run.journeys.models import Moment

    with clock.at(MONDAY):
        ids = clients(count)
        perform("journeys.start_many", SYSTEM, StartJourneys(ids, Playbook.objects.get().pk, key=f"bench {ids[0]}"))
    return Moment.objects.filter(touchpoint="welcome").count()


def drain() -> None:
    """Work on until nothing waits any more; what the dead held is taken over when their lease has run out."""
    from django.conf import settings

    from fondly.run.journeys.models import Moment
    from fondly.run.outbox.models import Message

    sign = os.open(os.devnull, os.O_WRONLY)
    while True:
        work("", 0, sign)
        planned = Moment.objects.filter(touchpoint="welcome", state__in=("planned", "working"))
        if not (Message.objects.filter(state__in=OPEN).exists() or planned.exists()):
            return
        time.sleep(settings.FONDLY_LEASE_SECONDS / 4)


def settle(log: Path) -> dict[str, int]:
    """Say of each unsure message what the server's log says; have the failed done again. Each by the product's action."""
    from fondly.ground import clock
    from fondly.ground.action import Actor, perform
    from fondly.run.journeys.actions.moments import DoMomentNow
    from fondly.run.journeys.models import Moment
    from fondly.run.outbox.actions import ResolveUncertain
    from fondly.run.outbox.models import Message

    taken, dana, counts = accepted(log), Actor("Dana", None, frozenset({"admin"})), Counter[str]()
    with clock.at(NOW):
        for pk, message_id in list(Message.objects.filter(state="uncertain").values_list("pk", "message_id")):
            arrived = message_id in taken
            perform("outbox.resolve", dana, ResolveUncertain(pk, arrived))
            counts["found" if arrived else "resent"] += 1
        for pk, revision in list(Moment.objects.filter(state="due", asks="failed").values_list("pk", "revision")):
            perform("journeys.do_now", dana, DoMomentNow(pk, revision))
            counts["again"] += 1
    return dict(counts)


def report(log: Path) -> dict[str, int]:
    """The database and the server's log side by side, by moment: every one exactly once?"""
    from fondly.run.journeys.models import Moment
    from fondly.run.outbox.models import Message

    moment_of = dict(Message.objects.values_list("message_id", "moment_id"))
    copies = Counter(moment_of[message_id] for message_id in accepted(log).elements())
    states = dict(Moment.objects.filter(touchpoint="welcome").values_list("pk", "state"))
    return {
        "mails": len(states),
        "lost": sum(not copies[pk] for pk in states),
        "duplicate": sum(count - 1 for count in copies.values()),
        "open": sum(state != "done" for state in states.values()),
    }


def forgotten(log: Path) -> int:
    """Mails the server took, of which the database does not know that they may have gone."""
    from django.db.models import Q

    from fondly.run.outbox.models import Message

    sure = Q(state__in=("sent", "uncertain")) | Q(state="sending", committed_at__isnull=False)
    known = set(Message.objects.filter(sure).values_list("message_id", flat=True))
    return sum(message_id not in known for message_id in accepted(log))


def accepted(log: Path) -> Counter[str]:
    """Message-ID -> how often the server took it."""
    return Counter(log.read_text("ascii").split())
