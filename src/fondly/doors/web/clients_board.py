"""The Clients list as a board: a column for each stage, or for how long nobody has talked to them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from fondly.core.words import capital
from fondly.design.playbooks.living import live_books
from fondly.doors.web import books
from fondly.doors.web.clients_lines import Line, lines
from fondly.doors.web.clients_list import LIVING, NEVER, Filter, matched, ordered
from fondly.ground.branches import Statement, numbered, statement
from fondly.ground.wording import gettext as _
from fondly.run.journeys.models import Journey

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
    if not heads:
        return []
    inside = _in_stage if wanted.layout == "stages" else _in_silence
    found: dict[int, dict[int, None]] = defaultdict(dict)  # a client with two matters in a stage is there once
    for place, pk in numbered(inside(part, now) for _title, part in heads):
        found[place][pk] = None
    shown = {line.id: line for line in lines([pk for ids in found.values() for pk in islice(ids, CARDS)], now)}
    return [
        Column(
            title,
            f"?{replace(part, layout='').address()}",
            len(found[place]),
            [shown[pk] for pk in islice(found[place], CARDS) if pk in shown],
        )
        for place, (title, part) in enumerate(heads)
    ]


def _in_stage(part: Filter, now: datetime) -> Statement:
    """From the journeys, by their index: by name it would look through everybody for the few of a small stage."""
    living = Journey.objects.filter(
        playbook__in=[live.playbook_id for live in live_books()], state__in=LIVING, stage=part.stage
    )
    anybody = replace(part, stage="")
    if anybody.is_plain:
        living = living.filter(client__merged_into=None, client__erased_at=None)
    else:
        living = living.filter(client__in=matched(anybody, now))
    return statement(living.order_by()[:COUNTED], "client")


def _in_silence(part: Filter, now: datetime) -> Statement:
    return statement(ordered(part, now)[:COUNTED])


def _stages(wanted: Filter) -> Iterator[tuple[str, Filter]]:
    """The one stage of the sentence, or each."""
    for name, title in books.stage_options():
        if wanted.stage in ("", name):
            yield title, replace(wanted, stage=name)


def _silences(wanted: Filter) -> Iterator[tuple[str, Filter]]:
    """Who has waited longest comes first."""
    for name, title in reversed(silences()):
        if wanted.silence in ("", name):
            yield capital(title), replace(wanted, silence=name, order="silence")


def silences() -> list[tuple[str, str]]:
    """(band, words) from the shortest silence to none at all."""
    return [
        ("30", _("within 30 days")),
        ("90", _("30 to 90 days ago")),
        ("180", _("90 to 180 days ago")),
        ("longer", _("more than 180 days ago")),
        (NEVER, _("never")),
    ]
