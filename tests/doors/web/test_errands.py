"""What takes longer than a person should wait: a page that tells how far it is, survives reloads, and stops it."""

import pytest
from django.test import Client as Browser

from fondly.ground import errands
from fondly.ground.models import Errand
from fondly.people.clients.models import Client
from fondly.run.journeys.models import Journey
from tests.cast import NOW, Cast


@pytest.fixture(autouse=True)
def _little_is_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "AT_ONCE", 1)


def work() -> None:
    worker = errands.Worker("test")
    while worker.turn():
        pass


def begin(dana: Browser, cast: Cast) -> Errand:
    new = [Client.objects.create(name=f"New {n}", created_at=NOW, changed_at=NOW).pk for n in range(3)]
    form = {"verb": "start", "ids": new, "start": f"{cast.playbook.pk}:inquire", "back": "order=newest"}
    answer = dana.post("/clients/bulk/do", form)
    errand = Errand.objects.latest("pk")
    assert answer.status_code == 302 and answer["Location"] == f"/errands/{errand.pk}"
    return errand


def test_a_page_tells_how_far_it_is_and_what_came_of_it(dana: Browser, cast: Cast) -> None:
    before = Journey.objects.count()
    errand = begin(dana, cast)
    page = dana.get(f"/errands/{errand.pk}").content.decode()
    assert "0 of 3" in page and "Stop" in page and "http-equiv" in page
    part = dana.get(f"/errands/{errand.pk}", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "hx-get" in part
    assert f"/errands/{errand.pk}" in dana.get("/activity").content.decode()
    work()
    assert Journey.objects.count() == before + 3
    page = dana.get(f"/errands/{errand.pk}").content.decode()
    assert "3 clients started" in page and "/clients?order=newest" in page and "hx-get" not in page
    assert f"/errands/{errand.pk}" not in dana.get("/activity").content.decode()
    errand.refresh_from_db()
    assert f"/activity/{errand.audit_id}/undo" in page

    answer = dana.post(f"/activity/{errand.audit_id}/undo")
    assert answer["Location"] == f"/errands/{Errand.objects.latest('pk').pk}"
    work()
    assert Journey.objects.count() == before


def test_it_can_be_stopped_by_who_may(dana: Browser, lee: Browser, cast: Cast) -> None:
    errand = begin(dana, cast)
    dana.post(f"/errands/{errand.pk}/stop")
    errand.refresh_from_db()
    assert errand.state == "stopped"
    work()
    assert "0 of 3" in lee.get(f"/errands/{errand.pk}").content.decode()
    assert lee.get("/errands/999").status_code == 404
