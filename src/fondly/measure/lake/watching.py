"""Triggers that note whose facts were changed or deleted, by whatever statement, in that statement's transaction.

Rebuilding a table (as SQLite migrations do) drops its triggers, so install() runs after every migrate.
"""

from typing import Any

from fondly.measure.lake.catalogue import TABLES

_FACTS = "clients_interaction"


def install(connection: Any) -> None:
    """Make what is missing. Safe to call at any time."""
    with connection.cursor() as cursor:
        for statement in _on_sqlite() if connection.vendor == "sqlite" else _on_postgres():
            cursor.execute(statement)


def _sealed_columns() -> list[str]:
    """Those of the facts' columns whose change makes a sealed row untrue."""
    return [column.stored for column in TABLES["interactions"].columns if column.name != "id"]


def _on_sqlite() -> list[str]:
    columns = _sealed_columns()
    old, new = (", ".join(f'{row}."{name}"' for name in columns) for row in ("old", "new"))
    note = "INSERT INTO lake_redo(client_id) VALUES (old.client_id);"
    note_new = "INSERT INTO lake_redo(client_id) SELECT new.client_id WHERE new.client_id <> old.client_id;"
    names = ", ".join(f'"{name}"' for name in columns)
    return [
        "DROP TRIGGER IF EXISTS lake_fact_changed",
        "DROP TRIGGER IF EXISTS lake_fact_gone",
        f"CREATE TRIGGER lake_fact_changed AFTER UPDATE OF {names} ON {_FACTS}"
        f" WHEN ({old}) IS NOT ({new}) BEGIN {note} {note_new} END",
        f"CREATE TRIGGER lake_fact_gone AFTER DELETE ON {_FACTS} BEGIN {note} END",
    ]


def _on_postgres() -> list[str]:
    columns = _sealed_columns()
    gone, made = (", ".join(f'{row}."{name}"' for name in columns) for row in ("gone", "made"))
    changed = f"FROM gone JOIN made USING (id) WHERE ({gone}) IS DISTINCT FROM ({made})"
    whose = f"SELECT gone.client_id {changed} UNION SELECT made.client_id {changed}"
    return [
        _function("lake_note_changed", whose),
        _function("lake_note_gone", "SELECT DISTINCT client_id FROM gone"),
        f"DROP TRIGGER IF EXISTS lake_fact_changed ON {_FACTS}",
        f"DROP TRIGGER IF EXISTS lake_fact_gone ON {_FACTS}",
        f"CREATE TRIGGER lake_fact_changed AFTER UPDATE ON {_FACTS} REFERENCING OLD TABLE AS gone NEW TABLE AS made"
        " FOR EACH STATEMENT EXECUTE FUNCTION lake_note_changed()",
        f"CREATE TRIGGER lake_fact_gone AFTER DELETE ON {_FACTS} REFERENCING OLD TABLE AS gone"
        " FOR EACH STATEMENT EXECUTE FUNCTION lake_note_gone()",
    ]


def _function(name: str, clients: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" INSERT INTO lake_redo(client_id) {clients}; RETURN NULL; END $$"
    )
