"""What `fondly.open` gives: tables, metrics, curves and playbooks, to look at and to work with."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from fondly.doors.notebook.books import Playbooks
from fondly.doors.notebook.curves import Curves, curves
from fondly.doors.notebook.figures import Figures
from fondly.doors.notebook.tables import TableView
from fondly.measure.insight.asking import CannotAnswer
from fondly.measure.lake.catalogue import TABLES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

    from fondly.doors.notebook.sources import NotebookSource


class Session:
    """Tables are attributes (`fd.interactions`); `fd` alone shows them all."""

    def __init__(self, source: "NotebookSource") -> None:
        self._source = source

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> TableView:
        if name.startswith("_") or name not in TABLES:
            raise AttributeError(f"There is no table {name}; there are: {', '.join(TABLES)}.")
        return TableView(TABLES[name], self._source)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *TABLES]

    def __repr__(self) -> str:
        width = max(map(len, TABLES))
        counts = self._source.counts()
        lines = [f"{name:<{width}}  {counts[name]:>12,}  {table.meaning}" for name, table in TABLES.items()]
        return "\n".join([f"{'table':<{width}}  {'rows':>12}  what one finds in it", *lines])

    def metric(
        self,
        name: str,
        by: str | list[str] | None = None,
        last: str | None = None,
        since: str | date | None = None,
        until: str | date | None = None,
        where: Mapping[str, str] | None = None,
        level: float | None = None,
        **more: str,
    ) -> Figures:
        """A metric with value, low, high and n per group; `metrics()` tells which there are.

        by: "stage" or ["stage", "channel"]; last: "365d"; where: {"stage": "intake"}. Raises CannotAnswer.
        """
        asked = {"by": by, "last": last, "since": since, "until": until, "where": where, "level": level}
        return Figures(self._source.ask(name, **asked, **more))

    def metrics(self) -> dict[str, str]:
        """Every metric's name and meaning."""
        from fondly.measure.insight import registry

        return {name: metric.meaning for name, metric in registry.metrics().items()}

    def survival(self, of: str = "stay", by: str | None = None, **asked: Any) -> Curves:
        """Kaplan-Meier curves with bands: of "stay" (days until an exit), or of a stage (days until it is left)."""
        return curves(self._source, of, by, **asked)

    @property
    def playbook(self) -> Playbooks:
        """The playbooks as they were lived: `fd.playbook.at("2026-06-01").stages`."""
        return Playbooks(self._source)

    def duckdb(self, *tables: str) -> "DuckDBPyConnection":
        """DuckDB in memory with the named tables, or all."""
        return self._source.duckdb(*tables)

    def frame(self, table: str, engine: str = "") -> Any:
        """A table for the functions of core.metrics, of the engine FONDLY_LAKE_ENGINE says, or of `engine`."""
        return self._source.frame(table, engine)

    def sql(self, statement: str) -> "DuckDBPyRelation":
        """One SELECT over the tables. Raises CannotAnswer."""
        return self._source.query(statement, {})

    def whoami(self) -> str:
        """As whom this reads, and whether it sees who clients are."""
        return self._source.whoami()

    def close(self) -> None:
        """Let go of the database and of what was read."""
        self._source.close()

    def refresh(self) -> None:
        """Forget what was read: the next question sees what has happened since."""
        self._source.fresh()


__all__ = ["CannotAnswer", "Session"]
