"""`fondly metric` and `fondly sql`: numbers of this machine's install on the command line. No Django is started."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fondly.doors.notebook.session import Session

_FORMATS = ("table", "csv", "json", "parquet")


def add_parsers(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    metric = subparsers.add_parser(
        "metric", help="a number with its range: nps, dwell, dropout ...; alone: all there are"
    )
    metric.add_argument("name", nargs="?", help="which; `fondly metric` lists them")
    metric.add_argument("--by", metavar="NAMES", help="a figure for each: stage, channel, persona, month ...")
    metric.add_argument("--last", metavar="LENGTH", help="365d, 12w, 6m or 1y before now")
    metric.add_argument("--since", metavar="DAY", help="from this day or instant on")
    metric.add_argument("--until", metavar="DAY", help="before this day or instant")
    metric.add_argument("--where", metavar="NAME=VALUE", action="append", default=[], type=_pair, help="of these only")
    metric.add_argument("--with", metavar="NAME=VALUE", action="append", default=[], type=_pair, dest="more",
                        help="what this metric takes of its own: --with steps=inquiry,talk")  # fmt: skip
    metric.add_argument("--level", type=float, help="of the range (0.95)")
    metric.add_argument("--explain", action="store_true", help="definition, what is left out, the expression")
    shape = metric.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print JSON")
    shape.add_argument("--csv", action="store_true", help="print CSV")
    metric.set_defaults(func=_metric)
    sql = subparsers.add_parser("sql", help="one SELECT over interactions, clients, journeys ...; alone: all tables")
    sql.add_argument("statement", nargs="?", help="in DuckDB's SQL; instants are in UTC")
    sql.add_argument("--format", choices=_FORMATS, default="table", help="parquet needs -o")
    sql.add_argument("-o", "--output", metavar="FILE", help="write it there")
    sql.add_argument("--personal", action="store_true", help="with names and contacts")
    sql.set_defaults(func=_sql)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name.strip(), value.strip()


def _metric(arguments: argparse.Namespace) -> int:
    from fondly.doors.notebook.writing import as_csv, as_json, as_text
    from fondly.measure.insight import registry

    if arguments.name is None:
        _print(
            as_text(
                [{"metric": one.name, "meaning": one.meaning, "unit": one.unit} for one in registry.metrics().values()]
            )
        )
        return 0
    asked = {name: getattr(arguments, name) for name in ("by", "last", "since", "until", "level")}
    with _session() as fd:
        figures = fd.metric(arguments.name, where=dict(arguments.where), **asked, **dict(arguments.more))
        if arguments.explain:
            _print(figures.explain())
        else:
            write = as_json if arguments.json else as_csv if arguments.csv else as_text
            _print(write(figures.rows) or "There is nothing to count yet.")
    return 0


def _sql(arguments: argparse.Namespace) -> int:
    if arguments.format == "parquet" and not arguments.output:
        sys.exit("fondly: Parquet is not for the eye; say where to write it: -o FILE")
    with _session(personal=arguments.personal) as fd:
        if arguments.statement is None:
            _print(repr(fd))
            return 0
        return _answer(fd, arguments)


def _answer(fd: "Session", arguments: argparse.Namespace) -> int:
    from fondly.doors.notebook import writing

    answer = fd.sql(arguments.statement)
    if arguments.format == "parquet":
        writing.to_parquet(answer, Path(arguments.output))
        return 0
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]
    write = {"table": writing.as_text, "csv": writing.as_csv, "json": writing.as_json}[arguments.format]
    if arguments.output:
        Path(arguments.output).write_text(write(rows) + "\n" * (arguments.format == "json"), encoding="utf-8")
    else:
        _print(write(rows) or "No rows.")
    return 0


@contextmanager
def _session(*, personal: bool = False) -> Iterator["Session"]:
    """What cannot be answered, read or written ends the command with words."""
    import duckdb

    from fondly.doors.notebook import opening
    from fondly.ground.config import ConfigError
    from fondly.measure.insight.asking import CannotAnswer
    from fondly.measure.lake.databases import Unreadable

    try:
        yield opening.open(personal=personal)
    except (CannotAnswer, ConfigError, Unreadable, OSError, duckdb.Error) as error:
        sys.exit(f"fondly: {error}")


def _print(text: str) -> None:
    print(text.rstrip("\n"))
