"""fondly rehearse FILE: live a playbook in virtual time. Nothing is sent, nothing is stored."""

import argparse
import json
import sys
from typing import Any

EXAMPLES = """examples:
  fondly rehearse realtor --start 2026-01-05T09:00 --days 60
  fondly rehearse playbook.yaml --start 2026-01-05T09:00 --zone America/New_York \\
      --event proposal_accepted@2026-01-12T15:00 --field birthday=1980-02-29 --json
  fondly rehearse playbook.yaml --clients 200 --year"""


def add_parsers(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "rehearse",
        help="see what a client would live through, day by day",
        description="Live a playbook with a made-up client, or with a whole year's clients. Nothing is sent.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", help="a playbook file or folder, or the name of a starter such as realtor")
    parser.add_argument("--start", help="when the journey begins, e.g. 2026-01-05T09:00 (default: now)")
    parser.add_argument("--days", type=int, help="how many days to live (default: 400)")
    parser.add_argument("--zone", help="the client's time zone, e.g. America/New_York (default: the playbook's)")
    parser.add_argument("--stage", help="the stage to begin in (default: the first)")
    parser.add_argument("--persona", help="who the client is")
    parser.add_argument("--event", action="append", default=[], metavar="NAME@ISO", help="something that happens")
    parser.add_argument("--field", action="append", default=[], metavar="NAME=VALUE", help="something we know")
    _add_base(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(func=rehearse)


def _add_base(parser: argparse.ArgumentParser) -> None:
    base = parser.add_argument_group("a whole client base")
    base.add_argument("--clients", type=int, help="rehearse this many made-up clients who arrive through the time")
    base.add_argument("--year", action="store_true", help="365 days (the default with --clients)")
    base.add_argument("--seed", type=int, default=7, help="other numbers make other clients (default: 7)")


def rehearse(args: argparse.Namespace) -> int:
    """0 when it was lived through, 2 when something asked for makes no sense."""
    from fondly.core.playbook.problems import PlaybookError
    from fondly.doors.cli.rehearse_input import InputError, load_playbook

    try:
        playbook = load_playbook(args.file)
        printed = _base(args, playbook) if args.clients is not None else _one(args, playbook)
    except (InputError, PlaybookError, OSError) as error:
        print(f"fondly rehearse: {error}", file=sys.stderr)
        return 2
    print(printed)
    return 0


def _one(args: argparse.Namespace, playbook: Any) -> str:
    from fondly.core.planner.rehearsal import rehearse as live
    from fondly.doors.cli import rehearse_words
    from fondly.doors.cli.rehearse_input import days_of, ghost_of

    ghost = ghost_of(args, playbook)
    rehearsed = live(playbook, ghost, days=days_of(args, 400))
    if args.json:
        return json.dumps(rehearse_words.as_json(rehearsed, ghost.zone), indent=2, ensure_ascii=False)
    return rehearse_words.calendar(playbook, rehearsed, ghost)


def _base(args: argparse.Namespace, playbook: Any) -> str:
    from fondly.core.planner.ghosts import rehearse_clients
    from fondly.doors.cli import rehearse_words
    from fondly.doors.cli.rehearse_input import clients_of, days_of, refuse_one_client_options, start_of, zone_name

    refuse_one_client_options(args)
    start = start_of(args.start, zone_name(args.zone, playbook))
    report = rehearse_clients(playbook, clients_of(args), days_of(args, 365), args.seed, start=start)
    return json.dumps(report.as_json(), indent=2, ensure_ascii=False) if args.json else rehearse_words.tables(report)
