from collections.abc import Iterator

import pytest
from django.test import Client as Browser

from fondly.doors.web import frame
from fondly.ground import clock, fresh
from tests import cast as casting


@pytest.fixture
def cast(db: None) -> Iterator[casting.Cast]:
    """The cast on their Saturday morning."""
    fresh.forget_all()
    frame.forget()
    with clock.at(casting.NOW):
        yield casting.make()
    fresh.forget_all()
    frame.forget()


@pytest.fixture
def dana(cast: casting.Cast) -> Browser:
    browser = Browser()
    browser.force_login(cast.dana, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


@pytest.fixture
def lee(cast: casting.Cast) -> Browser:
    browser = Browser()
    browser.force_login(cast.lee, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser
