"""Cards, letters and envelopes: the right text and address, and no value becomes markup."""

import shutil
import subprocess

import pytest

from fondly.design.playbooks import library
from fondly.ground import clock
from fondly.ground.action import NotFound, Refused
from fondly.people.clients.models import Address, Client
from fondly.run.journeys.actions import MoveJourney, StartJourney
from fondly.run.journeys.models import Moment
from fondly.run.journeys.papers import address_block, paper, text_of
from tests.run.conftest import MONDAY, make_client, publish
from tests.run.doing import do

pytestmark = pytest.mark.django_db(transaction=True)


def card(**client):
    playbook, version = publish()
    made = make_client(**client)
    with clock.at(MONDAY):
        started = do("journeys.start", StartJourney(made.pk, playbook.pk)).result
        do("journeys.move", MoveJourney(started.journey_id, "ongoing"))
    return Moment.objects.select_related("client").get(touchpoint="card"), library.parsed(version.pk)


@pytest.mark.parametrize("form", ["card", "letter", "envelope"])
def test_every_form_is_a_pdf(form):
    moment, _ = card()
    Address.objects.create(
        client=moment.client, street="1 Main St", city="Boise", region="ID", postcode="83702", country="USA"
    )
    made = paper(moment.pk, form, MONDAY)
    assert made.startswith(b"%PDF-")


def test_the_text_has_the_clients_name():
    moment, book = card()
    assert text_of(moment, book) == "Thank you, Priya"


@pytest.mark.parametrize(
    "name", ["#panic(1)", "*bold* _x_ $a$", '"); #read("/etc/passwd")', "\\ #sys", "李 <a@b>", "[x](y) `z`"]
)
def test_hostile_names_are_only_text(name):
    moment, _ = card(name=name)
    Client.objects.update(first_name=name)
    moment.refresh_from_db()
    made = paper(moment.pk, "card", MONDAY)
    assert made.startswith(b"%PDF-")
    if shutil.which("pdftotext"):
        shown = subprocess.run(["pdftotext", "-", "-"], input=made, capture_output=True).stdout.decode()
        assert "root:" not in shown


def test_addresses_follow_their_country():
    client = Client(name="Ana Ruiz")
    us = Address(street="1 Main St", city="Boise", region="ID", postcode="83702", country="USA")
    de = Address(street="Hauptstr. 1", city="Berlin", postcode="10115", country="Germany")
    assert address_block(client, us) == "Ana Ruiz\n1 Main St\nBoise, ID 83702\nUSA"
    assert address_block(client, de) == "Ana Ruiz\nHauptstr. 1\n10115 Berlin\nGermany"


def test_unknown_things_are_refused():
    moment, _ = card()
    with pytest.raises(NotFound):
        paper(10**9, "card", MONDAY)
    with pytest.raises(Refused):
        paper(moment.pk, "../card", MONDAY)
