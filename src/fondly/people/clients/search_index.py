"""The search index inside the database: made once, kept by triggers, put back after any migration.

SQLite: clients_find holds short texts by trigrams (rowid = row id * 4 + what); clients_read indexes the
words of the timeline. PostgreSQL: trigram indexes if pg_trgm can be had, and one of words.
Rebuilding a table (as SQLite migrations do) drops its triggers, so install() runs after every migrate.
"""

from typing import Any

CLIENT, CONTACT, EMAIL, PHONE = range(4)
# what, table, the column as text, columns whose change matters, which rows
_SHORT = (
    (CLIENT, "clients_client", "{row}.sort_name", "sort_name", "1"),
    (CONTACT, "clients_contact", "lower({row}.name)", "name, relation", "{row}.relation <> 'self'"),
    (EMAIL, "clients_emailaddress", "{row}.key", "key", "1"),
    (PHONE, "clients_phone", "{row}.number", "number", "1"),
)
_POSTGRES_TRIGRAMS = (
    ("clients_find_name", "clients_client", "sort_name"),
    ("clients_find_contact", "clients_contact", "lower(name)"),
    ("clients_find_email", "clients_emailaddress", "key"),
    ("clients_find_phone", "clients_phone", "number"),
)
_ASK_FOR_TRIGRAMS = """
DO $$ BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
EXCEPTION WHEN OTHERS THEN
  RAISE NOTICE 'pg_trgm is not available: names are searched without an index';
END $$"""


def install(connection: Any) -> None:
    """Make what is missing. Safe to call at any time."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            _install_sqlite(cursor)
        elif connection.vendor == "postgresql":
            _install_postgres(cursor)


def has_trigrams(cursor: Any) -> bool:
    """Whether this PostgreSQL has pg_trgm."""
    cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
    return cursor.fetchone() is not None


def _install_sqlite(cursor: Any) -> None:
    cursor.execute("SELECT name FROM sqlite_master WHERE name IN ('clients_find', 'clients_read')")
    known = {name for (name,) in cursor.fetchall()}
    if "clients_find" not in known:
        cursor.execute("CREATE VIRTUAL TABLE clients_find USING fts5(text, tokenize='trigram')")
    if "clients_read" not in known:
        cursor.execute(
            "CREATE VIRTUAL TABLE clients_read USING fts5(text, content='clients_interaction', content_rowid='id',"
            " tokenize='unicode61 remove_diacritics 2')"
        )
    for what, table, text, columns, which in _SHORT:
        if "clients_find" not in known:
            _fill_short(cursor, what, table, text, which)
        _watch_short(cursor, what, table, text, columns, which)
    if "clients_read" not in known:
        cursor.execute(
            "INSERT INTO clients_read(rowid, text) SELECT id, text FROM clients_interaction WHERE text <> ''"
        )
    _watch_texts(cursor)


def _fill_short(cursor: Any, what: int, table: str, text: str, which: str) -> None:
    row = {"row": table}
    cursor.execute(
        f"INSERT INTO clients_find(rowid, text) SELECT id * 4 + {what}, {text.format(**row)}"  # noqa: S608 our own names
        f" FROM {table} WHERE {which.format(**row)}"
    )


def _watch_short(cursor: Any, what: int, table: str, text: str, columns: str, which: str) -> None:
    add = (
        f"INSERT INTO clients_find(rowid, text) SELECT new.id * 4 + {what}, {text.format(row='new')}"
        f" WHERE {which.format(row='new')};"
    )
    drop = f"DELETE FROM clients_find WHERE rowid = old.id * 4 + {what};"  # noqa: S608
    cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {table}_find_add AFTER INSERT ON {table} BEGIN {add} END")
    cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {table}_find_drop AFTER DELETE ON {table} BEGIN {drop} END")
    cursor.execute(
        f"CREATE TRIGGER IF NOT EXISTS {table}_find_change AFTER UPDATE OF {columns} ON {table} BEGIN {drop} {add} END"
    )


def _watch_texts(cursor: Any) -> None:
    add = "INSERT INTO clients_read(rowid, text) SELECT new.id, new.text WHERE new.text <> '';"
    drop = "INSERT INTO clients_read(clients_read, rowid, text) SELECT 'delete', old.id, old.text WHERE old.text <> '';"
    on = "clients_interaction"
    cursor.execute(
        f"CREATE TRIGGER IF NOT EXISTS clients_read_add AFTER INSERT ON {on} WHEN new.text <> '' BEGIN {add} END"
    )
    cursor.execute(
        f"CREATE TRIGGER IF NOT EXISTS clients_read_drop AFTER DELETE ON {on} WHEN old.text <> '' BEGIN {drop} END"
    )
    cursor.execute(
        f"CREATE TRIGGER IF NOT EXISTS clients_read_change AFTER UPDATE OF text ON {on} BEGIN {drop} {add} END"
    )


def _install_postgres(cursor: Any) -> None:
    cursor.execute(
        "CREATE INDEX IF NOT EXISTS clients_read ON clients_interaction"
        " USING gin (to_tsvector('simple', text)) WHERE text <> ''"
    )
    cursor.execute(_ASK_FOR_TRIGRAMS)
    if not has_trigrams(cursor):
        return
    for name, table, column in _POSTGRES_TRIGRAMS:
        cursor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} USING gin (({column}) gin_trgm_ops)")
