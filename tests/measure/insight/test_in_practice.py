"""The score in practice on the check's page: for those who may read, and honest while little was lived."""

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from fondly.ground import clock
from fondly.measure.insight import kept
from tests import cast as casting
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(settings, tmp_path):
    settings.HOME = tmp_path
    cache.clear()
    with clock.at(NOW):
        yield casting.make()


def test_who_is_signed_in_sees_what_clients_really_got(cast):
    address = f"/playbook/{cast.playbook.pk}/in-practice"
    browser = Browser()
    assert browser.get(address).status_code in (302, 401, 403)
    browser.force_login(cast.dana)
    check = browser.get(f"/playbook/{cast.playbook.pk}/check").content.decode()
    assert f'hx-get="{address}"' in check
    page = browser.get(address).content.decode()
    assert "touchpoints done, and in time" in page and "too few to say" in page
    part = browser.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "In practice" not in part and "touchpoints done, and in time" in part
    assert browser.get("/playbook/99999/in-practice").status_code == 404


def test_what_took_long_is_kept_and_says_so(cast, monkeypatch):
    first = kept.in_practice(cast.playbook.pk, "Harbour Homes")
    assert not first.old and first.rows[0]["value"] == 100.0  # only the twelve Friday updates count yet
    monkeypatch.setattr(kept, "_QUICK_SECONDS", -1.0)
    kept.in_practice(cast.playbook.pk, "Harbour Homes")
    again = kept.in_practice(cast.playbook.pk, "Harbour Homes")
    assert again.old and again.at == NOW and again.rows == first.rows
