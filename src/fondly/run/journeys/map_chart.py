"""The feeling line as drawing instructions: percent across (so it stretches with the columns), pixels down."""

import itertools
from dataclasses import dataclass

from fondly.run.journeys.map_columns import Column
from fondly.run.journeys.map_gaps import signed

HEIGHT, EDGE = 168, 26  # pixels
_MIDDLE = HEIGHT / 2
_STEP = (HEIGHT - 2 * EDGE) / 4  # one step of feeling


@dataclass(frozen=True, slots=True)
class Point:
    """x in percent, y and ranges in pixels. faint: too few to say."""

    x: float
    y: float
    top: float
    bottom: float
    label_y: float
    label: str
    n: int
    css: str
    faint: bool
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Chart:
    height: int
    middle: float
    points: list[Point]
    lines: list[Line]
    glad_y: float
    uneasy_y: float


def chart(columns: list[Column]) -> Chart:
    """A point for every column with feelings; lines join those that say something."""
    points = [_point(column, place, len(columns)) for place, column in enumerate(columns)]
    shown = [point for point in points if point is not None]
    told = [point for point in shown if not point.faint]
    lines = [Line(a.x, a.y, b.x, b.y) for a, b in itertools.pairwise(told)]
    return Chart(HEIGHT, _MIDDLE, shown, lines, _y(1), _y(-1))


def _point(column: Column, place: int, count: int) -> Point | None:
    felt = column.felt
    if felt is None:
        return None
    y = _y(felt.value)
    return Point(
        x=round(100 * (place + 0.5) / count, 3),
        y=y,
        top=_y(felt.high),
        bottom=_y(felt.low),
        label_y=_y(felt.low) + 18 if felt.value < 0 else _y(felt.high) - 9,
        label=signed(felt.value) if felt.is_told else "?",
        n=felt.n,
        css=_css(felt.value) if felt.is_told else "none",
        faint=not felt.is_told,
        title=column.title,
    )


def _y(feeling: float) -> float:
    return round(_MIDDLE - feeling * _STEP, 1)


def _css(value: float) -> str:
    if -0.05 <= value <= 0.05:
        return "z0"
    side, strength = "m" if value < 0 else "p", 2 if abs(value) >= 0.75 else 1
    return f"{side}{strength}"
