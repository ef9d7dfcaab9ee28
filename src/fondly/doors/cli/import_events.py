"""fondly import events FILE --map MAP.yaml"""

import argparse
import json
import sys
from typing import Any


def add_events(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "events",
        help="bring in the history that another system remembers",
        description="Turn an event log (CSV, CSV.gz or Parquet) into clients' journeys. Nothing is planned or sent.",
    )
    parser.add_argument("file", help="the log: one line an event")
    parser.add_argument(
        "--map", required=True, help="a YAML map of columns and activities, or the name of a shipped one"
    )
    parser.add_argument("--source", help="a short name of this log (default: the map's file name)")
    parser.add_argument("--dry-run", action="store_true", help="read and count, write nothing")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(func=import_events)


def import_events(arguments: argparse.Namespace) -> int:
    """0 when all lines were read, 1 when some could not be, 2 when nothing could be done."""
    from fondly.doors.cli.django_setup import setup_ready

    setup_ready()
    from fondly.doors.cli.progress import say
    from fondly.ground import errands
    from fondly.ground.action import SYSTEM, Refused, as_json
    from fondly.run.histories.actions import ImportHistory

    try:
        name, text = _map(arguments.map)
        given = ImportHistory(arguments.file, text, arguments.source or name, arguments.dry_run)
        result = errands.carry_out("histories.import", SYSTEM, given, say).result
    except (Refused, OSError) as error:
        print(f"fondly: {error}", file=sys.stderr)
        return 2
    print(json.dumps(as_json(result), indent=2) if arguments.json else _report(result, arguments.dry_run))
    return 1 if result.unread else 0


def _map(name: str) -> tuple[str, str]:
    from importlib.resources import files
    from pathlib import Path

    path = Path(name)
    if path.exists() or "/" in name or name.endswith((".yaml", ".yml")):
        try:
            return path.stem, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise OSError(f"{path} is not text in UTF-8. Save it as UTF-8 in your editor.") from None
    shipped = files("fondly.core.playbook") / "starters" / "maps" / f"{name}.yaml"
    if not shipped.is_file():
        raise FileNotFoundError(f"There is no map file {name!r}, and none of that name is shipped.")
    return name, shipped.read_text(encoding="utf-8")


def _report(result: Any, dry_run: bool) -> str:
    done = "would become" if dry_run else "are now"
    lines = [f"{result.lines:,} lines {done} {result.journeys:,} journeys."]
    if not dry_run:
        lines.append(f"New: {result.new_clients:,} clients, {result.new_facts:,} facts. Nothing will be sent for them.")
    lines += [f"  in {stage}: {count:,}" for stage, count in result.stages.items()]
    lines += [f"  left, {reason}: {count:,}" for reason, count in sorted(result.exits.items())]
    if result.unread:
        lines.append(f"{result.unread:,} lines could not be read:")
        lines += [f"  line {problem.row}: {problem.reason}" for problem in result.problems[:10]]
    return "\n".join(lines)
