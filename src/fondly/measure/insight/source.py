"""The lake as metrics read it: only the tables a statement names are loaded, and each only once."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from fondly.ground import config
from fondly.measure.insight.asking import CannotAnswer
from fondly.measure.lake import reading
from fondly.measure.lake.catalogue import TABLES
from fondly.measure.lake.reading import Lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

    from fondly.core.metrics.kernels.columns import Columns

_DATABASE = "fondly.sqlite3"
# Facts that are steps of a journey, told apart by their names.
STEP_KINDS = ("event", "done", "sent", "answered", "exited")
_WORD = re.compile(r"[a-z_]+")


class LakeSource:
    """Answers as of when a table was first needed; `fresh` forgets what was loaded."""

    def __init__(self, lake: Lake, now: datetime | None = None) -> None:
        self.lake = lake
        self._now = now
        self._loaded: dict[frozenset[str], DuckDBPyConnection] = {}

    @classmethod
    def of_install(cls, values: Mapping[str, config.Value], *, personal: bool = False) -> Self:
        """The lake of the install that FONDLY_HOME and FONDLY_DATABASE_URL name, without Django. Raises Unreadable."""
        home = config.home(values)
        lake = reading.open(values["FONDLY_DATABASE_URL"].text or home / _DATABASE, home, personal=personal)
        return cls(lake, lake.now() if config.yes(values["FONDLY_MOVABLE_CLOCK"]) else None)

    @property
    def now(self) -> datetime:
        return self._now or datetime.now(UTC)

    def query(self, sql: str, params: Mapping[str, Any]) -> "DuckDBPyRelation":
        """The answer of one SELECT. Raises CannotAnswer with DuckDB's words where it cannot be read."""
        return select(self.duckdb(*named_tables(sql)), sql, params)

    def duckdb(self, *tables: str) -> "DuckDBPyConnection":
        """A connection with these tables at least; with all if none is named."""
        wanted = frozenset(tables or TABLES)
        for loaded, connection in self._loaded.items():
            if wanted <= loaded:
                return connection
        self._loaded[wanted] = self.lake.duckdb(*sorted(wanted))
        return self._loaded[wanted]

    def columns(self) -> "Columns":
        return self.lake.columns(stage=False, kinds=STEP_KINDS)

    def fresh(self) -> None:
        self._loaded.clear()

    def close(self) -> None:
        self._loaded.clear()
        self.lake.close()


def named_tables(sql: str) -> list[str]:
    """The tables of the catalogue a statement may read; one word too many costs time only. Never none at all."""
    found = set(_WORD.findall(sql.lower())) & set(TABLES)
    return sorted(found) or ["playbooks"]


def select(connection: "DuckDBPyConnection", sql: str, params: Mapping[str, Any]) -> "DuckDBPyRelation":
    """The answer of one SELECT. Raises CannotAnswer with DuckDB's words."""
    import duckdb

    try:
        kinds = [statement.type.name for statement in connection.extract_statements(sql)]
        if kinds != ["SELECT"]:
            raise CannotAnswer("Give one SELECT: the tables are there to be read.")
        return connection.sql(sql, params=dict(params))
    except duckdb.Error as error:
        raise CannotAnswer(_in_words(error)) from error


def _in_words(error: Exception) -> str:
    """DuckDB's words, and what helps where its grammar took a word that is a column here."""
    said = str(error)
    if re.search(r"syntax error at or near", said) and re.search(r"\b(at|by)\b", said):
        said += '\nDuckDB keeps the words at and by for itself: write the columns as "at" and "by", or i.at.'
    return said
