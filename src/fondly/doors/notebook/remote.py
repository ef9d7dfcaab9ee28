"""An install over HTTP: its metrics are computed there, its tables come as Parquet."""

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, build_opener

from fondly.measure.insight import asking, registry
from fondly.measure.insight.asking import CannotAnswer
from fondly.measure.insight.metric import Answer
from fondly.measure.insight.source import named_tables, select
from fondly.measure.lake.catalogue import TABLES
from fondly.measure.lake.tabling import connect

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

    from fondly.core.metrics.kernels.columns import Columns

_SECONDS = 120


class NotAnswered(Exception):
    """The install did not answer as asked: says what it said."""


class RemoteSource:
    """Tables are fetched when a statement first names them."""

    def __init__(self, address: str, key: str) -> None:
        if not key:
            raise NotAnswered("An install over HTTP asks for a key: make one under Your account and give it as key=.")
        self._address = address.rstrip("/")
        self._key = key
        self._folder = tempfile.TemporaryDirectory(prefix="fondly-")
        self._connection = connect()
        self._fetched: set[str] = set()

    @cached_property
    def _me(self) -> dict[str, Any]:
        me: dict[str, Any] = json.loads(self._get("/api/whoami"))
        return me

    @property
    def personal(self) -> bool:
        return bool(self._me["personal"])

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self._me["now"]).astimezone(UTC)

    def ask(self, name: str, /, **given: Any) -> Answer:
        told = json.loads(self._get(f"/api/metrics/{name}?{urlencode(_words(given))}"))
        asked = asking.asked(self.now, by=told["by"])
        return Answer(registry.found(name), asked, tuple(told["rows"]), told["expression"])

    def query(self, sql: str, params: Mapping[str, Any]) -> "DuckDBPyRelation":
        return select(self.duckdb(*named_tables(sql)), sql, params)

    def duckdb(self, *tables: str) -> "DuckDBPyConnection":
        for name in tables or TABLES:
            if name not in self._fetched:
                self._fetch(name)
        return self._connection

    def frame(self, table: str, engine: str = "") -> Any:
        """DuckDB's, of rows that were fetched; other engines work where the lake is."""
        if engine not in ("", "duckdb"):
            raise CannotAnswer("Over HTTP tables are DuckDB's; open the install's own files for another engine.")
        return self.duckdb(table).table(table)

    def columns(self) -> "Columns":
        """Measures of whole journeys are computed by the install: `ask` them."""
        raise CannotAnswer("Columns stay with the install; ask it for the metric.")

    def counts(self) -> dict[str, int]:
        return {table["name"]: table["rows"] for table in json.loads(self._get("/api/tables"))["items"]}

    def whoami(self) -> str:
        seen = "with names and contacts" if self.personal else "without names and contacts"
        return f"{self._me['name']} at {self._address}, {seen}"

    def fresh(self) -> None:
        for name in self._fetched:
            self._connection.execute(f"DROP TABLE {name}")
        self._fetched.clear()
        self.__dict__.pop("_me", None)

    def close(self) -> None:
        self._connection.close()
        self._folder.cleanup()

    def _fetch(self, name: str) -> None:
        file = Path(self._folder.name) / f"{name}.parquet"
        file.write_bytes(self._get(f"/api/tables/{name}"))
        self._connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet(?)", [str(file)])  # noqa: S608
        file.unlink()
        self._fetched.add(name)

    def _get(self, path: str) -> bytes:
        request = Request(self._address + path, headers={"Authorization": f"Bearer {self._key}"})  # noqa: S310
        try:
            with build_opener().open(request, timeout=_SECONDS) as response:
                answer: bytes = response.read()
                return answer
        except HTTPError as error:
            raise _said(error) from error
        except URLError as error:
            raise NotAnswered(f"{self._address} does not answer: {error.reason}") from error


def _words(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """As they stand in an address; where: one word per dimension."""
    words = []
    for name, value in given.items():
        if name == "where":
            words += [(f"where.{dimension}", str(one)) for dimension, one in (value or {}).items()]
        elif value is not None:
            words.append((name, ",".join(value) if isinstance(value, (list, tuple)) else str(value)))
    return words


def _said(error: HTTPError) -> Exception:
    """The problem in the install's words."""
    try:
        problem = json.loads(error.read())
        text = f"{problem.get('title', '')}: {problem.get('detail', '')}"
    except ValueError:
        text = f"HTTP {error.code}"
    return CannotAnswer(text) if error.code == 422 else NotAnswered(text)
