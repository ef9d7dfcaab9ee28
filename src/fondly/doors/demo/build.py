"""Build a demo: the same trade, seed and time give the same people and the same past."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from django.db import transaction

from fondly.design.playbooks import library
from fondly.design.playbooks.actions import CreatePlaybook, PublishPlaybook
from fondly.design.playbooks.models import Playbook
from fondly.doors.demo import people
from fondly.doors.demo.cast import Cast, Part, cast_of
from fondly.doors.demo.living import Life
from fondly.doors.demo.pace import course, days_until
from fondly.ground import clock
from fondly.ground.action import SYSTEM, perform
from fondly.listen.promises.actions import MakePromise
from fondly.people.clients import timeline
from fondly.people.clients.models import Client, Interaction
from fondly.people.team.access import actor_of
from fondly.people.team.models import User
from fondly.run.journeys.models import Journey, Moment

DAYS = 280  # of past
CLIENTS = 22  # besides the cast
PROMISED = timedelta(hours=20)  # ago, to the one of the cast who waits for it now
_SOON = timedelta(minutes=100)


@dataclass(frozen=True, slots=True)
class Built:
    owner_id: int
    playbook_id: int
    clients: int
    facts: int
    due: int


def build(trade: str, seed: int, now: datetime, clients: int = CLIENTS, days: int = DAYS) -> Built:
    """Fill an empty install with `clients` invented people of a trade and `days` of their past. now: with a zone.

    Raises Refused for an unknown trade.
    """
    dice = random.Random(f"{trade}/{seed}")  # noqa: S311 - invented people, not secrets
    with transaction.atomic():
        begin = now - timedelta(days=days)
        with clock.at(begin):
            kept, team = _found(trade)
        version = library.live(kept.pk)
        assert version is not None
        life = Life(library.parsed(version.pk), kept, team, begin, now, dice)
        cast = cast_of(trade)
        _invite(life, cast, begin, clients)
        life.live()
        _last_lines(cast, now)
        _promise(cast, team[0], now)
        life.leave_a_day()
    return _counts(team[0], kept, now)


def _found(trade: str) -> tuple[Playbook, list[User]]:
    """The business opens: its playbook is published, its people get their roles."""
    made = perform("playbooks.create", SYSTEM, CreatePlaybook(trade=trade)).result
    perform("playbooks.publish", SYSTEM, PublishPlaybook(made.playbook_id, "The first version"))
    Playbook.objects.filter(pk=made.playbook_id).update(is_demo=True)
    return Playbook.objects.get(pk=made.playbook_id), people.make_team(library.parsed(made.version_id))


def _invite(life: Life, cast: Cast, begin: datetime, clients: int) -> None:
    numbers = count()
    for part in cast.people:
        arrives = life.now - timedelta(days=days_until(life.book, part.stage) + part.days)
        steps = course(life.book, arrives, life.now, life.dice, stop=part.stage)
        life.expect(next(numbers), part, arrives, steps)
    for name in life.dice.sample(people.names(), min(clients, len(people.names()))):
        arrives = begin + (life.now - begin) * life.dice.uniform(0.01, 0.995)
        steps = course(life.book, arrives, life.now, life.dice)
        life.expect(next(numbers), Part(name, "", 0), arrives, steps)


def _last_lines(cast: Cast, now: datetime) -> None:
    """What the cast said lately."""
    ids = dict(Client.objects.filter(is_demo=True).values_list("name", "pk"))
    journeys = dict(Journey.objects.filter(is_demo=True).values_list("client_id", "pk"))
    stages = dict(Journey.objects.filter(is_demo=True).values_list("client_id", "stage"))
    facts = [
        timeline.NewFact(
            ids[line.name], line.kind, now - line.ago,
            journey_id=journeys[ids[line.name]], stage=stages[ids[line.name]],
            channel=line.channel, text=line.text, feeling=line.feeling, solved=line.solved,
            judged_by="client" if line.kind == "received" else "person", is_contact=True,
            source="demo", external_id=f"line-{number}",
        )
        for number, line in enumerate(cast.lines)
    ]  # fmt: skip
    with clock.at(now):
        timeline.record(*facts)


def _promise(cast: Cast, owner: User, now: datetime) -> None:
    """What somebody of the cast waits for: promised yesterday, due before long."""
    if cast.promised is None:
        return
    name, what = cast.promised
    client = Client.objects.get(is_demo=True, name=name)
    with clock.at(now - PROMISED):
        perform("promises.make", actor_of(owner), MakePromise(client.pk, what, now + _SOON))


def _counts(owner: User, kept: Playbook, now: datetime) -> Built:
    return Built(
        owner.pk,
        kept.pk,
        Client.objects.filter(is_demo=True).count(),
        Interaction.objects.count(),
        Moment.objects.filter(state="due").count(),
    )
