"""Fill a fresh home with many clients and a long past, straight through SQL: `python bench/seed.py HOME`.

The rows are made up and the same each time (seeded). Only for measuring; the product itself never writes like this.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

FIRST = [
    "Ana",
    "Ben",
    "Chidi",
    "Dana",
    "Elif",
    "Farid",
    "Grace",
    "Hana",
    "Ines",
    "Jonas",
    "Kofi",
    "Lena",
    "Mira",
    "Noor",
    "Omar",
    "Priya",
    "Quinn",
    "Rosa",
    "Sam",
    "Tom",
]
LAST = [
    "Abe",
    "Baker",
    "Costa",
    "Dietz",
    "Evans",
    "Fox",
    "Garcia",
    "Haddad",
    "Ito",
    "Jansen",
    "Kim",
    "Lopez",
    "Mbeki",
    "Novak",
    "Okafor",
    "Patel",
    "Ruiz",
    "Shah",
]
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
BATCH = 20_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--clients", type=int, default=100_000)
    parser.add_argument("--facts", type=int, default=2_000_000)
    parser.add_argument("--trade", default="realtor")
    given = parser.parse_args()
    start(given.home)
    fill(given.clients, given.facts, given.trade)
    return 0


def start(home: Path) -> None:
    os.environ["FONDLY_HOME"] = str(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fondly.project.settings")
    home.mkdir(parents=True, exist_ok=True)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def fill(clients: int, facts: int, trade: str) -> None:
    from fondly.design.playbooks import library
    from fondly.ground.action import SYSTEM
    from fondly.people.team.models import User
    from fondly.run.histories.versions import version_for

    owner = User.objects.create(email="dana@example.com", name="Dana Fox", is_admin=True, joined_at=NOW)
    version = version_for(SYSTEM, trade)
    playbook = library.parsed(version.pk)
    stages = list(playbook.stages)
    touchpoints = {stage: list(playbook.stages[stage].touchpoints.values()) for stage in stages}
    roll = random.Random(7)
    say("clients", insert("clients_client", client_rows(clients, owner.pk, roll)))
    say("contacts", insert("clients_contact", contact_rows(clients)))
    say("addresses", insert("clients_emailaddress", email_rows(clients)))
    say("journeys", insert("journeys_journey", journey_rows(clients, version, stages, roll)))
    say("stays", insert("journeys_stay", stay_rows(clients, stages, roll)))
    say("moments", insert("journeys_moment", moment_rows(clients, stages, touchpoints, owner.pk, roll)))
    say("messages", insert("outbox_message", message_rows(clients, roll)))
    say("facts", insert("clients_interaction", fact_rows(clients, facts, stages, touchpoints, roll)))
    run("ANALYZE")


def client_rows(count: int, owner_id: int, roll: random.Random) -> Iterator[dict]:
    for number in range(1, count + 1):
        name = f"{FIRST[number % len(FIRST)]} {LAST[number // 7 % len(LAST)]} {number}"
        feelings = [roll.choice((-2, -1, 0, 0, 1, 1, 2)) for _ in range(roll.randint(0, 5))]
        yield {
            "id": number, "kind": "person", "name": name, "first_name": name.split()[0], "last_name": name.split()[1],
            "salutation": "", "sort_name": name.casefold(), "language": "", "zone": "America/New_York",
            "owner_id": owner_id, "persona": "", "source": "seed", "memory": "", "value_minor": roll.randrange(500_000),
            "currency": "USD", "external_id": f"seed:{number}", "fields": "{}", "values": "{}", "edited": "[]",
            "feeling": sum(feelings) / len(feelings) if feelings else None, "recent_feelings": json.dumps(feelings),
            "last_contact_at": NOW - timedelta(days=roll.randrange(400)), "is_demo": False,
            "created_at": NOW - timedelta(days=500), "changed_at": NOW,
        }  # fmt: skip


def contact_rows(count: int) -> Iterator[dict]:
    for number in range(1, count + 1):
        yield {"id": number, "client_id": number, "name": f"Contact {number}", "relation": "self", "is_primary": True}


def email_rows(count: int) -> Iterator[dict]:
    for number in range(1, count + 1):
        address = f"client{number}@example.com"
        yield {"contact_id": number, "address": address, "key": address, "label": "", "is_primary": True}


def journey_rows(count: int, version, stages: list[str], roll: random.Random) -> Iterator[dict]:
    for number in range(1, count + 1):
        entered = NOW - timedelta(days=roll.randrange(1, 200))
        yield {
            "id": number, "client_id": number, "playbook_id": version.playbook_id, "version_id": version.pk, "matter": "",
            "state": "active", "stage": stages[number % len(stages)], "stage_entered_at": entered,
            "started_at": entered - timedelta(days=30), "exit_reason": "", "exit_note": "", "exit_stage": "",
            "paused_why": "", "plan_at": NOW + timedelta(days=roll.randrange(1, 30)),
            "next_moment_at": NOW + timedelta(hours=roll.randrange(1, 900)), "revision": 0, "is_demo": False,
        }  # fmt: skip


def stay_rows(count: int, stages: list[str], roll: random.Random) -> Iterator[dict]:
    """Every client lived each stage up to the present one."""
    for number in range(1, count + 1):
        entered = NOW - timedelta(days=400)
        now_in = number % len(stages)
        for ordinal, stage in enumerate(stages[: now_in + 1]):
            left = entered + timedelta(hours=roll.randrange(12, 1200))
            yield {
                "journey_id": number, "ordinal": ordinal, "stage": stage, "entered_at": entered,
                "left_at": left if ordinal < now_in else None, "why": "seed", "why_left": "",
            }  # fmt: skip
            entered = left


def moment_rows(count: int, stages: list[str], touchpoints: dict, owner_id: int, roll: random.Random) -> Iterator[dict]:
    for number in range(1, count + 1):
        stage = stages[number % len(stages)]
        for place, state in enumerate(("done", "planned", "due" if number % 1000 == 0 else "planned")):
            touchpoint = roll.choice(touchpoints[stage])
            at = NOW + timedelta(
                hours=roll.randrange(-48, 0)
                if state == "due"
                else (roll.randrange(1, 900) if state == "planned" else -roll.randrange(48, 5000))
            )
            yield {
                "journey_id": number, "client_id": number, "key": f"0:{stage}/{touchpoint.name}/{place}",
                "touchpoint": touchpoint.name, "stage": stage, "kind": touchpoint.kind, "channel": touchpoint.channel,
                "mode": touchpoint.mode, "state": state, "asks": "by_hand" if state == "due" else "", "at": at,
                "wanted_at": at, "local": at.isoformat(timespec="seconds"), "zone": "America/New_York",
                "why": "3 days after entry", "moved": "[]", "role": "", "assignee_id": owner_id if state == "due" else None,
                "minutes": touchpoint.minutes, "override": "", "override_by": "", "override_why": "",
                "ended_at": at if state == "done" else None, "ended_by": "", "reason": "", "solved": "", "note": "",
                "ticked": "[]", "worker": "", "attempts": 0, "revision": 0,
            }  # fmt: skip


def message_rows(count: int, roll: random.Random) -> Iterator[dict]:
    for number in range(1, count + 1):
        made = NOW - timedelta(minutes=roll.randrange(1, 600_000))
        held = number % 500 == 0
        yield {
            "effect_key": f"seed:{number}", "client_id": number, "purpose": "service", "delivery": "never_twice",
            "template": "seed", "to_name": f"Contact {number}", "to_address": f"client{number}@example.com",
            "from_address": "dana@example.com", "subject": "Friday update", "text": "This week: three viewings.",
            "html": "", "message_id": f"<seed-{number}@example.com>", "state": "held" if held else "sent",
            "why": "Every 7 days", "held_why": "", "go_at": NOW + timedelta(minutes=1) if held else made, "made_at": made,
            "worker": "", "crashes": 0, "link_hash": "", "edited_by": "", "attempts_made": 0 if held else 1, "ended_at": None if held else made, "reply": "", "revision": 0,
        }  # fmt: skip


def fact_rows(clients: int, count: int, stages: list[str], touchpoints: dict, roll: random.Random) -> Iterator[dict]:
    kinds = ("done", "sent", "received", "event", "note", "call")
    for number in range(count):
        client = number % clients + 1
        stage = stages[roll.randrange(len(stages))]
        kind = kinds[roll.randrange(len(kinds))]
        touchpoint = roll.choice(touchpoints[stage])
        at = NOW - timedelta(seconds=roll.randrange(60, 31_000_000))
        yield {
            "client_id": client, "journey_id": client, "at": at, "recorded_at": at, "kind": kind,
            "name": touchpoint.name if kind in ("done", "sent") else "", "stage": stage, "channel": touchpoint.channel,
            "key": "", "text": "Talked about the garden and the date." if kind in ("note", "call") else "", "value": None,
            "feeling": roll.choice((-2, -1, 0, 1, 2)) if roll.random() < 0.15 else None, "solved": "", "judged_by": "",
            "is_contact": kind in ("received", "call"), "resource": "", "data": "{}", "source": "", "external_id": "",
        }  # fmt: skip


def insert(table: str, rows: Iterator[dict]) -> int:
    from django.db import connection, transaction

    done, batch, statement = 0, [], ""
    with connection.cursor() as cursor:
        for row in rows:
            if not statement:
                columns = ", ".join(f'"{name}"' for name in row)
                statement = f'INSERT INTO "{table}" ({columns}) VALUES ({", ".join(["%s"] * len(row))})'
            batch.append(tuple(adapted(connection, value) for value in row.values()))
            if len(batch) == BATCH:
                with transaction.atomic():
                    cursor.executemany(statement, batch)
                done += len(batch)
                batch.clear()
        with transaction.atomic():
            cursor.executemany(statement, batch)
    return done + len(batch)


def adapted(connection, value):
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def run(statement: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)


def say(what: str, count: int) -> None:
    print(f"{count:>10,} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
