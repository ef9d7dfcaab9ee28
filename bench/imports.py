"""Bringing clients and histories in, each on a fresh home: `python bench/imports.py [--small]`. CPU and peak memory."""

import argparse
import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from seed import FIRST, LAST
from tables import head, row

LOG = Path(__file__).resolve().parents[2] / "shared/data/bpic2012-loan-applications/events.csv.gz"
HEADINGS = ("First Name", "Last Name", "Email", "Phone Number", "Street Address", "City", "Postal Code",
            "Lifecycle Stage", "Create Date", "Record ID")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="200 contacts, no log")
    given = parser.parse_args()
    rows, bad = (200, 5) if given.small else (10_000, 118)
    print("CPU and peak memory are of the command's whole process, start included; this machine is shared")
    head()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        file = contacts(Path(folder) / "hubspot.csv", rows, bad)
        took = command(home, "import", "clients", str(file))
        show(f"{rows:,} HubSpot contacts, {bad} of them bad", took, "", "")
        take_again = command(home, "import", "clients", str(file))
        show("  the same file again", take_again, "", "")
    if given.small:
        print("(the log of a bank is left out of the small run)")
    elif not LOG.is_file():
        print(f"SKIPPED: the log of a bank is not here ({LOG.parent.name})")
    else:
        with tempfile.TemporaryDirectory() as folder:
            took = command(Path(folder), "import", "events", str(LOG), "--map", "bpic2012")
            show("262,200 events of a bank (BPIC 2012)", took, "< 90 s", "< 1,500 MB")
    return 0


def contacts(path: Path, count: int, bad: int) -> Path:
    """A file as HubSpot writes it; `bad` rows have a mail address that cannot be one and nothing else to go by."""
    roll = random.Random(11)
    spoiled = set(roll.sample(range(count), bad))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for number in range(count):
            first, last = FIRST[number % len(FIRST)], LAST[number // 7 % len(LAST)]
            email = f"{first}.{last}.{number}@example.com".lower() if number not in spoiled else f"{first} at home"
            writer.writerow(
                (first, last, email, f"+1 415 555 {number % 10_000:04}", f"{number} Main Street", "Salem", "97301",
                 "customer", "2025-11-02", number)
            )  # fmt: skip
    return path


def command(home: Path, *arguments: str) -> tuple[float, float, float]:
    """Run the real command. (wall s, CPU s, peak MB). An import with bad rows ends with 1."""
    code = "import sys; from fondly.doors.cli.main import main; sys.exit(main(sys.argv[1:]))"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "FONDLY_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    out, _err = process.communicate()
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in (0, 1):
        sys.exit(out.decode())
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, after.ru_maxrss / 1024  # the largest child so far


def show(what: str, took: tuple[float, float, float], goal: str, memory: str) -> None:
    wall, cpu, peak = took
    row(what, wall, "s", goal)
    row("  CPU", cpu, "s")
    row("  peak memory", peak, "MB", memory)


if __name__ == "__main__":
    sys.exit(main())
