"""Real processes that begin quickly: forked from one that has read the libraries and knows no install.

Most of a start is reading Django, Pydantic and the like, the same each time. Settings, tables and every module that
knows them are read anew, as `python -m MODULE` does. Starts from nothing are tried where they matter.
"""

import multiprocessing
import os
import runpy
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIBRARIES = [
    "tests.warm", "pydantic.types", "pydantic.json_schema", "liquid", "markdown_it", "email_validator", "phonenumbers",
    "yaml", "cryptography.fernet", "css_inline", "nh3", "duckdb", "django.contrib.auth.hashers", "django.db.models",
    "django.core.management", "django.db.migrations.executor", "django.template.loader", "django.test.client",
    "fondly.core.planner.decide", "fondly.core.playbook.checks", "fondly.core.playbook.reading", "pytest",
    "aiosmtpd.controller",
]  # fmt: skip
_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(LIBRARIES)


class Process:
    """`python -m MODULE ARGUMENTS`, begun: as much of subprocess.Popen as tests ask for."""

    def __init__(self, module: str, arguments: tuple[str, ...], environ: Mapping[str, str]) -> None:
        self._said = tempfile.TemporaryDirectory(prefix="fondly-said-")
        self._paths = [Path(self._said.name) / name for name in ("out", "err")]
        given = (module, arguments, dict(environ), self._paths)
        self._process = _server.Process(target=_become, args=given, daemon=True)
        self._process.start()

    @property
    def returncode(self) -> int | None:
        """As subprocess has it: minus the signal that ended it, None while it runs."""
        return self._process.exitcode

    def communicate(self, timeout: float) -> tuple[str, str]:
        """What it printed and what it complained of by its end, for which this waits up to `timeout` seconds."""
        self._process.join(timeout)
        if self.returncode is None:
            self._process.kill()
            raise TimeoutError(f"It still ran after {timeout} s: {self._paths[1].read_text('utf-8')}")
        out, err = (path.read_text("utf-8") for path in self._paths)
        self._said.cleanup()
        return out, err


def begin(module: str, *arguments: object, environ: Mapping[str, str]) -> Process:
    """Begin `python -m MODULE ARGUMENTS` with this environment and no other, at the root of the project."""
    return Process(module, tuple(map(str, arguments)), environ)


def _become(module: str, arguments: tuple[str, ...], environ: dict[str, str], paths: list[Path]) -> None:
    """In the forked process: from here on it is the one that was asked for."""
    from django.conf import settings

    assert not settings.configured, "a library above has read the settings, which are this process's own"
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(ROOT)
    for stream, path in zip((1, 2), paths, strict=True):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), stream)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
