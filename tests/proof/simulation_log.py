"""Every change of the rows that matter, noted by the database itself, so that no step between two looks is missed."""

from typing import NamedTuple

from django.db import connection

# What is watched: name -> (table, what is noted of a row).
_WATCHED = {
    "moment": (
        "journeys_moment",
        "{r}.state || '|' || {r}.override || '|' || coalesce({r}.override_at || '', '') || '|' || {r}.at || '|' || "
        "{r}.journey_id || '|' || {r}.key",
    ),
    "message": ("outbox_message", "{r}.state || '|' || coalesce({r}.moment_id || '', '')"),
    "fact": (
        "clients_interaction",
        "{r}.kind || '|' || {r}.source || '|' || coalesce({r}.journey_id || '', '') || '|' || {r}.key || '|' || "
        "{r}.at || '|' || {r}.text",
    ),
    "audit": ("ground_auditentry", "{r}.action || '|' || {r}.at || '|' || {r}.summary"),
}


class Change(NamedTuple):
    """One row's change: old or new is [] when there was none."""

    what: str
    pk: int
    old: list[str]
    new: list[str]


def watch() -> None:
    """Begin to note. Call in the transaction that is rolled back in the end."""
    sqlite = connection.vendor == "sqlite"
    key = "INTEGER PRIMARY KEY" if sqlite else "BIGSERIAL PRIMARY KEY"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE sim_log (seq {key}, what TEXT, pk BIGINT, old TEXT, new TEXT)")
        for what, (table, noted) in _WATCHED.items():
            for statement in (_sqlite if sqlite else _postgres)(what, table, noted):
                cursor.execute(statement)


def _values(what: str, event: str, noted: str) -> str:
    old = "''" if event == "INSERT" else noted.format(r="OLD")
    new = "''" if event == "DELETE" else noted.format(r="NEW")
    row = "OLD" if event == "DELETE" else "NEW"
    return f"INSERT INTO sim_log (what, pk, old, new) VALUES ('{what}', {row}.id, {old}, {new})"


def _sqlite(what: str, table: str, noted: str) -> list[str]:
    return [
        f"CREATE TEMP TRIGGER sim_{what}_{event} AFTER {event} ON {table} BEGIN {_values(what, event, noted)}; END"
        for event in ("INSERT", "UPDATE", "DELETE")
    ]


def _postgres(what: str, table: str, noted: str) -> list[str]:
    made = []
    for event in ("INSERT", "UPDATE", "DELETE"):
        name = f"sim_{what}_{event}"
        body = f"BEGIN {_values(what, event, noted)}; RETURN NULL; END"
        made.append(f"CREATE FUNCTION pg_temp.{name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
        made.append(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION pg_temp.{name}()")
    return made


def changes() -> list[Change]:
    """What has been noted since the last call, in order; an update that changed nothing noted is left out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT what, pk, old, new FROM sim_log ORDER BY seq")
        found = cursor.fetchall()
        if found:
            cursor.execute("DELETE FROM sim_log")
    return [Change(what, pk, _split(old), _split(new)) for what, pk, old, new in found if old != new]


def _split(noted: str) -> list[str]:
    return noted.split("|") if noted else []
