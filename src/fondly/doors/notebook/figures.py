"""A metric's answer in a notebook: rows to read, frames to work with, an explanation and a picture."""

from collections.abc import Iterator
from typing import Any

from fondly.doors.notebook import frames, writing
from fondly.measure.insight.metric import Answer, Row
from fondly.measure.insight.registry import explained


class Figures:
    """Behaves as the list of its rows; `df()`, `pl()`, `arrow()` give a frame."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.answer.rows

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> Row:
        return self.rows[place]

    def __repr__(self) -> str:
        return writing.as_text(self.rows) or "nothing to count"

    def explain(self) -> str:
        """Definition, what is left out, and the expression behind it."""
        return explained(self.answer)

    def df(self) -> Any:
        """As pandas."""
        return frames.pandas_of(self.rows)

    def pl(self) -> Any:
        """As Polars."""
        return frames.polars_of(self.rows)

    def arrow(self) -> Any:
        """As an Arrow table."""
        return frames.arrow_of(self.rows)

    def plot(self) -> Any:
        """Values with their ranges as an Altair chart. Needs `pip install "fondly[notebook]"`."""
        from fondly.doors.notebook import pictures

        return pictures.of_figures(self.answer)
