"""The commands that run an install: start, stop, examine, and errors in sentences."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from fondly.doors.cli import serving
from tests.doors.cli.test_keeping import HERE, fondly, fondly_from_nothing, free_port, prepare

pytestmark = pytest.mark.skipif("FONDLY_DATABASE_URL" in os.environ, reason="files of SQLite")


def wait_for(url: str, process: subprocess.Popen) -> tuple[int, str]:
    for _ in range(600):
        assert process.poll() is None, "it ended by itself"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.status, answer.read().decode()
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} never answered")


def children_of(pid: int) -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"\nPPid:\t{pid}\n" in (entry / "status").read_text():
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def test_up_serves_works_and_stops_when_told_to(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "fondly.doors.cli.main", "up", "--port", str(port), "--no-browser"]
    environment = {**HERE, "FONDLY_HOME": str(tmp_path)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert wait_for(f"http://127.0.0.1:{port}/readyz", process)[0] == 200
        assert "<form" in wait_for(f"http://127.0.0.1:{port}/sign-in", process)[1]
        children = children_of(process.pid)
        assert len(children) >= 2, "a web process and a worker"
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[0]
        assert not any(Path(f"/proc/{child}").exists() for child in children)
    finally:
        process.kill()
    assert said.count("http://") == 1 and f"http://localhost:{port}/first/" in said and "Traceback" not in said


def test_a_worker_that_does_not_stop_when_told_to_is_killed_in_good_time(monkeypatch):
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"
    monkeypatch.setattr(
        serving.WorkerProcess,
        "_start",
        lambda _: subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE),
    )
    assert serving.STOP_SECONDS < 10
    monkeypatch.setattr(serving, "STOP_SECONDS", 0.1)
    worker = serving.WorkerProcess()
    worker._process.stdout.readline()
    worker.stop()
    assert worker._process.wait(60) == -signal.SIGKILL


def test_a_worker_stops_when_its_parent_is_gone(tmp_path):
    prepare(tmp_path)
    code = (
        "import subprocess, sys, os; p = subprocess.Popen([sys.executable, '-m', 'fondly.doors.cli.main', 'worker',"
        " '--parent', str(os.getpid())]); print(p.pid, flush=True); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**HERE, "FONDLY_HOME": str(tmp_path)}, capture_output=True)
    worker = Path(f"/proc/{int(done.stdout.split()[0])}")
    for _ in range(300):
        if not worker.exists():
            return
        time.sleep(0.1)
    os.kill(int(worker.name), signal.SIGKILL)
    raise AssertionError("the worker lives on alone")


def test_a_port_in_use_is_said_in_a_sentence(tmp_path):
    prepare(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for command in ("up", "web"):
            assert "in use" in fondly_from_nothing(tmp_path, command, "--port", port, fails=True)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_ports_that_are_none(tmp_path, port):
    assert "is not a port" in fondly(tmp_path, "up", f"--port={port}", fails=True)


def test_settings_that_cannot_be_used_are_said_in_a_sentence(tmp_path):
    for command in ("doctor", "config", "up", "worker"):
        assert "Did you mean FONDLY_EMAIL_URL" in fondly(tmp_path, command, fails=True, FONDLY_EMIAL_URL="x")
        assert "postgresql://" in fondly(tmp_path, "doctor", fails=True, FONDLY_DATABASE_URL="mysql://x")


def test_a_database_out_of_reach_is_said_without_its_password(tmp_path):
    url = "postgresql://dana:opensesame@127.0.0.1:1/fondly"
    for command in (["worker"], ["up", "--port", str(free_port())], ["doctor"]):
        said = fondly(tmp_path, *command, fails=True, FONDLY_DATABASE_URL=url)
        assert "does not answer" in said and "opensesame" not in said


def test_a_broken_database_file_is_said_in_a_sentence(tmp_path):
    (tmp_path / "fondly.sqlite3").write_bytes(b"this is not a database" * 100)
    assert "cannot be used" in fondly(tmp_path, "worker", fails=True)


def test_config_shows_sources_and_hides_secrets(tmp_path):
    secrets = {"FONDLY_EMAIL_URL": "smtp://dana:opensesame@mail.example.com:25", "FONDLY_METRICS_TOKEN": "opensesame"}
    for form in ([], ["--json"]):
        said = fondly(tmp_path, "config", *form, **secrets)
        assert "opensesame" not in said and "mail.example.com" in said
    found = {entry["name"]: entry for entry in json.loads(said)}
    assert found["FONDLY_EMAIL_URL"]["source"] == "environment" and found["FONDLY_DEMO"]["source"] == "default"


def test_doctor_says_what_is_wrong_and_what_is_not(tmp_path):
    prepare(tmp_path)
    (tmp_path / "secret.key").chmod(0o644)
    url = f"smtp://127.0.0.1:{free_port()}"
    said = fondly(tmp_path, "doctor", "--json", fails=True, FONDLY_EMAIL_URL=url, FONDLY_EMAIL_FROM="D <d@example.com>")
    found = {entry["name"]: entry for entry in json.loads(said)}
    assert found["database"]["state"] == "good"
    assert {name for name, entry in found.items() if entry["state"] == "bad"} == {"worker", "secret key", "mail"}


def test_help_loads_nothing_heavy(tmp_path):
    assert "doctor" in fondly_from_nothing(tmp_path, "--help")
    asked = "import sys; from fondly.doors.cli.main import build_parser; build_parser(); print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    loaded = set(printed.split())
    assert "fondly.doors.cli.main" in loaded
    assert not loaded & {"django", "pydantic", "yaml", "duckdb", "jinja2", "openpyxl", "holidays", "phonenumbers"}


def test_do_takes_fields_json_and_says_what_is_wrong(tmp_path):
    prepare(tmp_path)
    done = json.loads(fondly(tmp_path, "do", "clients.create", "--json", '{"name": "Priya"}', "--persona", "p1"))
    assert done["result"] == {"client_id": 1} and done["undoable"]
    assert "did you mean name" in fondly(tmp_path, "do", "clients.create", "--nmae", "x", fails=True)
    assert "Did you mean clients.create" in fondly(tmp_path, "do", "clients.creat", fails=True)
    assert "not JSON" in fondly(tmp_path, "do", "clients.create", "--json", "{", fails=True)
    assert "in the team" in fondly(
        tmp_path, "do", "clients.create", "--name", "x", "--as", "no@example.com", fails=True
    )
    assert "clients.create" in fondly(tmp_path, "do", "--list")
    assert "--name" in fondly(tmp_path, "do", "clients.create", "--help")


def test_a_sign_in_link_for_somebody_locked_out(tmp_path):
    prepare(tmp_path)
    fondly(tmp_path, "do", "team.create_user", "--name", "Dana", "--email", "dana@example.com", "--is-admin", "true")
    assert "/enter/" in fondly(tmp_path, "sign-in-link", "Dana@example.com")
    assert "nobody" in fondly(tmp_path, "sign-in-link", "max@example.com", fails=True)
