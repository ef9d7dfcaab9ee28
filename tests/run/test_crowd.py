"""A crowd put on its journey by a worker that is killed in the middle: the set is the same, nothing twice."""

import signal

import pytest

from tests.run.test_processes import House

pytestmark = pytest.mark.long
SLICE = 100  # as in process.py
CLIENTS = 5 * SLICE + 17


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("crowd"), 1)
    made.run("prepare", 0)
    made.run("crowd", CLIENTS)
    return made


def test_killed_between_and_inside_slices_it_goes_on_behind_the_last_one_kept(house):
    for slices, seconds in ((1, 1e-6), (2, 0.03)):
        worker = house.begin("errand", slices, seconds)
        worker.communicate(60)
        assert worker.returncode == -signal.SIGALRM
        found = house.report("crowd_report")
        assert found["state"] == "running"
        assert found["journeys"] == found["done"] != str(CLIENTS)
        assert int(found["done"]) >= slices * SLICE
        house.run("expire_errands")
    house.run("errand")
    found = house.report("crowd_report")
    assert found["state"] == "done"
    assert {found[name] for name in ("done", "journeys", "clients", "entered")} == {str(CLIENTS)}
    assert found["moments"] == found["keys"] == str(3 * CLIENTS)
    assert found["told"] == "1"
