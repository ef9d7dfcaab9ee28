"""Processes that send are killed, put to sleep, cut off and torn; nothing is lost and nothing comes twice.

The small forms of `bench/kill.py`. It exits with 1, and says so, when a mail was lost or doubled.
"""

import re
import shutil
from pathlib import Path

import pytest

from tests.bench.test_small import run

pytestmark = pytest.mark.long
has_postgres = any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) and shutil.which("runuser")
on_postgres = pytest.mark.skipif(not has_postgres, reason="PostgreSQL's own programs are not installed")
LAST = re.compile(r"(\d+) [a-z ]+, (\d+) mails, 0 lost, 0 duplicate, (\d+) uncertain \((\d+) found, (\d+) resent\)")


def proof(*arguments):
    """The figures of the last line: rounds, mails, uncertain, found, resent."""
    told = LAST.fullmatch(run("kill.py", *arguments).splitlines()[-1])
    assert told is not None
    return [int(figure) for figure in told.groups()]


def test_killed_at_every_place_and_at_random():
    kills, mails, uncertain, found, resent = proof("--kills", "300")
    assert kills == 300
    assert mails >= 300
    assert uncertain == found + resent > 0  # kills between the point of no return and the answer did happen


def test_killed_with_many_behind_one_commit():
    proof("--kills", "40", "--mails-per-commit", "20", "--seed", "2")


def test_put_to_sleep_past_the_lease():
    assert proof("--zombies", "20")[0] == 20


def test_torn_files():
    proof("--torn", "20")


@on_postgres
def test_several_workers_killed_on_postgresql():
    proof("--kills", "60", "--db", "postgres", "--workers", "3")


@on_postgres
def test_postgresql_stopped_in_the_middle():
    proof("--stops", "3", "--workers", "3")
