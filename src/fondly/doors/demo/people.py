"""Team and clients of a demo, made through the same actions as real ones."""

import random
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any

from fondly.core.playbook.model import ClientField, Playbook
from fondly.doors.demo.cast import Part
from fondly.doors.demo.words import CITIES, MEMORIES, SOURCES, STREETS
from fondly.ground.action import SYSTEM, perform
from fondly.people.clients.actions import CreateClient
from fondly.people.clients.models import Address, Client
from fondly.people.team.actions import CreateUser
from fondly.people.team.models import User
from fondly.people.team.roles import sync_roles


def names() -> list[str]:
    text = (files("fondly.doors.demo") / "names.txt").read_text(encoding="utf-8")
    return text.split("\n")[:-1]


def make_team(book: Playbook) -> list[User]:
    """One user for each person the playbook names; the first one, whose role does most, owns the business."""
    sync_roles(book)
    roles: dict[str, list[str]] = {}
    work = Counter(step.owner or stage.owner for stage in book.stages.values() for step in stage.touchpoints.values())
    for role in sorted(book.team.roles.values(), key=lambda role: -work[role.name]):
        for person in role.people:
            roles.setdefault(person, []).append(role.name)
    found = roles or {"Dana": []}
    team = [_user(name, held, is_admin=n == 0) for n, (name, held) in enumerate(found.items())]
    User.objects.update(zone=book.timezone)
    return team


def _user(name: str, roles: list[str], *, is_admin: bool) -> User:
    address = "".join(letter for letter in name.lower() if letter.isalnum()) or "owner"
    given = CreateUser(f"{address}@example.com", name, roles, is_admin)
    return User.objects.get(pk=perform("team.create_user", SYSTEM, given).result.user_id)


def make_client(
    part: Part, number: int, book: Playbook, team: Sequence[User], at: datetime, now: datetime, dice: random.Random
) -> Client:
    """One invented client, who comes at `at`: address at example.org, phone number in the range kept for fiction."""
    persona = part.persona or dice.choice(list(book.personas) or [""])
    given = CreateClient(
        name=part.name,
        kind=part.kind,
        email=f"{_mailbox(part.name)}@example.org",
        phone=f"+1415555{100 + number % 100:04d}",
        zone=book.timezone,
        owner_id=(team[0] if part.stage or dice.random() < 0.7 else dice.choice(team)).pk,
        persona=persona,
        source=dice.choice(SOURCES),
        fields=_fields(book, at, dice) | _yearly(part, now),
        is_demo=True,
    )
    pk = perform("clients.create", SYSTEM, given).result.client_id
    memory = part.memory or (dice.choice(MEMORIES) if dice.random() < 0.5 else "")
    Client.objects.filter(pk=pk).update(memory=memory, currency=book.currency)
    city, region = dice.choice(CITIES)
    street = f"{dice.randint(2, 290)} {dice.choice(STREETS)}"
    Address.objects.create(
        client_id=pk, street=street, city=city, region=region, postcode=f"{dice.randint(10000, 98999)}"
    )
    return Client.objects.get(pk=pk)


def _yearly(part: Part, now: datetime) -> dict[str, str]:
    """The days that come round today, written in a leap year."""
    return {name: now.date().replace(year=1984).isoformat() for name, day in part.fields.items() if day == "today"}


def _mailbox(name: str) -> str:
    return ".".join(re.findall(r"\w+", name.lower()))


def _fields(book: Playbook, at: datetime, dice: random.Random) -> dict[str, Any]:
    fields = {name: _value(field, at.date(), dice) for name, field in book.fields.items()}
    return {name: value for name, value in fields.items() if value is not None}


def _value(field: ClientField, arrived: date, dice: random.Random) -> Any:
    if field.type == "choice":
        return dice.choice(field.choices) if field.choices else None
    if field.type == "number":
        return dice.randint(1, 40)
    if field.type == "yes_no":
        return dice.random() < 0.8
    if field.type not in ("date", "datetime"):
        return f"{dice.randint(2, 290)} {dice.choice(STREETS)}" if "street" in field.name else None
    day = _day(field.name, arrived, dice)
    return day.isoformat() if field.type == "date" else f"{day.isoformat()}T15:00:00+00:00"


def _day(name: str, arrived: date, dice: random.Random) -> date:
    if "birthday" in name:
        return date(dice.randint(1951, 1998), dice.randint(1, 12), dice.randint(1, 28))
    if "anniversary" in name or "since" in name:
        return arrived - timedelta(days=dice.randint(30, 900))
    return arrived + timedelta(days=dice.randint(25, 120))
