"""Where the lived journey falls short of the intended one: each gap with how many, how sure, and who is behind it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.core.playbook.model import Playbook, Stage
from fondly.core.words import heading, words_of
from fondly.run.journeys.map_columns import Cell, Column, days_of
from fondly.run.journeys.map_numbers import Mean, Share

OFTEN = 0.2  # a touchpoint skipped or late for more than this share is a gap
HANDED_OVER = 0.9  # hand-offs done for fewer than this share are a gap


@dataclass(frozen=True, slots=True)
class Gap:
    """what, stage, name: how `map_behind` finds the clients; what "" means there is nobody to show."""

    title: str
    column: str
    words: str
    tag: str
    kind: str  # of the tag
    weight: float
    what: str = ""
    stage: str = ""
    name: str = ""
    n: int = 0


def gaps(book: Playbook, columns: list[Column], silent: Mapping[str, int]) -> list[Gap]:
    """The heaviest first."""
    found = [gap for column in columns for gap in _of(book, column, silent)]
    return sorted(found, key=lambda gap: -gap.weight)


def rests(book: Playbook) -> dict[str, float]:
    """stage -> days that may pass without talking, where the playbook says so."""
    found = {}
    for stage in book.stages.values():
        steps = [
            days_of(t.when.step)
            for t in stage.touchpoints.values()
            if t.when is not None and t.when.form == "every" and t.when.anchor.kind == "contact"
        ]
        if known := [days for days in steps if days]:
            found[stage.name] = min(known)
    return found


def _of(book: Playbook, column: Column, silent: Mapping[str, int]) -> Iterator[Gap]:
    yield from _feeling(column)
    yield from _promises(column)
    for stage in column.stages:
        yield from _silence(book.stages[stage], column, silent.get(stage, 0), rests(book).get(stage, 0.0))
    yield from _relationship(column)
    yield from _handoff(book, column)
    for cells in column.lanes.values():
        for cell in cells:
            yield from _touchpoint(cell, column)


def _feeling(column: Column) -> Iterator[Gap]:
    felt = column.felt
    if felt is None or not felt.is_told or felt.value >= 0:
        return
    sure = _("surely below even") if felt.high < 0 else _("it could be chance")
    yield Gap(
        column.title,
        column.name,
        _("Clients feel %(mean)s here: %(sure)s.") % {"mean": mean_words(felt), "sure": sure},
        _("feeling"),
        "bad" if felt.high < 0 else "warn",
        50 - 10 * felt.value if felt.high < 0 else 4.0,
        "felt",
        column.one,
        n=felt.n,
    )


def _promises(column: Column) -> Iterator[Gap]:
    kept = column.kept
    broken = kept.n - kept.k
    if not broken:
        return
    words = _("%(k)d of %(n)d promises were not kept.") % {"k": broken, "n": kept.n}
    if kept.is_told:
        words = _("Kept: %(share)s.") % {"share": share_words(kept)} + " " + words
    yield Gap(
        column.title, column.name, words, _("promise"), "bad", 40 + 20 * (1 - kept.value) if kept.is_told else 8.0,
        "promises", column.one, n=broken,
    )  # fmt: skip


def _silence(stage: Stage, column: Column, n: int, days: float) -> Iterator[Gap]:
    if not n:
        return
    words = ngettext(
        "%(n)d client has not talked with us for longer than the %(days)d days the playbook allows.",
        "%(n)d clients have not talked with us for longer than the %(days)d days the playbook allows.",
        n,
    ) % {"n": n, "days": round(days)}
    yield Gap(column.title, column.name, words, _("silence"), "relationship", 30 + min(n, 100) / 20, "silent",
              stage.name, f"{days:g}", n)  # fmt: skip


def _relationship(column: Column) -> Iterator[Gap]:
    planned = bool(column.lanes["relationship"] or column.lanes["wow"])
    if not planned:
        words = _("Nothing here is done for the relationship: the playbook has only work in this stage.")
        yield Gap(column.title, column.name, words, _("relationship"), "relationship", 12.0)
    elif column.touched.is_told and column.touched.k == 0:
        words = ngettext(
            "Not one of %(n)d journey got a relationship touch here.",
            "Not one of %(n)d journeys got a relationship touch here.",
            column.touched.n,
        ) % {"n": column.touched.n}
        yield Gap(column.title, column.name, words, _("relationship"), "relationship", 35.0, "untouched", column.one,
                  n=column.touched.n)  # fmt: skip


def _handoff(book: Playbook, column: Column) -> Iterator[Gap]:
    stage = book.stages.get(column.one)
    if stage is None or not stage.owner:
        return
    names = list(book.stages)
    before = book.stages[names[names.index(stage.name) - 1]] if names.index(stage.name) else None
    if before is None or not before.owner or before.owner == stage.owner:
        return
    who = {"from": words_of(before.owner), "to": words_of(stage.owner)}
    if stage.handoff is None:
        words = _("It passes from %(from)s to %(to)s, and no hand-off is planned.") % who
        yield Gap(column.title, column.name, words, _("hand-off"), "warn", 11.0)
        return
    cell = _cell(column, stage.handoff.touchpoint)
    if cell is not None and cell.done.is_told and cell.done.value < HANDED_OVER:
        share = share_words(cell.done)
        text = _("It passes from %(from)s to %(to)s; the hand-off was done for %(share)s.")
        words = text % (who | {"share": share})
        yield Gap(column.title, column.name, words, _("hand-off"), "warn", 20.0, "undone", stage.name, cell.name,
                  cell.done.n - cell.done.k)  # fmt: skip


def _touchpoint(cell: Cell, column: Column) -> Iterator[Gap]:
    what = {"what": heading(cell.name)}
    if cell.skipped.is_told and cell.skipped.low > OFTEN:
        text = _("“%(what)s” did not happen when it was due: %(share)s.")
        words = text % (what | {"share": share_words(cell.skipped)})
        yield Gap(column.title, column.name, words, _("skipped"), "warn", 15 + 10 * cell.skipped.value, "skipped",
                  cell.stage, cell.name, cell.skipped.k)  # fmt: skip
    late = 1 - cell.on_time.value
    if cell.on_time.is_told and 1 - cell.on_time.high > OFTEN:
        words = _("“%(what)s” is on time for %(share)s.") % (what | {"share": share_words(cell.on_time)})
        yield Gap(column.title, column.name, words, _("late"), "warn", 14 + 10 * late, "late", cell.stage, cell.name,
                  cell.on_time.n - cell.on_time.k)  # fmt: skip


def _cell(column: Column, name: str) -> Cell | None:
    return next((cell for cells in column.lanes.values() for cell in cells if cell.name == name), None)


def share_words(found: Share) -> str:
    """ "71 % (60 to 80), 70"; below ten "too few to say (7)"."""
    if not found.is_told:
        return _("too few to say (%(n)d)") % {"n": found.n}
    return _("%(value)d%% (%(low)d to %(high)d), n %(n)d") % {
        "value": found.percent, "low": round(100 * found.low), "high": round(100 * found.high), "n": found.n,
    }  # fmt: skip


def mean_words(found: Mean) -> str:
    """ "−0.4 (−0.6 to −0.2), n 91"."""
    if not found.is_told:
        return _("too few to say (%(n)d)") % {"n": found.n}
    return f"{signed(found.value)} ({signed(found.low)} {_('to')} {signed(found.high)}), n {found.n}"


def signed(value: float) -> str:
    text = f"{abs(value):.1f}"
    return text if float(text) == 0 else f"+{text}" if value > 0 else f"−{text}"
