"""An install of the version before is upgraded while it is in the middle of its work: `data/previous.tar.gz`.

It was written by `bench/upgrade.py --keep`: invented clients, a worker of the old code killed while it sent. The long
form takes the old code itself from git, keeps its workers running, and kills the upgrade.
"""

import json
import subprocess
import sys
import tarfile
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.bench.test_small import BENCH, run
from tests.proof.test_kills import on_postgres

pytestmark = pytest.mark.long
KEPT = Path(__file__).parent / "data" / "previous.tar.gz"
sys.path.insert(0, str(BENCH))

from install import sink  # noqa: E402
from postgres import Postgres  # noqa: E402
from upgrade import settings  # noqa: E402


def step(name, environment):
    """What a process of the new code answers."""
    command = [sys.executable, str(BENCH / "upgrade_steps.py"), name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def old_install(folder, url):
    log = folder / "taken"
    log.touch()
    with sink(True, log) as server:
        environment = settings(folder / "home", url, server.port, log)
        yield {**environment, "UPGRADE_KEPT": str(KEPT), "PYTHONPATH": str(BENCH.parent / "src")}


def upgraded(folder, url=""):
    with old_install(folder, url) as environment:
        sent_before = step("load", environment)
        planned = step("plans", environment)
        assert step("ready", environment) == "ready"
        step("work", environment)
        found, later = step("report", environment), dict(step("plans", environment))
    assert 0 < sent_before < found["mails"] == 61
    assert (found["lost"], found["duplicate"], found["open"], found["broken"], found["trouble"]) == (0, 0, 0, [], "")
    assert len(planned) > 100
    assert [pk for pk, words in planned if later.get(pk) != words] == []


def test_an_install_in_the_middle_of_its_work_is_upgraded(tmp_path):
    upgraded(tmp_path)
    backup = next((tmp_path / "home" / "backups").glob("*before-upgrade*"))
    with tarfile.open(backup) as tar:
        assert any("sqlite" in name for name in tar.getnames())


@on_postgres
def test_an_install_on_postgresql_is_upgraded(tmp_path):
    with TemporaryDirectory() as folder, Postgres(Path(folder)) as server:  # the server's own user must get there
        upgraded(tmp_path, server.url)


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_workers_of_the_old_code_and_kills_in_the_middle(database):
    last = run("upgrade.py", "--db", database, "--clients", "200").splitlines()[-1]
    assert " 0 lost, 0 duplicate" in last
    assert last.endswith(" 0 changed")
