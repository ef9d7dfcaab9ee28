"""The web server is killed while programs send, the stock client among them: nothing is lost and nothing doubled.

The small form of `bench/ingest_kill.py`: real processes, which costs some seconds.
"""

import re
from importlib.util import find_spec

import pytest

from tests.bench.test_small import run
from tests.proof.test_kills import on_postgres

pytestmark = pytest.mark.long
LAST = re.compile(r"2 kills, (\d+) events \((.+)\), (\d+) repeats, 0 lost, 0 double")


@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgres", marks=on_postgres)])
def test_killed_while_others_send(store):
    told = LAST.fullmatch(run("ingest_kill.py", "--kills", "2", "--db", store).splitlines()[-1])
    assert told is not None
    assert int(told[1]) > 0 and int(told[3]) > 0
    if find_spec("segment") is None:
        pytest.skip("segment-analytics-python is not installed: only programs of our own were killed")
    assert told[2] == "200 by the stock client"
