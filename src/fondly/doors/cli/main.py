"""The `fondly` command. Each subcommand's module is small and imports what it needs when it runs."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from fondly import __version__

# Modules with add_parsers(subparsers); every parser sets `func`, which takes the arguments and returns an exit code.
_MODULES = ("playbook", "rehearse", "install", "data", "metrics", "do")


def main(argv: Sequence[str] | None = None) -> int:
    arguments = build_parser().parse_args(argv)
    try:
        return int(arguments.func(arguments) or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output went away
        sys.stderr.close()
        return 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fondly", description="The client experience, run as a system.")
    parser.add_argument("--version", action="version", version=f"fondly {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in _MODULES:
        import_module(f"fondly.doors.cli.{name}").add_parsers(subparsers)
    return parser


if __name__ == "__main__":
    sys.exit(main())
