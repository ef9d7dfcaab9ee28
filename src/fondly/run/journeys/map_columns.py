"""The columns of the map: what the playbook intends for each stage, beside what was lived in it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fondly.core.planner.timing import ROUGHLY
from fondly.core.playbook import frames
from fondly.core.playbook.model import Duration, Playbook, Stage, Touchpoint
from fondly.ground.wording import in_words
from fondly.run.journeys.map_counts import Counts, Row
from fondly.run.journeys.map_numbers import Mean, Share, mean, median_stay, share

KINDS = ("work", "relationship", "wow")


@dataclass(frozen=True, slots=True)
class Cell:
    """One touchpoint. done: journeys that had it, of those that entered the stage. on_time: of those done here."""

    name: str
    stage: str
    kind: str
    when: str
    channel: str
    about: str
    done: Share
    on_time: Share
    skipped: Share
    designed: bool = True

    @property
    def missing(self) -> bool:
        """Intended, and hardly ever lived."""
        return self.designed and self.done.is_told and self.done.value < 0.5


@dataclass(slots=True)
class Column:
    """One stage, or one stage of a frame with the playbook stages it covers."""

    name: str
    title: str
    stages: tuple[str, ...]
    feel: str = ""
    goal: str = ""
    planned: str = ""
    days: float | None = None
    days_n: int = 0
    now: int = 0
    ever: int = 0
    left: int = 0
    felt: Mean | None = None
    owners: tuple[str, ...] = ()
    handoff: str = ""
    channels: tuple[str, ...] = ()
    lanes: dict[str, list[Cell]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    kept: Share = field(default_factory=lambda: share(0, 0))
    touched: Share = field(default_factory=lambda: share(0, 0))

    @property
    def one(self) -> str:
        """The playbook stage when the column is exactly one."""
        return self.stages[0] if len(self.stages) == 1 else ""


def columns(book: Playbook, counts: Counts, frame: str = "") -> list[Column]:
    """In the order of the playbook, or of the frame. frame "": its own stages."""
    return [_column(book, counts, *place) for place in _places(book, frame)]


def _places(book: Playbook, frame: str) -> Iterable[tuple[str, str, tuple[str, ...], tuple[Touchpoint, ...]]]:
    if frame in frames.FRAMES:
        for part in frames.view(book, frame):  # type: ignore[arg-type]
            found = tuple(t for t in book.touchpoints() if t.name in part.touchpoints)
            yield part.name, in_words(part.title), part.stages, found
        return
    for stage in book.stages.values():
        yield stage.name, stage.title, (stage.name,), tuple(stage.touchpoints.values())


def _column(
    book: Playbook, counts: Counts, name: str, title: str, stages: tuple[str, ...], touchpoints: tuple[Touchpoint, ...]
) -> Column:
    column = Column(name, title, stages)
    parts = [book.stages[stage] for stage in stages]
    column.feel = ", ".join(_unique(part.feel for part in parts))
    column.goal = parts[0].goal if len(parts) == 1 else ""
    column.planned = _length(parts[0]) if len(parts) == 1 else ""
    column.owners = _unique(part.owner for part in parts)
    column.handoff = parts[0].handoff.touchpoint if len(parts) == 1 and parts[0].handoff else ""
    column.channels = _unique(t.channel for t in touchpoints)
    column.now = sum(counts.now.get(stage, 0) for stage in stages)
    column.ever = sum(counts.ever.get(stage, 0) for stage in stages)
    column.left = sum(row["n"] for row in counts.left if row["exit_stage"] in stages)
    column.felt = _felt(counts, stages)
    if len(stages) == 1:
        column.days, column.days_n = median_stay(_days(counts.stays, stages[0]), _days(counts.staying, stages[0]))
    column.kept = _kept(counts.promises, stages)
    column.touched = share(sum(counts.touched.get(stage, 0) for stage in stages), column.ever)
    lived = _lived(counts)
    for touchpoint in touchpoints:
        column.lanes.setdefault(touchpoint.kind, []).append(_cell(touchpoint, counts, lived))
    return column


def _cell(touchpoint: Touchpoint, counts: Counts, lived: dict[tuple[str, str], Row]) -> Cell:
    row = lived.get((touchpoint.stage, touchpoint.name), {})
    done, skipped = row.get("done", 0), row.get("skipped", 0) + row.get("failed", 0)
    return Cell(
        name=touchpoint.name,
        stage=touchpoint.stage,
        kind=touchpoint.kind,
        when=touchpoint.when_text,
        channel=touchpoint.channel,
        about=touchpoint.about,
        done=share(row.get("journeys", 0), counts.ever.get(touchpoint.stage, 0)),
        on_time=share(done - row.get("late", 0), done),
        skipped=share(skipped, done + skipped),
    )


def _lived(counts: Counts) -> dict[tuple[str, str], Row]:
    """(stage, touchpoint) -> how often done, late, skipped, and by how many journeys."""
    found: dict[tuple[str, str], Row] = defaultdict(dict)
    for row in counts.happened:
        found[row["stage"], row["name"]]["journeys"] = row["journeys"]
    for row in counts.moments:
        found[row["stage"], row["touchpoint"]] |= {k: row[k] for k in ("done", "late", "skipped", "failed")}
    return found


def _days(stays: list[Row], stage: str) -> list[tuple[float, int]]:
    return [(max(0.0, row["days"] or 0.0), row["n"]) for row in stays if row["stage"] == stage]


def _felt(counts: Counts, stages: Sequence[str]) -> Mean | None:
    rows = [counts.felt[stage] for stage in stages if stage in counts.felt]
    return mean(*(sum(row[i] for row in rows) for i in range(3))) if rows else None


def _kept(promises: list[Row], stages: Sequence[str]) -> Share:
    here = [row for row in promises if row["stage"] in stages]
    kept = sum(row["n"] for row in here if row["name"] == "kept")
    return share(kept, kept + sum(row["n"] for row in here if row["name"] in ("broken", "late", "missed")))


def _length(stage: Stage) -> str:
    return "" if stage.never_ends or stage.length is None else str(stage.length)


def days_of(length: Duration | None) -> float | None:
    """Roughly how many days a duration is."""
    return None if length is None else ROUGHLY[length.unit] * length.count / 86_400


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
