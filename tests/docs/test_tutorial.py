"""The tutorial does what it says: its commands are run in order, and print what is shown."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial" / "first-day.md"
BLOCKS = re.findall(r"```(sh|text)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def shell(tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("FONDLY_", "DJANGO_", "PYTEST"))}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    environment["FONDLY_HOME"] = str(tmp_path / "home")

    def run(command: str) -> str:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode in (0, 1), f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    return run


@pytest.mark.long
def test_every_command_prints_what_the_page_shows(shell):
    printed = ""
    shown = 0
    for kind, block in BLOCKS:
        if kind == "sh":
            printed = "".join(shell(line) for line in block.strip().splitlines())
        else:
            shown += 1
            for line in block.strip().splitlines():
                assert line in printed, f"the page shows {line!r}; printed was:\n{printed}"
    assert shown >= 5


def test_links_between_pages_lead_somewhere():
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


def test_the_reference_says_what_the_code_says(tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("FONDLY_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"],
        env=environment | {"FONDLY_HOME": str(tmp_path)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"run bin/docs:\n{done.stdout}\n{done.stderr}"
