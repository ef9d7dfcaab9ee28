"""The page of what takes longer than a person waits: going on, stopped, done; in light, dark, on a phone, no script."""

import pytest
from playwright.sync_api import expect

from fondly.ground import errands
from fondly.ground.models import Errand
from fondly.people.clients.models import Client
from fondly.people.team.access import actor_of
from fondly.run.journeys.actions import StartJourneys
from tests import cast as casting
from tests.browser.conftest import DESK, PHONE

SCREENS = [{"viewport": DESK, "color_scheme": "light"}, {"viewport": PHONE, "color_scheme": "dark"}]


@pytest.fixture
def errand(cast: casting.Cast, monkeypatch: pytest.MonkeyPatch) -> Errand:
    """Three clients to be started, one a slice, and no worker yet."""
    monkeypatch.setattr(errands, "AT_ONCE", 1)
    new = [Client.objects.create(name=f"New {n}", created_at=casting.NOW, changed_at=casting.NOW) for n in range(3)]
    given = StartJourneys([client.pk for client in new], cast.playbook.pk, "inquire")
    made = errands.ask("journeys.start_many", actor_of(cast.dana), given, page="/clients?order=newest")
    assert isinstance(made, Errand)
    return made


def work() -> None:
    worker = errands.Worker("test")
    while worker.turn():
        pass


@pytest.mark.parametrize("screen", SCREENS, ids=["desk", "phone"])
def test_going_on_then_done_without_a_reload(errand: Errand, cast: casting.Cast, visit, screen) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana, **screen)
    page = visitor.open(f"/errands/{errand.pk}")
    expect(page.get_by_text("0 of 3")).to_be_visible()
    assert visitor.axe() == [] and visitor.sideways() == 0
    work()
    expect(page.get_by_text("3 clients started")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    assert visitor.axe() == [] and visitor.sideways() == 0
    page.get_by_role("link", name="Back to where you were").click()
    expect(page.get_by_role("heading", name="Clients")).to_be_visible()


@pytest.mark.parametrize("screen", SCREENS, ids=["desk", "phone"])
def test_stopped_by_a_person(errand: Errand, cast: casting.Cast, visit, screen) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana, **screen)
    page = visitor.open(f"/errands/{errand.pk}")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("It was stopped at 0 of 3.")).to_be_visible()
    assert visitor.axe() == [] and visitor.sideways() == 0
    work()
    errand.refresh_from_db()
    assert (errand.state, errand.done) == ("stopped", 0)


def test_it_is_followed_and_stopped_without_javascript(errand: Errand, cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana, java_script_enabled=False).open(f"/errands/{errand.pk}")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("It was stopped at 0 of 3.")).to_be_visible()
