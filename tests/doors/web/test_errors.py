"""What people see when something is not there, not allowed or not right: our words, never bare ones."""

import pytest
from django.test import Client as Browser

from fondly.people.team.models import User
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def signed_in(user: User, **more: bool) -> Browser:
    browser = Browser(**more)
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def test_a_form_without_its_token_is_refused_in_words(cast: Cast) -> None:
    browser = signed_in(cast.dana, enforce_csrf_checks=True)
    answer = browser.post("/c/1/note", {"text": "x"}, headers={"Referer": "http://testserver/c/1"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Please send it once more" in page and 'href="http://testserver/c/1"' in page
    elsewhere = browser.post("/c/1/note", headers={"Referer": "https://evil.example/"}).content.decode()
    assert "evil.example" not in elsewhere


def test_the_script_gets_words_too(cast: Cast) -> None:
    browser = signed_in(cast.dana, enforce_csrf_checks=True)
    answer = browser.post("/c/1/note", {"text": "x"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204 and "open for too long" in answer["HX-Trigger"]


def test_what_is_not_there(cast: Cast) -> None:
    for browser in (signed_in(cast.dana), Browser()):
        answer = browser.get("/nowhere")
        assert answer.status_code == 404 and "There is nothing at this address" in answer.content.decode()


def test_what_is_not_allowed(cast: Cast) -> None:
    answer = signed_in(cast.lee).get("/team/invite")
    assert answer.status_code == 403 and "Not allowed" in answer.content.decode()


def test_a_fault_of_ours_still_has_a_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_unused: object) -> None:
        raise RuntimeError("for this test")

    monkeypatch.setattr("fondly.run.journeys.views.today.today", broken)
    browser = signed_in(cast.dana)
    browser.raise_request_exception = False
    answer = browser.get("/today")
    page = answer.content.decode()
    assert answer.status_code == 500 and "The fault is ours" in page and "for this test" not in page
