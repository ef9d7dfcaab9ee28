"""One table of the lake in a notebook."""

from typing import TYPE_CHECKING, Any

from fondly.doors.notebook import frames
from fondly.measure.lake.shape import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from fondly.doors.notebook.sources import NotebookSource

# Columns with few different words: categories in a frame.
_WORDS = ("kind", "stage", "channel", "solved", "judged_by", "state", "mode", "persona", "source", "touchpoint")


class TableView:
    """`df()`, `pl()`, `arrow()` or `relation()` of all rows; alone it shows its columns and their meaning."""

    def __init__(self, table: Table, source: "NotebookSource") -> None:
        self.table = table
        self._source = source

    def __repr__(self) -> str:
        columns = self.table.shown(self._source.personal)
        width = max(len(column.name) for column in columns)
        lines = [f"{column.name:<{width}}  {column.type:<9}  {column.meaning}" for column in columns]
        return "\n".join([f"{self.table.name}: {self.table.meaning}", *lines])

    def relation(self) -> "DuckDBPyRelation":
        """As a relation of DuckDB, which reads when it is asked. Instants are in UTC.

        In the order of ids: as the rows lie depends on what the worker has sealed by now.
        """
        order = "ORDER BY id" if any(column.name == "id" for column in self.table.columns) else ""
        return self._source.query(f"SELECT {self._columns()} FROM {self.table.name} {order}", {})  # noqa: S608 - our own names

    def arrow(self) -> Any:
        """As an Arrow table."""
        frames.library("pyarrow")
        return self.relation().to_arrow_table()

    def pl(self) -> Any:
        """As a Polars frame; words that come often are categories."""
        pl = frames.library("polars")
        frame = pl.from_arrow(self.arrow())
        return frame.with_columns(pl.col(name).cast(pl.Categorical) for name in _WORDS if name in frame.columns)

    def df(self) -> Any:
        """As a pandas frame; words that come often are categories."""
        frames.library("pandas")
        frame = self.relation().df()
        return frame.astype({name: "category" for name in _WORDS if name in frame.columns})

    def _columns(self) -> str:
        """Instants say that they are in UTC."""
        return ", ".join(
            f'timezone(\'UTC\', "{column.name}") AS "{column.name}"'
            if column.type == "TIMESTAMP"
            else f'"{column.name}"'
            for column in self.table.shown(self._source.personal)
        )
