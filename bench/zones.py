"""Every rule of time over every change of the clocks, 2024 to 2037: `python bench/zones.py [--small] [--workers N]`.

For each zone of the tz database, each change of its offset and each rule kind, a client's moments are planned so that
they meet the change, and compared with instants worked out from the change alone (tests/proof/time_zones.py).
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.proof.time_zones import LEAPS_OF_A_DAY, RULES, Found, Turn, look_at, turns_of, zones

SAMPLE = (
    "America/New_York",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Asia/Gaza",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="six zones")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    names, began, found = SAMPLE if given.small else zones(), time.perf_counter(), Found()
    for one in _look_at_all(names, 1 if given.small else given.workers):
        found.add(one)
    found.add(_look(turn for name, year in LEAPS_OF_A_DAY for turn in turns_of(name, *_year(year))))
    _report(len(names), found, time.perf_counter() - began)
    return 1 if found.wrong else 0


def _look_at_all(names: Iterable[str], workers: int) -> Iterator[Found]:
    if workers == 1:
        yield from map(_zone, names)
        return
    with multiprocessing.Pool(workers) as pool:
        yield from pool.imap_unordered(_zone, names, 8)


def _zone(name: str) -> Found:
    return _look(turns_of(name))


def _look(turns: Iterable[Turn]) -> Found:
    found = Found()
    for turn in turns:
        look_at(turn, found)
    return found


def _year(year: int) -> tuple[datetime, datetime]:
    return datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)


def _report(count: int, found: Found, seconds: float) -> None:
    rows = (
        ("zones", count), ("changes of the clocks", found.turns), ("rule kinds", len(RULES)),
        ("calendars", 3), ("moments planned", found.moments), ("in a closed hour", found.wrong["closed"]),
        ("double", found.wrong["double"]), ("lost", found.wrong["lost"]), ("at another instant", found.wrong["wrong"]),
    )  # fmt: skip
    for what, value in rows:
        print(f"{what:<24}{value:>14,}")
    print(f"{'seconds':<24}{seconds:>14,.1f}")
    print("\n".join(found.examples))


if __name__ == "__main__":
    sys.exit(main())
