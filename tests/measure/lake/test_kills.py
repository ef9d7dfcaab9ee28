"""A worker that is killed at any step of its work for the lake: every row is read once, and the work is done later.

Real processes; some seconds for both databases.
"""

import os
import re
import shutil
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from tests.quick import migrated

HERE = {k: v for k, v in os.environ.items() if not k.startswith(("FONDLY_", "DJANGO_"))}


def database(home) -> dict[str, str]:
    """The settings of an empty database: a file of its own, or the one this run's tests have on their server."""
    url = os.environ.get("FONDLY_DATABASE_URL")
    if url:
        return {"FONDLY_DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{connection.settings_dict['NAME']}"))}
    shutil.copy(migrated(), home / "fondly.sqlite3")
    return {}


@pytest.mark.django_db(transaction=True)
def test_killed_at_every_step(tmp_path):
    environ = {"FONDLY_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "fondly.project.settings", **database(tmp_path)}
    command = [sys.executable, "-m", "tests.measure.lake.killing"]
    done = subprocess.run(command, env={**HERE, **environ}, capture_output=True, text=True, timeout=300, check=False)
    told = re.fullmatch(r"(\d+) kills, 0 lost, 0 double", done.stdout.strip())
    assert told is not None, done.stdout + done.stderr
    assert int(told[1]) == 19
