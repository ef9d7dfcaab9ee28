"""Offering something on the Client page, and the yes on Today."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from fondly.design.playbooks import library
from fondly.doors.web import first_rows
from fondly.people.team.models import Role, User
from fondly.people.team.roles import sync_roles
from fondly.run.journeys import today
from fondly.run.offers.models import Offer
from tests.cast import NOW, Cast


@pytest.fixture
def limits(cast: Cast) -> Cast:
    sync_roles(library.parsed(cast.version.pk))
    return cast


def ask(lee: Browser, cast: Cast) -> Offer:
    lee.post(f"/c/{cast.ken.pk}/offer", {"offer": "staging_hour", "why": "We came late twice"})
    return Offer.objects.get()


def test_the_sheet_says_what_is_mine_to_give(lee: Browser, limits: Cast) -> None:
    page = lee.get(f"/c/{limits.ken.pk}/offer").content.decode()
    assert "You may spend $50 at a time without asking." in page
    assert (page.count("yours to give"), page.count("asks for a yes")) == (1, 2)


def test_what_is_mine_is_given_at_once_and_shown_with_undo(lee: Browser, limits: Cast) -> None:
    page = lee.post(f"/c/{limits.ken.pk}/offer", {"offer": "moving_out_clean"}, follow=True).content.decode()
    assert "Offered: The move-out clean, paid by us, $90" in page
    assert "/undo" in page
    assert "You gave $90 this month." in lee.get(f"/c/{limits.ken.pk}/offer").content.decode()


def test_typed_money_is_read_and_a_typo_is_refused_in_words(lee: Browser, limits: Cast) -> None:
    lee.post(f"/c/{limits.ken.pk}/offer", {"offer": "", "what": "Tulips", "cost": "12,50"})
    assert Offer.objects.get().cost_minor == 1250
    answer = lee.post(f"/c/{limits.ken.pk}/offer", {"what": "Tulips", "cost": "a lot"}, headers={"HX-Request": "1"})
    assert "is not an amount" in answer["HX-Trigger"].encode().decode("unicode-escape", "replace")


def test_the_yes_is_on_the_today_of_those_who_may(lee: Browser, dana: Browser, limits: Cast) -> None:
    offer = ask(lee, limits)
    rows = [row for row in today.today(limits.dana, NOW, NOW).first if row.page == "offer"]
    assert [(row.name, row.said, row.word) for row in rows] == [("Ken Ito", "We came late twice", "your yes")]
    assert "offer" not in {row.page for row in today.today(limits.lee, NOW, NOW).first}
    dana.post(f"/offers/{offer.pk}/approve", {"revision": offer.revision})
    offer.refresh_from_db()
    assert (offer.state, offer.decided_by_name) == ("made", "Dana Reyes")
    assert "offer" not in {row.page for row in today.today(limits.dana, NOW, NOW).first}


def test_many_offers_leave_room_for_a_late_promise(lee: Browser, limits: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(lee, limits)
    Offer.objects.update(asked_at=NOW - timedelta(days=90))
    monkeypatch.setattr(first_rows, "MOST", 1)
    assert "client-promise" in {row.page for row in today.today(limits.dana, NOW, NOW).first}


def test_a_broker_who_is_no_admin_decides_too(lee: Browser, limits: Cast) -> None:
    ruth = User.objects.create(name="Ruth Ames", email="ruth@harbour.example", joined_at=NOW)
    ruth.roles.add(Role.objects.get(name="broker"))
    ask(lee, limits)
    assert "offer" in {row.page for row in today.today(ruth, NOW, NOW).first}


def test_no_with_a_reason_from_the_sheet(lee: Browser, dana: Browser, limits: Cast) -> None:
    offer = ask(lee, limits)
    assert "Yes, offer it" in dana.get(f"/offers/{offer.pk}").content.decode()
    assert "Yes, offer it" not in lee.get(f"/offers/{offer.pk}").content.decode()
    dana.post(f"/offers/{offer.pk}/decline", {"revision": 0, "why": "He has had one"})
    assert (
        "Not offered: One hour with our stager, $120. He has had one" in lee.get(f"/c/{limits.ken.pk}").content.decode()
    )
