"""`fondly check`, `fmt`, `diff`, `schema`, `new`: work on playbook files. Nothing else is needed, no database."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fondly.core.playbook.model import Playbook

_FILE = "a playbook file, a folder with playbook.yaml, or - for what is piped in"
_PIPED = "-"


def add_parsers(subparsers: Any) -> None:
    """Adds the five commands."""
    check_parser = subparsers.add_parser("check", help="what is missing in a playbook, and its score on paper")
    check_parser.add_argument("file", help=_FILE)
    check_parser.add_argument("--json", action="store_true", help="print JSON")
    check_parser.add_argument("--all", action="store_true", help="show every finding, not just the next three")
    check_parser.set_defaults(func=check)
    fmt_parser = subparsers.add_parser("fmt", help="write a playbook in its usual order and layout")
    fmt_parser.add_argument("file", help=_FILE)
    fmt_parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when it would")
    fmt_parser.add_argument("--stdout", action="store_true", help="print it, change nothing")
    fmt_parser.set_defaults(func=fmt)
    diff_parser = subparsers.add_parser("diff", help="what changed between two playbooks, in words")
    diff_parser.add_argument("a", help=_FILE)
    diff_parser.add_argument("b", help=_FILE)
    diff_parser.add_argument("--json", action="store_true", help="print JSON")
    diff_parser.set_defaults(func=diff)
    schema_parser = subparsers.add_parser("schema", help="print the JSON Schema of playbooks, for editors")
    schema_parser.set_defaults(func=schema)
    _add_new(subparsers)


def _add_new(subparsers: Any) -> None:
    parser = subparsers.add_parser("new", help="begin a playbook from the starter of a trade")
    parser.add_argument("file", nargs="?", help="the file to write")
    parser.add_argument("--trade", help="see --list")
    parser.add_argument("--name", help="the name of your business")
    parser.add_argument("--list", action="store_true", help="list the trades")
    parser.set_defaults(func=new)


def check(args: argparse.Namespace) -> int:
    """0 without errors, 1 with errors, 2 when the file cannot be read."""
    from fondly.core.playbook.checks import check as judge
    from fondly.core.playbook.problems import PlaybookError
    from fondly.doors.cli.playbook_words import report_words, unread_json

    try:
        playbook = load(args.file)
    except (PlaybookError, OSError) as error:
        if args.json:
            print(unread_json(error))
        return _unreadable("check", error)
    report = judge(playbook, _today())
    if args.json:
        print(json.dumps(report.as_dict(), indent=2, ensure_ascii=False))
    else:
        print(report_words(playbook, report, show_all=args.all))
    return 1 if report.errors else 0


def fmt(args: argparse.Namespace) -> int:
    """0 when done or nothing to do, 1 with --check when it would change, 2 when the file cannot be read."""
    from fondly.core.playbook.formatting import fmt as layout
    from fondly.core.playbook.problems import PlaybookError

    try:
        path = _main_file(args.file)
        text = read_text(path)
        made = layout(text, source=str(path))
    except (PlaybookError, OSError) as error:
        return _unreadable("fmt", error)
    if args.stdout or (args.file == _PIPED and not args.check):
        print(made, end="")
    elif args.check:
        print(f"{path} is {'laid out well' if made == text else 'not in its usual layout: run fondly fmt'}")
        return 0 if made == text else 1
    elif made != text:
        path.write_text(made, encoding="utf-8", newline="")
        print(f"{path} is laid out")
    return 0


def diff(args: argparse.Namespace) -> int:
    """0, also when something changed; 2 when a file cannot be read."""
    from fondly.core.playbook.diff import diff as compare
    from fondly.core.playbook.problems import PlaybookError

    try:
        changes = compare(load(args.a), load(args.b))
    except (PlaybookError, OSError) as error:
        return _unreadable("diff", error)
    if args.json:
        print(json.dumps({"changes": [change.as_dict() for change in changes]}, indent=2, ensure_ascii=False))
    else:
        print("\n".join(change.text for change in changes) or "Nothing changes.")
    return 0


def schema(args: argparse.Namespace) -> int:
    """Prints the schema."""
    from fondly.core.playbook.schema import schema as make

    print(json.dumps(make(), indent=2, ensure_ascii=False))
    return 0


def new(args: argparse.Namespace) -> int:
    """0 when written, 2 when it cannot be."""
    from fondly.core.playbook.starters import trades

    if args.list:
        print("\n".join(f"{trade.name:<18} {trade.title}" for trade in trades()))
        return 0
    try:
        return _new(args)
    except OSError as error:
        return _unreadable("new", error)


def _new(args: argparse.Namespace) -> int:
    from fondly.core.playbook.edit import edit
    from fondly.core.playbook.near import near
    from fondly.core.playbook.starters import starter, trades

    names = [trade.name for trade in trades()]
    if not args.file or args.trade not in names:
        meant = near(args.trade or "", names)
        hint = f"did you mean {meant}?" if meant else f"trades: {', '.join(names)}"
        what = "name the file to write" if not args.file else f"choose a trade with --trade; {hint}"
        print(f"fondly new: {what}, for example: fondly new playbook.yaml --trade realtor", file=sys.stderr)
        return 2
    path = Path(args.file)
    if path.exists():
        print(f"fondly new: {path} is already there; name another file", file=sys.stderr)
        return 2
    text = starter(args.trade)
    path.write_text(edit(text, "name", args.name) if args.name else text, encoding="utf-8")
    print(f"{path} is written. Next: fondly check {path}")
    return 0


def load(name: str) -> "Playbook":
    """The playbook of a file or a folder. Raises PlaybookError, OSError."""
    from fondly.core.playbook.reading import read_files

    path = Path(name)
    if path.is_dir():
        texts = [path / "playbook.yaml", *sorted(path.glob("templates/*.md")), *sorted(path.glob("documents/*.md"))]
        files = {item.relative_to(path).as_posix(): read_text(item) for item in texts if item.exists()}
        return read_files(files)
    return read_files({str(path): read_text(path)}, main=str(path))


def read_text(path: Path) -> str:
    """The text of a file, or for "-" of what is piped in; line ends kept. Raises PlaybookError when it is not UTF-8."""
    from fondly.core.playbook.problems import PlaybookError, Problem

    data = sys.stdin.buffer.read() if str(path) == _PIPED else path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        advice = "Save the file as UTF-8 in your editor."
        raise PlaybookError((Problem(str(path), line, 1, "this is not text in UTF-8", advice),)) from None


def _main_file(name: str) -> Path:
    path = Path(name)
    return path / "playbook.yaml" if path.is_dir() else path


def _unreadable(command: str, error: Exception) -> int:
    if isinstance(error, OSError):
        print(f"fondly {command}: {error.filename}: {error.strerror}", file=sys.stderr)
    else:
        print(f"fondly {command}: this cannot be read\n\n{error}", file=sys.stderr)
    return 2


def _today() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC).date()
