"""Where a notebook's numbers come from: the lake of this machine, or an install over HTTP (remote.py)."""

from typing import TYPE_CHECKING, Any, Protocol

from fondly.measure.insight import registry
from fondly.measure.insight.metric import Answer, Source
from fondly.measure.insight.source import LakeSource

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class NotebookSource(Source, Protocol):
    """personal: whether columns that tell who somebody is are there."""

    @property
    def personal(self) -> bool: ...

    def ask(self, name: str, /, **given: Any) -> Answer: ...

    def duckdb(self, *tables: str) -> "DuckDBPyConnection": ...

    def frame(self, table: str, engine: str = "") -> Any: ...

    def counts(self) -> dict[str, int]: ...

    def whoami(self) -> str: ...

    def fresh(self) -> None: ...

    def close(self) -> None: ...


class LocalSource(LakeSource):
    """The lake of an install on this machine."""

    @property
    def personal(self) -> bool:
        return self.lake.personal

    def ask(self, name: str, /, **given: Any) -> Answer:
        return registry.ask(self, name, **given)

    def frame(self, table: str, engine: str = "") -> Any:
        return self.lake.frame(table, engine)

    def counts(self) -> dict[str, int]:
        return self.lake.counts()

    def whoami(self) -> str:
        seen = "with names and contacts" if self.personal else "without names and contacts (personal=True shows them)"
        return f"reading the files of this machine, {seen}"
