"""Kills a process at each step of each piece of the lake's work; after every kill all is read once. Run by test_kills.

Every piece runs in a forked process of its own, so that this one never holds a connection.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import django

django.setup()

from django.db import connection, connections, transaction  # noqa: E402

from fondly.ground import clock  # noqa: E402
from fondly.measure.events.keeping import key_of  # noqa: E402
from fondly.measure.events.models import BehaviourEvent  # noqa: E402
from fondly.measure.lake import (  # noqa: E402
    compacting,
    files,
    forgetting,
    inside,
    keeping,
    redoing,
    sealing,
    sweeping,
)
from fondly.measure.lake.models import LakeFile  # noqa: E402
from fondly.people.clients.models import Interaction  # noqa: E402
from tests.measure.lake.lived import NOW, client, facts, later, of_database, of_lake  # noqa: E402

Step = Callable[[], None]
compacting.MANY = 1
EXPECTED = inside.folder().parent / "expected"


def expected() -> list[str]:
    """Names of the events that must be read."""
    return EXPECTED.read_text().split() if EXPECTED.exists() else []


def expect(names: list[str]) -> None:
    EXPECTED.write_text(" ".join(names))


def die(*_more: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: object, name: str) -> Step:
    return lambda: setattr(owner, name, die)


def after(owner: object, name: str) -> Step:
    real = getattr(owner, name)
    return lambda: setattr(owner, name, lambda *given, **more: (real(*given, **more), die()))


def add_facts() -> None:
    facts(client(f"c{time.monotonic_ns()}"), 4)


def seal_facts_twice() -> None:
    for _file in range(2):
        add_facts()
        sealing.seal("interactions", later())


def change_facts() -> None:
    Interaction.objects.order_by("pk").first().delete()
    last = Interaction.objects.order_by("pk").last()
    Interaction.objects.filter(pk=last.pk).update(client=Interaction.objects.order_by("pk").first().client_id)


def add_events() -> None:
    number, now = time.monotonic_ns(), clock.now()
    for visitor in ("u1", f"u{number}"):
        key = f"{number}-{visitor}"
        BehaviourEvent.objects.create(message_id=key, message_key=key_of(key), kind="track", name=key, visitor=visitor,
                                      at=NOW, received_at=now, properties="{}", context="{}")  # fmt: skip
    expect([*expected(), f"{number}-u1", f"{number}-u{number}"])


def forget_one() -> None:
    """Every event there is of the visitor goes."""
    add_events()
    sealing.seal("events", later())
    with transaction.atomic():
        forgetting.forget(["u1"])
        BehaviourEvent.objects.filter(visitor="u1").delete()
    expect([name for name in expected() if not name.endswith("-u1")])


def redo() -> None:
    while redoing.redo("interactions", clock.now()):
        pass


def work_off() -> None:
    """What a worker does when it comes back."""
    keeper, now = keeping.Keeper(), later()
    while keeper.turn(now):
        pass


SEALED = [before(files, "_sync"), before(sealing, "enter"), before(type(LakeFile.objects), "bulk_create")]
REDONE = [before(files, "_sync"), before(redoing, "enter"), after(redoing, "enter")]
PIECES: dict[str, tuple[Step, Step, list[Step]]] = {
    "seal facts": (add_facts, lambda: sealing.seal("interactions", later()), [*SEALED, after(sealing, "enter")]),
    "seal events": (add_events, lambda: sealing.seal("events", later()), [*SEALED, after(sealing, "enter")]),
    "redo": (change_facts, redo, [*REDONE, before(redoing, "_seal_again")]),
    "forget": (forget_one, lambda: redoing.forget(clock.now()), REDONE),
    "compact": (seal_facts_twice, lambda: compacting.compact(clock.now()), [before(compacting, "enter"), SEALED[0]]),
    "sweep": (
        change_facts, lambda: (redo(), sweeping.sweep(clock.now() + timedelta(hours=3))), [after(Path, "unlink")]
    ),
    "drop": (add_events, lambda: sweeping.drop_sealed(clock.now() + timedelta(days=9)), [before(connection, "commit")]),
}  # fmt: skip


def forked(work: Step) -> int:
    """The signal that ended the process, or minus its exit code."""
    pid = os.fork()
    if not pid:
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
            code = 1
        connections.close_all()
        os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)


def check() -> None:
    assert of_lake() == of_database()
    with inside.lake() as lake:
        events = lake.duckdb("events").sql("SELECT name FROM events").fetchall()
    assert sorted(name for (name,) in events) == sorted(expected())


def come_back() -> None:
    check()
    work_off()
    check()


def main() -> int:
    kills = 0
    for piece, (prepare, work, steps) in PIECES.items():
        for number, step in enumerate(steps):
            ended = forked(lambda: (prepare(), step(), work()))
            back = forked(come_back)
            if (ended, back) != (signal.SIGKILL, 0):
                print(f"{piece}, step {number}: ended by {ended}, afterwards {back}")
                return 1
            kills += 1
    print(f"{kills} kills, 0 lost, 0 double")
    return 0


if __name__ == "__main__":
    import duckdb  # noqa: F401 - loaded once for all that are forked

    sys.exit(main())
