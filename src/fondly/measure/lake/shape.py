"""What a table of the lake is, and of what columns it is made."""

from dataclasses import dataclass
from typing import Literal

Type = Literal["BIGINT", "INTEGER", "SMALLINT", "DOUBLE", "BOOLEAN", "VARCHAR", "TIMESTAMP"]


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: Type
    meaning: str
    sql: str = ""  # the column of the database, or an expression; empty: the same name
    personal: bool = False
    made: str = ""  # how it is made when it is read, of `e`, a row as it is stored, and of the tables beside it

    @property
    def stored(self) -> str:
        return self.sql or self.name

    @property
    def seen(self) -> str:
        return self.made or f'e."{self.name}"'


@dataclass(frozen=True, slots=True)
class Table:
    """source: the FROM part in the database; empty where the rows are made from the playbooks' texts.

    sealed: in which order the rows lie in the lake's files; empty where there are none.
    noted: by which column it is noted whose sealed rows have changed; empty where rows never do.
    monthly: whether the files are parted by the month of `at`.
    kept: the columns of the files, where those that are stored are not of the ones people see.
    beside: tables that columns are made of when they are read; joined: how they are joined to `e`, a stored row.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    source: str = ""
    sealed: str = ""
    noted: str = ""
    monthly: bool = False
    kept: tuple[Column, ...] = ()
    beside: "tuple[Table, ...]" = ()
    joined: str = ""

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns as they are in the database and in the files. What is told of a person is not in the files."""
        return self.kept or tuple(column for column in self.columns if not column.made and not column.personal)

    @property
    def whose(self) -> str:
        """The column of the database that is `noted`."""
        return next(column.stored for column in self.stored if column.name == self.noted)

    def shown(self, personal: bool) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if personal or not column.personal)

    def is_read_sealed(self, personal: bool) -> bool:
        """Whether what may be seen can be made of the files."""
        known = {column.name for column in self.stored}
        return bool(self.sealed) and all(column.made or column.name in known for column in self.shown(personal))


def ident(meaning: str, sql: str = "") -> Column:
    return Column("id", "BIGINT", meaning, sql)


def number(name: str, meaning: str, sql: str = "") -> Column:
    return Column(name, "INTEGER", meaning, sql)


def ref(name: str, meaning: str, sql: str = "", made: str = "") -> Column:
    return Column(name, "BIGINT", meaning, sql or f"{name}_id", made=made)


def text(name: str, meaning: str, sql: str = "", made: str = "") -> Column:
    return Column(name, "VARCHAR", meaning, sql, made=made)


def who(name: str, meaning: str, sql: str = "", made: str = "") -> Column:
    return Column(name, "VARCHAR", meaning, sql, personal=True, made=made)


def at(name: str, meaning: str, sql: str = "") -> Column:
    return Column(name, "TIMESTAMP", meaning, sql)


def yes(name: str, meaning: str, sql: str = "") -> Column:
    return Column(name, "BOOLEAN", meaning, sql)


def money(name: str, meaning: str) -> Column:
    return Column(name, "BIGINT", meaning)
