"""The line that tells how far a long command is, when somebody looks."""

import sys


def say(done: int, total: int) -> None:
    """Write it over itself; a new line at the end. Nothing into files and pipes."""
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        print(f"\r{done:,} of {total:,}", end=end, file=sys.stderr, flush=True)
