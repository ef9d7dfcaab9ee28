"""Tries commands one after the other in one process: python -m tests.doors.cli.in_turn COMMANDS, both ways JSON."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout

from fondly.doors.cli.main import main


def tried(words: list[str]) -> tuple[bool, str]:
    """Whether it did what it was told, and what it said."""
    with io.StringIO() as said, redirect_stdout(said), redirect_stderr(said):
        try:
            end: object = main(words)
        except SystemExit as left:
            end = left.code
        return not end, f"{said.getvalue()}{end}"


if __name__ == "__main__":
    print(json.dumps([tried(words) for words in json.loads(sys.argv[1])]))
