"""Client-years in virtual time: `python bench/simulate.py [--years N] [--seed S] [--steps] [--small]`.

Every seed is a small install of its own: the real engine in an in-memory database, with failing mail servers, dying
workers, wrong clocks and people who change their minds. After every step the rules of tests/proof are checked.
A year counts for clients who are on a journey, while the engine runs.
--seed S lives that one again, exactly; --steps shows what it did. A broken rule prints its seed and its shortest script.
"""

import argparse
import logging
import multiprocessing
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

CHUNK = 4  # worlds a worker takes at once
MOST_WORLDS = 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=float, default=10_000, help="client-years to live")
    parser.add_argument("--seed", type=int, help="live this seed only")
    parser.add_argument("--steps", action="store_true", help="with --seed: print its script")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--small", action="store_true", help="40 client-years")
    given = parser.parse_args()
    if given.seed is not None:
        return _one(given.seed, show=given.steps)
    return _many(40 if given.small else given.years, given.first, 1 if given.small else given.workers)


def _one(seed: int, *, show: bool) -> int:
    _start()
    from tests.proof.simulation_run import live, script

    steps = script(seed)
    if show:
        print("\n".join(f"  {' '.join(map(str, step))}" for step in steps))
    began, began_cpu = time.perf_counter(), time.process_time()
    lived = live(seed, steps)
    _report([lived], time.perf_counter() - began, time.process_time() - began_cpu)
    return _explain(lived.seed) if lived.broken else 0


def _many(years: float, first: int, workers: int) -> int:
    """Live worlds until so many years are together; Ctrl+C ends it with a report of what was lived till then."""
    _start()  # what comes back from the workers can only be read where the rooms are loaded
    began, lives, cpu = time.perf_counter(), [], 0.0
    with multiprocessing.get_context("spawn").Pool(workers, _start) as pool, suppress(KeyboardInterrupt):
        for lived, seconds in pool.imap_unordered(_live, range(first, first + MOST_WORLDS), CHUNK):
            lives.append(lived)
            cpu += seconds
            if lived.broken:
                print(f"seed {lived.seed}: {lived.broken}", flush=True)
            if sum(life.years for life in lives) >= years or sum(bool(life.broken) for life in lives) > 20:
                break
    _report(lives, time.perf_counter() - began, cpu)
    broken = sorted((life for life in lives if life.broken), key=lambda life: life.seed)
    if broken:
        _explain_each_kind(broken)
    return 1 if broken else 0


def _explain_each_kind(broken: list[Any]) -> None:
    from tests.proof.simulation_run import kind_of

    first_of = {kind_of(life.broken): life for life in reversed(broken)}
    for life in first_of.values():
        _explain(life.seed)


def _live(seed: int) -> tuple[Any, float]:
    """The life of a seed, and its CPU seconds."""
    from tests.proof.simulation_run import live, script

    began = time.process_time()
    return live(seed, script(seed)), time.process_time() - began


def _explain(seed: int) -> int:
    from tests.proof.simulation_run import script, shortest

    steps, lived = shortest(seed, script(seed))
    print(f"\nseed {seed}: {lived.broken}\nthe shortest script:")
    print("\n".join(f"  {' '.join(map(str, step))}" for step in steps))
    print(f"again: python bench/simulate.py --seed {seed}")
    return 1


def _report(lives: list[Any], seconds: float, cpu: float) -> None:
    years = sum(life.years for life in lives)
    rows = (
        ("worlds", len(lives)), ("client-years", years), ("steps", sum(life.steps for life in lives)), ("acts of people", sum(life.acts for life in lives)),
        ("moments", sum(life.moments for life in lives)), ("mails taken", sum(life.mails for life in lives)),
        ("violations", sum(bool(life.broken) for life in lives)), ("seconds", seconds),
        ("CPU seconds", cpu), ("client-years a CPU second", years / max(cpu, 0.001)),
    )  # fmt: skip
    for what, value in rows:
        print(f"{what:<24}{value:>14,.1f}" if isinstance(value, float) else f"{what:<24}{value:>14,}")


def _start() -> None:
    """A fresh install in memory, in this process."""
    logging.disable(logging.CRITICAL)
    home = tempfile.mkdtemp(prefix="fondly-simulation-")
    os.environ.update({"DJANGO_SETTINGS_MODULE": "fondly.project.settings", "FONDLY_HOME": home})
    for name in ("FONDLY_DATABASE_URL", "FONDLY_EMAIL_URL", "FONDLY_EMAIL_FROM"):
        os.environ.pop(name, None)
    import django
    from django.core.management import call_command
    from django.db import connection, connections

    django.setup()
    connections.databases["default"]["NAME"] = ":memory:"
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")


if __name__ == "__main__":
    sys.exit(main())
