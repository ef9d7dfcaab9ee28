"""The demo: the same each time, lived, marked, and gone in one act."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from fondly.core.playbook.reading import read
from fondly.core.playbook.starters import TITLES
from fondly.design.playbooks.publishing import starter_text
from fondly.doors import invariants
from fondly.doors.demo import build
from fondly.doors.demo.cast import cast_of
from fondly.doors.demo.pace import course, days_until
from fondly.doors.demo.people import names
from fondly.ground import clock
from fondly.ground.action import SYSTEM, Refused, perform, registry
from fondly.people.clients.models import Client, EmailAddress, Interaction
from fondly.people.team.models import User
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.today import today
from fondly.run.outbox.models import Message

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def lived() -> list[tuple[object, ...]]:
    facts = Interaction.objects.order_by("at", "client__name", "kind", "name", "text")
    return list(facts.values_list("at", "client__name", "kind", "name", "stage", "text", "feeling"))


@pytest.mark.django_db(transaction=True)
def test_the_same_seed_gives_the_same_people_and_the_same_past():
    from django.core.management import call_command

    found = []
    for seed in (3, 3, 4):
        build("online_shop", seed, NOW, clients=4, days=24)
        found.append(lived())
        call_command("flush", interactive=False, verbosity=0, reset_sequences=False)  # ids tell nothing
    assert found[0] == found[1] != found[2]
    assert len(found[0]) > 10


def test_the_realtor_has_her_cast_each_where_they_stand():
    with clock.at(NOW):
        built = build("realtor", 7, NOW, clients=2, days=80)
        stages = dict(Journey.objects.values_list("client__name", "stage"))
        assert {part.name: part.stage for part in cast_of("realtor").people}.items() <= stages.items()
        assert list(User.objects.order_by("pk").values_list("name", "is_admin"))[0] == ("Dana", True)
        assert {"Lee", "Ruth"} <= set(User.objects.values_list("name", flat=True))
        assert built.due and Moment.objects.filter(state="due", asks="approve").exists()
        assert Message.objects.filter(state="sent").exists() and not Message.objects.filter(state="held").exists()
        kinds = set(Interaction.objects.values_list("kind", flat=True))
        assert {"entered", "event", "done", "sent", "received", "promise"} <= kinds
        assert not Interaction.objects.filter(at__gt=NOW).exists(), "nothing of the past lies ahead"
        assert not Client.objects.filter(is_demo=False).exists() and not Journey.objects.filter(is_demo=False).exists()
        assert all(a.endswith("@example.org") for a in EmailAddress.objects.values_list("address", flat=True))
        perform("clients.create", SYSTEM, registry["clients.create"].given("My own client"))
        perform("clients.remove_demo", SYSTEM, registry["clients.remove_demo"].given())
    assert list(Client.objects.values_list("name", flat=True)) == ["My own client"]
    assert not (Journey.objects.exists() or Moment.objects.exists() or Message.objects.exists())


@pytest.mark.parametrize("trade", ["agency", "lawn_service", "software"])
def test_the_visitor_finds_a_sensible_day_with_a_promise(trade):
    with clock.at(NOW):
        build(trade, 7, NOW, clients=6, days=120)
        day = today(User.objects.order_by("pk")[0], NOW, NOW + timedelta(hours=10))
    rows = [*day.first, *day.due]
    assert 3 <= len(rows) <= 9 and all(row.why for row in rows)
    assert [row for row in rows if row.word == "promise" and "late" not in row.what]
    assert day.good and any("felt" in row.what for row in rows)
    stages = set(Journey.objects.values_list("stage", flat=True))
    assert {part.stage for part in cast_of(trade).people} <= stages
    assert list(invariants.broken(NOW)) == []


def test_nothing_is_written_down_later_than_the_demo_stands():
    past = datetime(2024, 5, 14, 14, 0, tzinfo=UTC)
    build("artist", 7, past, clients=1, days=20)
    assert not Interaction.objects.filter(recorded_at__gt=past).exists()


def test_mail_of_days_lived_together_left_in_its_own_hour():
    with clock.at(NOW):
        build("realtor", 7, NOW, clients=4, days=120)
    own = Message.objects.filter(state="sent", moment__mode="auto", ended_at__lt=NOW - timedelta(days=40))
    assert own.count() > 5
    assert all(ended_at - at < timedelta(hours=1) for ended_at, at in own.values_list("ended_at", "moment__at"))


def test_the_way_out_of_a_ring_of_stages_goes_round_it_once():
    book = read(starter_text("lawn_service", ""))
    arrives = NOW - timedelta(days=days_until(book, "past_neighbors") + 40)
    steps = course(book, arrives, NOW, random.Random(1), stop="past_neighbors")
    moves = [step.event for step in steps if step.event in ("season_closed", "season_opened", "not_renewing")]
    assert moves == ["season_closed", "not_renewing"]


def test_an_unknown_trade_is_refused():
    with pytest.raises(Refused, match="no starter"):
        build("wizard", 1, NOW)
    assert not User.objects.exists()


def test_the_cast_fits_its_playbook():
    for trade in TITLES:
        book, cast = read(starter_text(trade, "")), cast_of(trade)
        known = {part.name for part in cast.people}
        assert len(known) == len(cast.people) >= 6
        assert all(part.stage in book.stages and set(part.fields) <= set(book.fields) for part in cast.people)
        assert all(not part.persona or part.persona in book.personas for part in cast.people)
        assert {line.name for line in cast.lines} <= known
        assert cast.promised is not None and cast.promised[0] in known
    assert len(set(names())) == len(names()) >= 60
