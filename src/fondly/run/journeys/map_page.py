"""Everything the Map shows, put together from its address: playbook, clients, period and frame."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.utils.translation import gettext as _

from fondly.core.playbook import frames
from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.reading import PlaybookError
from fondly.core.words import heading
from fondly.design.playbooks import library
from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.people.team.screens import number
from fondly.run.journeys import map_counts, map_kept
from fondly.run.journeys.exits import REASONS
from fondly.run.journeys.map_chart import Chart, chart
from fondly.run.journeys.map_columns import Column, columns
from fondly.run.journeys.map_counts import Row, Wanted
from fondly.run.journeys.map_gaps import Gap, gaps, rests, share_words
from fondly.run.journeys.map_voices import A_STAGE, Voice, voices

VIEWS = ("lived", "designed", "difference")
PERIODS = {"90": 90, "year": 365, "all": None}
_GAPS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; an unknown word means the usual."""

    playbook: int | None = None
    view: str = "lived"
    persona: str = ""
    period: str = "year"
    frame: str = ""

    def address(self, **changes: str) -> str:
        """The query string with changes; what is usual is left out."""
        usual = Asked()
        names = ("playbook", "view", "persona", "period", "frame")
        values = {name: getattr(self, name) for name in names} | changes
        return urlencode({k: v for k, v in values.items() if v and v != getattr(usual, k)})

    def since(self, now: datetime) -> datetime | None:
        """The beginning of the period, at a whole hour so that looks within the hour count the same."""
        days = PERIODS[self.period]
        start = now.replace(minute=0, second=0, microsecond=0)
        return None if days is None else start - timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Map:
    asked: Asked
    playbook: Playbook
    book: Book
    columns: list[Column]
    chart: Chart
    gaps: list[Gap]
    journeys: int
    happened: dict[str, list[Row]]
    counted: map_kept.Kept
    elsewhere: int  # journeys in stages this version does not have
    lowest: Column | None
    voices: dict[str, list[Voice]]

    def heard(self, column: Column) -> list[Voice]:
        """What clients said in the stages of a column."""
        return [voice for stage in column.stages for voice in self.voices.get(stage, ())][:A_STAGE]

    @property
    def first_gaps(self) -> list[Gap]:
        return self.gaps[:_GAPS_SHOWN]

    @property
    def more_gaps(self) -> list[Gap]:
        return self.gaps[_GAPS_SHOWN:]


def reading(values: Any) -> Asked:
    def one(name: str, allowed: Any, usual: str) -> str:
        return values.get(name) if values.get(name) in allowed else usual

    return Asked(
        playbook=number(values.get("playbook", "")),
        view=one("view", VIEWS, "lived"),
        persona=values.get("persona", "")[:60],
        period=one("period", PERIODS, "year"),
        frame=one("frame", frames.FRAMES, ""),
    )


def build(asked: Asked, now: datetime, *, anew: bool = False) -> Map | None:
    """The map; None while there is no playbook that can be read."""
    found = _playbook(asked.playbook)
    version = found and _version(found)
    if not found or not version:
        return None
    try:
        book = library.parsed(version.pk)
    except PlaybookError:
        return None
    wanted = wanted_of(asked, found, book, now)
    kept = map_kept.counts_of(wanted, f"{asked.persona}:{asked.period}", anew=anew)
    drawn = columns(book, kept.counts, asked.frame)
    told = [column for column in drawn if column.felt is not None and column.felt.is_told]
    return Map(
        asked=asked,
        playbook=found,
        book=book,
        columns=drawn,
        chart=chart(drawn),
        gaps=gaps(book, drawn, kept.counts.silent),
        journeys=kept.counts.journeys,
        happened=_happened(book, kept.counts),
        counted=kept,
        elsewhere=sum(n for stage, n in kept.counts.now.items() if stage not in book.stages),
        lowest=min(told, key=lambda c: c.felt.value if c.felt else 9.0) if len(told) > 1 else None,
        voices={} if asked.view == "designed" else voices(wanted, book, now),
    )


def wanted_of(asked: Asked, playbook: Playbook, book: Book, now: datetime) -> Wanted:
    warm = tuple(t.name for t in book.touchpoints() if t.kind != "work")
    quiet = tuple(rests(book).items())
    return Wanted(playbook.pk, asked.persona, asked.since(now), warm, quiet, map_counts.several_playbooks())


def playbooks() -> list[tuple[str, str]]:
    """(id, name) of all that have a version somebody could live."""
    rows = Playbook.objects.exclude(versions__state=None).order_by("name", "pk").distinct()
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")[:100]]


def _playbook(wanted: int | None) -> Playbook | None:
    """The one asked for, else the one most journeys live, else the oldest."""
    if wanted is not None:
        return Playbook.objects.filter(pk=wanted).first()
    lived = map_counts.Journey.objects.order_by().values("playbook").annotate(n=Count("pk")).order_by("-n").first()
    chosen = Playbook.objects.order_by("pk")
    return (chosen.filter(pk=lived["playbook"]) if lived else chosen).first()


def _version(playbook: Playbook) -> PlaybookVersion | None:
    """The live version, else the draft, else the newest."""
    live = library.live(playbook.pk) or library.draft(playbook.pk)
    return live or PlaybookVersion.objects.filter(playbook=playbook).order_by("-number").first()


def _happened(book: Book, counts: map_counts.Counts) -> dict[str, list[Row]]:
    """The exact counts behind the picture. known: events of the playbook; other: what a log also told."""
    known = [{**row, "title": heading(row["name"])} for row in counts.events]
    by_number = sorted(known, key=lambda row: (-row["journeys"], row["name"]))
    reasons: dict[str, int] = {}
    for row in counts.left:
        reasons[row["reason"]] = reasons.get(row["reason"], 0) + row["n"]
    return {
        "events": [row for row in by_number if row["name"] in book.events],
        "other": [row for row in by_number if row["name"] not in book.events],
        "exits": [
            {"name": name, "title": str(REASONS.get(name, heading(name))), "n": n}
            for name, n in sorted(reasons.items(), key=lambda pair: -pair[1])
        ],
    }


def sentence(found: Map) -> str:
    """The finding on top: the lowest point of the feeling line, or what can be said instead."""
    if found.lowest is not None and found.lowest.felt is not None:
        return _("Lowest in %(stage)s.") % {"stage": found.lowest.title}
    return _("Too few feelings to say where it sinks.") if found.journeys else _("Nobody has lived it yet.")


__all__ = ["Asked", "Map", "build", "playbooks", "reading", "sentence", "share_words", "wanted_of"]
