"""Numbers on the command line: what `fondly metric NAME` costs from its start to its end, on an install of many facts.

`python bench/commands.py --facts 1e6`, or `--home HOME` for an install that is there. Medians of nine processes each.
Beside them a process that only imports numpy and DuckDB and connects: less is not possible with these two.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import seed
from tables import head, row

METRICS = (
    "nps", "feeling --by stage", "dwell --by stage", "on_time --by stage", "in_practice", "paths", "variants",
    "last_steps", "funnel --with steps={0},{1}",
)  # fmt: skip
LEAST = "import numpy, duckdb; duckdb.connect()"
GOAL = 500  # ms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=float, default=1e6)
    parser.add_argument("--home", type=Path, help="an install made by bench/seed.py, with its lake")
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    facts, times, metrics = (4_000, 1, METRICS[:3]) if given.small else (int(given.facts), 9, METRICS)
    with tempfile.TemporaryDirectory() as folder:
        home = given.home or Path(folder)
        if not given.home:
            _fill(home, facts)
        head()
        least, wall = _medians([sys.executable, "-c", LEAST], home, times)
        row("numpy and DuckDB alone", least, "ms CPU", f"{wall:.0f} ms wall")
        for metric in metrics:
            words = metric.format(*_steps(home)).split() if "{" in metric else metric.split()
            cpu, wall = _medians([sys.executable, "-m", "fondly.doors.cli.main", "metric", *words], home, times)
            row(f"fondly metric {metric.partition(' --with')[0]}", cpu, "ms CPU", f"{wall:.0f} ms wall", GOAL, "goal")


def _fill(home: Path, facts: int) -> None:
    """Clients of 20 facts each, one fact in fifty an answer, all of it sealed."""
    seed.start(home)
    seed.fill(facts // 20, facts, "realtor")
    from fondly.ground import clock
    from fondly.measure.lake import inside, keeping

    with inside.lake() as lake:
        asks = "SELECT survey FROM surveys WHERE low = 0 AND high = 10 ORDER BY survey LIMIT 1"
        ((survey,),) = lake.duckdb("surveys").sql(asks).fetchall()
    answer = f"kind = 'answered', name = '{survey}', value = id % 11"
    seed.run(f"UPDATE clients_interaction SET {answer} WHERE id % 50 = 0")
    keeper = keeping.Keeper()
    while keeper.turn(clock.now()):
        pass
    if keeper.writing:  # the columns of a large log
        keeper.writing.join()


def _steps(home: Path) -> tuple[str, str]:
    """Two touchpoints to make a funnel of."""
    asks = "SELECT name FROM interactions WHERE kind = 'done' GROUP BY name ORDER BY count(*) DESC, name LIMIT 2"
    command = [sys.executable, "-m", "fondly.doors.cli.main", "sql", asks, "--format", "csv"]
    told = subprocess.run(command, env=_environ(home), capture_output=True, text=True, check=True).stdout.split()
    return told[1], told[2]


def _medians(command: list[str], home: Path, times: int) -> tuple[float, float]:
    """Milliseconds of user and system time of a process, and of the wall."""
    cpus, walls = zip(*(_once(command, home) for _ in range(times)), strict=True)
    return statistics.median(cpus), statistics.median(walls)


def _once(command: list[str], home: Path) -> tuple[float, float]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=_environ(home), stdout=subprocess.DEVNULL, check=True)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000, wall * 1000


def _environ(home: Path) -> dict[str, str]:
    return {**os.environ, "FONDLY_HOME": str(home)}


if __name__ == "__main__":
    main()
