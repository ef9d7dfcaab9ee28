"""Triggers that note which sealed rows were changed or deleted, by whatever statement, in that statement's transaction.

Rebuilding a table (as SQLite migrations do) drops its triggers, so install() runs after every migrate.
"""

from typing import Any

from fondly.measure.lake.catalogue import NOTED
from fondly.measure.lake.shape import Table

_KINDS = ("changed", "gone")


def install(connection: Any) -> list[str]:
    """Make the triggers anew. Safe to call at any time. The names of tables that had been changed without them."""
    here = set(connection.introspection.table_names())
    tables = [table for table in NOTED if table.source in here]
    with connection.cursor() as cursor:
        known = _known(connection, cursor)
        remove(connection, tables)
        for table in tables:
            for statement in _on_sqlite(table) if connection.vendor == "sqlite" else _on_postgres(table):
                cursor.execute(statement)
    return [table.name for table in tables if not known >= {_name(table, kind) for kind in _KINDS}]


def remove(connection: Any, tables: "list[Table] | tuple[Table, ...]" = NOTED) -> None:
    """Before a migration that changes what they write to."""
    with connection.cursor() as cursor:
        for table in tables:
            for kind in _KINDS:
                of = f" ON {table.source}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {_name(table, kind)}{of}")


def _known(connection: Any, cursor: Any) -> set[str]:
    sqlite = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    cursor.execute(sqlite if connection.vendor == "sqlite" else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
    return {name for (name,) in cursor.fetchall()}


def _name(table: Table, kind: str) -> str:
    return f"lake_{table.name}_{kind}"


def _watched(table: Table) -> list[str]:
    """Those of the table's columns whose change makes a sealed row untrue."""
    return [column.stored for column in table.stored if column.name != "id"]


def _on_sqlite(table: Table) -> list[str]:
    columns, whose = _watched(table), table.whose
    old, new = (", ".join(f'{row}."{name}"' for name in columns) for row in ("old", "new"))
    note = f"INSERT INTO lake_redo(\"table\", number) SELECT '{table.name}', "
    moved = "" if whose == "id" else f"{note} new.{whose} WHERE new.{whose} <> old.{whose};"
    names = ", ".join(f'"{name}"' for name in columns)
    return [
        f"CREATE TRIGGER {_name(table, 'changed')} AFTER UPDATE OF {names} ON {table.source}"
        f" WHEN ({old}) IS NOT ({new}) BEGIN {note} old.{whose}; {moved} END",
        f"CREATE TRIGGER {_name(table, 'gone')} AFTER DELETE ON {table.source} BEGIN {note} old.{whose}; END",
    ]


def _on_postgres(table: Table) -> list[str]:
    columns, whose = _watched(table), table.whose
    gone, made = (", ".join(f'{row}."{name}"' for name in columns) for row in ("gone", "made"))
    changed = f"FROM gone JOIN made USING (id) WHERE ({gone}) IS DISTINCT FROM ({made})"
    rows_of = ("gone",) if whose == "id" else ("gone", "made")
    either = " UNION ".join(f"SELECT {row}.{whose} {changed}" for row in rows_of)
    noted = {"changed": either, "gone": f"SELECT DISTINCT {whose} FROM gone"}
    told = {"changed": "UPDATE", "gone": "DELETE"}
    rows = {"changed": "OLD TABLE AS gone NEW TABLE AS made", "gone": "OLD TABLE AS gone"}
    return [
        statement
        for kind in _KINDS
        for statement in (
            _function(_name(table, kind), table, noted[kind]),
            f"CREATE TRIGGER {_name(table, kind)} AFTER {told[kind]} ON {table.source} REFERENCING {rows[kind]}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {_name(table, kind)}()",
        )
    ]


def _function(name: str, table: Table, noted: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" INSERT INTO lake_redo(\"table\", number) SELECT '{table.name}', n FROM ({noted}) AS t(n);"
        " RETURN NULL; END $$"
    )
