"""The playbooks in a notebook, as they were on a day."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fondly.measure.insight.asking import CannotAnswer, instant

if TYPE_CHECKING:
    from fondly.doors.notebook.sources import NotebookSource

_LIVED = """
SELECT id AS version, name, number, published_at FROM playbooks
WHERE published_at <= $at AND (retired_at IS NULL OR retired_at > $at) ORDER BY name
"""


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it was lived. stages and touchpoints: rows in their order."""

    name: str
    number: int
    stages: list[dict[str, Any]]
    touchpoints: list[dict[str, Any]]


class Playbooks:
    def __init__(self, source: "NotebookSource") -> None:
        self._source = source

    def at(self, day: str, name: str = "") -> Version:
        """The version lived on a day (its beginning, UTC); name, where several playbooks were. Raises CannotAnswer."""
        at = instant("day", day)
        found = self._rows(_LIVED, {"at": at.replace(tzinfo=None) if at else None})
        fitting = [row for row in found if not name or row["name"] == name]
        if len(fitting) != 1:
            lived = ", ".join(row["name"] for row in found) or "none"
            raise CannotAnswer(f"On {day} these were lived: {lived}; name one.")
        version = fitting[0]
        of = {"version": version["version"]}
        stages = self._rows("SELECT * FROM stages WHERE version = $version ORDER BY place", of)
        points = self._rows("SELECT * FROM touchpoints WHERE version = $version ORDER BY stage, place", of)
        return Version(version["name"], version["number"], stages, points)

    def _rows(self, sql: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        told = self._source.query(sql, params)
        return [dict(zip(told.columns, row, strict=True)) for row in told.fetchall()]
