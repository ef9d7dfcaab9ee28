"""The Clients list as a board: a column for each stage, or for how long nobody has talked to them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from fondly.doors.web import books
from fondly.doors.web.clients_lines import Line, lines
from fondly.doors.web.clients_list import NEVER, Filter, ordered
from fondly.ground.branches import numbered, statement
from fondly.ground.wording import gettext as _

CARDS = 12  # shown per column; the column's head leads to all of them
COUNTED = 100  # a column with more says "99+"


@dataclass(frozen=True, slots=True)
class Column:
    """href: the table of all who are in it."""

    title: str
    href: str
    count: int
    cards: list[Line]


def board(wanted: Filter, now: datetime) -> list[Column]:
    """The columns of the layout that is wanted. Two queries, and what a text search needs."""
    heads = list(_stages(wanted) if wanted.layout == "stages" else _silences(wanted))
    found: dict[int, list[int]] = defaultdict(list)
    for place, pk in numbered(statement(ordered(part, now)[:COUNTED]) for _title, part in heads):
        found[place].append(pk)
    shown = {line.id: line for line in lines([pk for ids in found.values() for pk in ids[:CARDS]], now)}
    return [
        Column(title, f"?{replace(part, layout='').address()}", len(ids), [shown[pk] for pk in ids[:CARDS]])
        for place, (title, part) in enumerate(heads)
        for ids in [found[place]]
    ]


def _stages(wanted: Filter) -> Iterator[tuple[str, Filter]]:
    """The one stage of the sentence, or each; last those on no journey."""
    for name, title in [*books.stage_options(), ("-", _("On no journey"))]:
        if wanted.stage in ("", name):
            yield title, replace(wanted, stage=name)


def _silences(wanted: Filter) -> Iterator[tuple[str, Filter]]:
    """Who has waited longest comes first."""
    for name, title in reversed(silences()):
        if wanted.silence in ("", name):
            yield title[:1].upper() + title[1:], replace(wanted, silence=name, order="silence")


def silences() -> list[tuple[str, str]]:
    """(band, words) from the shortest silence to none at all."""
    return [
        ("30", _("within 30 days")),
        ("90", _("30 to 90 days ago")),
        ("180", _("90 to 180 days ago")),
        ("longer", _("more than 180 days ago")),
        (NEVER, _("never")),
    ]
