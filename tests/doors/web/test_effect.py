"""What a version would mean: at once for few clients; for a crowd the page comes at once and the worker looks."""

import pytest
from django.test import Client as Browser

from fondly.ground import errands
from fondly.ground.models import Errand
from fondly.run.journeys import effect, effect_page
from fondly.run.journeys.models import Journey, Moment
from tests.cast import NOW, Cast
from tests.doors.web.test_errands import work


@pytest.fixture
def new(cast: Cast) -> str:
    """A second live version, whose address of looking is returned; clients live the first."""
    old = cast.version
    old.state = "retired"
    old.save()
    old.pk, old.number, old.state = None, 2, "live"
    old.text, old.content_hash = old.text + "\n# again\n", "2" * 64
    old.save()
    return f"/playbook/{cast.playbook.pk}/effect/{old.pk}"


def test_few_are_looked_at_while_the_page_is_made(dana: Browser, cast: Cast, new: str) -> None:
    page = dana.get(f"/playbook/{cast.playbook.pk}/move").content.decode()
    assert "would notice" in page and "Look at all" not in page


def test_a_crowd_is_looked_at_by_the_worker(
    dana: Browser, cast: Cast, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effect_page, "AT_ONCE", 1)
    monkeypatch.setattr(errands, "AT_ONCE", 1)
    monkeypatch.setattr(effect, "BATCH", 2)
    move, before = f"/playbook/{cast.playbook.pk}/move", list(Moment.objects.order_by("pk").values())
    page = dana.get(move).content.decode()
    assert "would notice" not in page and new in page
    assert Errand.objects.count() == 0
    dana.post(new)
    errand = Errand.objects.get()
    assert (errand.state, errand.total) == ("waiting", Journey.objects.filter(state__in=["active", "paused"]).count())
    assert f"/errands/{errand.pk}" in dana.get(move).content.decode()
    work()
    page = dana.get(move).content.decode()
    assert "would notice" in page and "As it was" in page
    assert list(Moment.objects.order_by("pk").values()) == before
    shown = effect.preview(cast.playbook.pk, int(new.rsplit("/", 1)[1]), NOW)
    assert Errand.objects.get().result["effect"]["journeys"] == shown.journeys == errand.total
    cast.version.content_hash = "3" * 64
    cast.version.save()
    assert "would notice" not in dana.get(move).content.decode()  # the text is another one now


def test_only_who_is_signed_in_may_ask(client: Browser, cast: Cast, new: str) -> None:
    assert client.post(new)["Location"].startswith("/sign-in")
    assert not Errand.objects.exists()
