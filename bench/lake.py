"""The lake: how fast facts are sealed, and what a refresh of the six journey measures costs after 10,000 new events.

`python bench/lake.py --rows 1e7 --facts 1e6`. CPU seconds (user and system, all threads). Beside sealing: only reading
the same rows from the database. Beside each refresh: the same measure over the whole log again.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from install import prepare
from tables import head, row

from fondly.core.metrics.kernels.columns import Columns

NEW = 10_000
NAMES, STAGES = tuple(f"touchpoint {n:02}" for n in range(40)), tuple(f"stage {n}" for n in range(7))
STEPS, DAY = NAMES[:6], 86_400
START = 1_700_000_000_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=float, default=1e7, help="events of the log that is refreshed")
    parser.add_argument("--facts", type=float, default=2e5, help="facts that are sealed")
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    rows, facts = (20_000, 3_000) if given.small else (int(given.rows), int(given.facts))
    head()
    with tempfile.TemporaryDirectory() as home:
        prepare(Path(home), 0)
        _seal(facts)
    _refresh(rows)


def cpu(work: Callable[[], Any], times: int = 1) -> float:
    """CPU seconds of the quickest of some runs."""
    spent = []
    for _ in range(times):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return max(min(spent), 1e-6)


def _seal(facts: int) -> None:
    from fondly.ground import clock
    from fondly.measure.lake import inside, sealing
    from fondly.measure.lake.catalogue import INTERACTIONS
    from fondly.measure.lake.databases import select
    from fondly.measure.lake.models import LakeFile

    clients = _live(facts)
    database = inside.OfDjango()
    read = cpu(lambda: database.rows(select(INTERACTIONS, INTERACTIONS.stored, database.vendor)))
    later = clock.now() + 2 * sealing.LONGEST

    def seal() -> None:
        while sealing.seal("interactions", later):
            pass

    spent = cpu(seal)
    size = sum(LakeFile.objects.values_list("bytes", flat=True))
    row("seal facts", facts / spent, "facts/s", "", facts / read, "read only")
    row("one fact in a file", size / facts, "bytes")
    with inside.lake() as lake:
        row("write the columns, first time", cpu(lake.kept), "s CPU")
        new = NEW if facts > NEW else facts // 10
        _tell(clients, new)
        row(f"read them with {new:,} new facts", cpu(lake.kept, 5) * 1000, "ms CPU")


def _live(facts: int) -> list[int]:
    """Clients with that many facts, 20 each."""
    from fondly.ground import bulk, clock
    from fondly.people.clients.models import Client

    now = clock.now()
    new = [Client(name=f"c{n}", sort_name=f"c{n}", created_at=now, changed_at=now) for n in range(facts // 20)]
    bulk.insert(Client, new)
    clients = list(Client.objects.values_list("pk", flat=True))
    _tell(clients, facts)
    return clients


def _tell(clients: list[int], facts: int) -> None:
    from datetime import timedelta

    from django.db import transaction

    from fondly.ground import clock
    from fondly.people.clients import rows
    from fondly.people.clients.timeline import NewFact

    dice, now = random.Random(facts), clock.now()
    for start in range(0, facts, 10_000):
        some = [
            NewFact(dice.choice(clients), "done", now - timedelta(seconds=dice.randrange(700 * DAY)), stage=dice.choice(STAGES),
                    name=dice.choice(NAMES), channel="email", text="words for people", feeling=dice.choice((None, 1)))
            for _ in range(start, min(start + 10_000, facts))
        ]  # fmt: skip
        with transaction.atomic():
            rows.add(some, now)


def _refresh(rows: int) -> None:
    from fondly.core.metrics.kernels import cohorts, dropoff, dwell, funnel, paths
    from fondly.core.metrics.kernels.refresh import Kept
    from fondly.measure.lake.clustered import Asked, Now, changed

    base, fresh = _log(rows, np.random.default_rng(1))
    change = changed(base, fresh, (), Asked())
    kept, afresh = Kept(base), Now(Kept(base), change).columns()
    window = 90.0 * DAY
    measures: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "directly follows": (lambda: kept.directly_follows(change), lambda: paths.directly_follows(afresh)),
        "funnel": (lambda: kept.funnel(change, STEPS, window), lambda: funnel.funnel(afresh, STEPS, window)),
        "cohorts": (lambda: kept.cohort_retention(change), lambda: cohorts.cohort_retention(afresh)),
        "variants": (lambda: kept.variants(change, 50), lambda: paths.variants(afresh, 50)),
        "drop-off": (lambda: kept.drop_off(change), lambda: dropoff.drop_off(afresh)),
        "dwell": (lambda: kept.dwell(change), lambda: dwell.dwell(afresh)),
    }
    told = f"after {len(fresh):,} new events of {rows:,}"
    row(f"find the changed clients, {told}", cpu(lambda: changed(base, fresh, (), Asked()), 5) * 1000, "ms CPU")
    for name, (again, whole) in measures.items():
        again()
        row(f"refresh {name}", cpu(again, 5) * 1000, "ms CPU", "50 ms", cpu(whole, 2) * 1000, "afresh")

    def all_six() -> None:
        nonlocal change
        change = changed(base, fresh, (), Asked())
        for again, _whole in measures.values():
            again()

    row("find them and refresh all six", cpu(all_six, 5) * 1000, "ms CPU", "50 ms")


def _log(rows: int, dice: np.random.Generator) -> tuple[Columns, list[tuple[Any, ...]]]:
    """A log of 20 events a client over two years, and new events of some clients as the database gives them."""
    clients = max(rows // 20, 1)
    client = np.sort(dice.integers(0, clients, rows)).astype(np.int32)
    at = START + dice.integers(0, 730 * DAY, rows) * 1_000_000
    at = at[np.lexsort((at, client))]
    what, stage = (dice.integers(0, len(words), rows).astype(np.uint8) for words in (NAMES, STAGES))
    new = min(NEW, rows // 10)
    times = (START + (731 * DAY + np.arange(new)) * 1_000_000).tolist()
    whose = dice.integers(0, clients, new).tolist()
    fresh = [
        (who, then, n, "done", NAMES[n % 40], STAGES[n % 7])
        for n, (who, then) in enumerate(zip(whose, times, strict=True))
    ]
    return Columns(client, at, what, NAMES, stage, STAGES), fresh


if __name__ == "__main__":
    main()
