"""Clients with facts, and what the lake and the database say of them."""

from datetime import UTC, datetime, timedelta

from fondly.ground import clock
from fondly.measure.lake import inside, sealing
from fondly.measure.lake.catalogue import TABLES
from fondly.people.clients import timeline
from fondly.people.clients.models import Client, Interaction
from fondly.people.clients.timeline import NewFact

NOW = datetime(2026, 3, 1, 9, 30, 0, 250_001, tzinfo=UTC)


def client(name: str = "Ada") -> Client:
    return Client.objects.create(name=name, sort_name=name, created_at=NOW, changed_at=NOW)


def facts(of: Client, count: int, **more) -> None:
    """One every ten days back from NOW, each with all that can be sealed or nothing of it, in turn."""
    full = {
        **{"name": "weekly", "stage": "care", "channel": "email", "key": "0:care/weekly/1", "solved": "no"},
        **{"value": 9.5, "feeling": -1, "judged_by": "person", "is_contact": True, "amount_minor": 2**53 + 1},
    }
    timeline.record(
        *(
            NewFact(of.pk, "done", NOW - timedelta(days=10 * n), text="secret words", data={"a": 1}, resource="Dana",
                    external_id=f"{of.pk}-{n}", source="t", **({**full, **more} if n % 2 else {}))
            for n in range(count)
        )
    )  # fmt: skip


def later() -> datetime:
    """When facts of now have waited long enough."""
    return clock.now() + 2 * sealing.LONGEST


def seal() -> int:
    return sealing.seal("interactions", later())


def of_lake(columns: str = "*") -> list[tuple]:
    with inside.lake() as lake:
        return lake.duckdb("interactions").sql(f"SELECT {columns} FROM interactions ORDER BY id").fetchall()


def of_database() -> list[tuple]:
    fields = [column.stored for column in TABLES["interactions"].columns]
    rows = Interaction.objects.order_by("id").values_list(*fields)
    return [tuple(_plain(value) for value in row) for row in rows]


def _plain(value):
    return value.replace(tzinfo=None) if isinstance(value, datetime) else (None if value == "" else value)
