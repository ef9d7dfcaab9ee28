"""A data scientist's afternoon: the notebook of the docs against a real install; API, command and notebook agree."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from docs.notebooks.execute import outputs

own_file = pytest.mark.skipif(
    bool(os.environ.get("FONDLY_DATABASE_URL")), reason="the demo brings its own SQLite file; tried there once"
)
pytestmark = [own_file, pytest.mark.long]
ROOT = Path(__file__).parents[3]
NOTEBOOK = ROOT / "docs" / "notebooks" / "numbers.ipynb"
CLOCK = "2026-03-02T09:00"
PATIENCE_SECONDS = 240


def fondly(home: Path, *words: str) -> str:
    given = {**os.environ, "FONDLY_HOME": str(home), "FONDLY_DEMO": "yes", "FONDLY_MOVABLE_CLOCK": "yes"}
    given.pop("FONDLY_DATABASE_URL", None)
    ran = subprocess.run(
        [sys.executable, "-m", "fondly.doors.cli.main", *words], env=given, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return ran.stdout


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A demo of a fixed clock, served: (home, address, a key that may read)."""
    home = tmp_path_factory.mktemp("demo")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {name: value for name, value in os.environ.items() if not name.startswith(("FONDLY_", "DJANGO_"))}
    words = ["demo", "--clock", CLOCK, "--home", str(home), "--port", str(port), "--no-browser"]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "fondly.doors.cli.main", *words], env=given, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        _wait_for(process, "Fondly is running")
        told = fondly(
            home, "do", "team.create_token", "--as", "dana@example.com", "--name", "notebook", "--scopes", "read"
        )
        yield home, f"http://127.0.0.1:{port}", re.search(r"fondly_[\w-]+", told)[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def _wait_for(process: subprocess.Popen, words: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    for line in process.stdout:
        if words in line:
            return
        assert time.monotonic() < end
    raise AssertionError("the demo ended before it was ready")


def test_the_notebook_of_the_docs_shows_what_it_says(demo):
    _, url, key = demo
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    kept = [cell["outputs"][0] if cell["outputs"] else None for cell in cells]
    for place, (shown, said) in enumerate(zip(outputs(notebook, url, key), kept, strict=True)):
        assert _text(shown) == _text(said), place
    assert sum(map(bool, kept)) >= 9


def _text(output) -> str:
    return "".join(output["data"]["text/plain"]) if output else ""


def test_interface_command_and_notebook_give_identical_numbers(demo):
    import fondly as library

    home, url, key = demo
    with library.open(url, key) as there, library.open(home) as here:
        for name, by in (("feeling", "stage"), ("dwell", "stage"), ("in_practice", None), ("paths", None)):
            more = ["--by", by] if by else []
            rows = [dict(row) for row in there.metric(name, by=by)]
            assert rows == json.loads(fondly(home, "metric", name, *more, "--json"))
            assert rows or name == "paths"
            if name != "in_practice":  # its journeys grow older while the test runs, by the machine's clock
                assert rows == [dict(row) for row in here.metric(name, by=by)]


def test_a_statement_written_twice_gives_the_same_bytes(demo, tmp_path):
    home = demo[0]
    for place in ("a", "b"):
        sql = "SELECT stage, kind, count(*) AS n, avg(feeling) AS feeling FROM interactions GROUP BY ALL ORDER BY ALL"
        fondly(home, "sql", sql, "--format", "parquet", "-o", str(tmp_path / place))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert fondly(home, "sql", "SELECT 1 AS one", "--format", "csv") == "one\n1\n"
