"""Every benchmark runs and prints its table. How long it takes is not asserted: the machine is not ours."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.quick import migrated

pytestmark = pytest.mark.long
BENCH = Path(__file__).parents[2] / "bench"


def run(script: str, *arguments: str) -> str:
    """What `python bench/SCRIPT` prints."""
    command = [sys.executable, str(BENCH / script), *arguments]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("FONDLY_", "DJANGO_"))}
    clean["BENCH_MIGRATED"] = str(migrated())
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=clean)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def lines(table: str) -> dict[str, list[str]]:
    """What is measured -> the columns beside it."""
    found = (line.rstrip().split("  ", 1) for line in table.splitlines() if "  " in line.strip())
    return {name.strip(): rest.split() for name, rest in found}


def test_playbook():
    table = lines(run("playbook.py", "--small"))
    assert any(name.startswith("read and check") for name in table)
    assert float(table["rehearse one client for a year"][0].replace(",", "")) > 0


def test_engine():
    table = lines(run("engine.py", "--small"))
    for name in ("start journeys", "plan journeys again", "claim and write mails", "build a message (CPU)"):
        assert float(table[name][0].replace(",", "")) > 0, name
    assert "Tryton" in table["moments end to end, its own commit"]
    assert "Tryton" in table["moments end to end, 250 a commit"]
    assert "alone" in table["claim and record, batches of 100"]


def test_imports():
    table = lines(run("imports.py", "--small"))
    assert float(table["200 HubSpot contacts, 5 of them bad"][0].replace(",", "")) > 0


def test_races():
    races, sent, kept, late = (int(part.split()[0]) for part in run("races.py", "--small").splitlines()[-1].split(", "))
    assert (races, sent + kept, late) == (90, 90, 0)
    assert sent and kept


def test_scale():
    table = run("scale.py", "--small").splitlines()
    sizes = [line.split() for line in table if line.split() and line.split()[0] in ("200", "400")]
    assert len(sizes) == 2
    assert all(float(column.replace(",", "")) > 0 for line in sizes for column in line)
    assert any("moment_planned" in line for line in table)


@pytest.mark.parametrize("server", ["aiosmtpd", "postfix"])
def test_smtp_faults(server):
    last = run("smtp_faults.py", "--small", "--server", server).splitlines()[-1]
    if last.startswith("skipped"):
        pytest.skip(last)
    assert "0 wrong, 0 lost, 0 duplicate, 12 uncertain (6 found, 6 resent)" in last


def test_crowd():
    table = lines(run("crowd.py", "--small"))
    for name in ("start them all", "preview of a new version", "move them to a new version", "pause them all"):
        assert float(table[name][0].replace(",", "")) >= 0, name


def test_value():
    table = run("value.py", "--small")
    off = {line[:28].strip(): line[28:].split() for line in table.splitlines() if "%" in line}
    assert abs(float(off["BG/NBD"][1].rstrip("%"))) < 10  # simulated by its own assumptions
    assert float(off["BG/NBD"][2]) < float(off["past rate"][2])
    assert "BG/NBD, 20,000 clients by the week" in table


def test_churn():
    table = run("churn.py", "--small").splitlines()
    ours, best = (next(line.split()[-5:] for line in table if line.startswith(name)) for name in ("on", "by"))
    assert 0.6 < float(ours[0]) <= float(best[0]) + 0.02
    assert float(ours[3]) < 0.1


@pytest.mark.parametrize("shown", ["Today", "Clients", "Client page", "Outbox", "Map"])
def test_pages(shown, pages):
    name = next(line for line in pages.splitlines() if line.startswith(f"{shown} "))
    p50, p95, *_rest = name.removeprefix(shown).split()
    assert 0 < float(p50) <= float(p95)


def test_a_first_visit_is_small(pages):
    size = next(line for line in pages.splitlines() if line.startswith("first visit"))
    assert 0 < int(size.split(":")[1].split()[0]) <= 180


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return run("pages.py", str(tmp_path_factory.mktemp("home")), "--small")


def test_metrics():
    printed = run("metrics.py", "--small")
    for measure in ("directly follows", "funnel", "cohorts", "variants", "drop-off", "dwell"):
        figures = next(line for line in printed.splitlines() if line.startswith(measure + "  "))
        assert min(float(found) for found in re.findall(r"([\d.]+)x", figures)[1::2]) > 0, figures  # beside a scan


def test_ingest():
    printed = run("ingest.py", "--small")
    assert "2,100 events sent, each there once" in printed
    assert float(lines(printed)["events over HTTP, batches of 100"][0].replace(",", "")) > 0


def test_lake():
    table = lines(run("lake.py", "--small"))
    for name in ("seal facts", "read them with 300 new facts", "refresh dwell", "find them and refresh all six"):
        assert float(table[name][0].replace(",", "")) > 0, name
    assert "afresh" in table["refresh variants"]


def test_findings():
    printed = run("findings.py", "--small")
    found = dict(re.findall(r"(recall|precision) ([\d.]+)", printed))
    assert float(found["recall"]) >= 0.8 and float(found["precision"]) >= 0.8
    assert "with a finding 0" in printed


def test_commands():
    table = lines(run("commands.py", "--small"))
    for name in ("numpy and DuckDB alone", "fondly metric nps", "fondly metric dwell --by stage"):
        assert float(table[name][0].replace(",", "")) > 0, name
    assert "goal" in table["fondly metric nps"]
