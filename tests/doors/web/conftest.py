from collections.abc import Iterator

import pytest
from django.test import Client as Browser

from fondly.doors.web import books, frame
from fondly.ground import clock
from fondly.run.journeys import asking
from tests import cast as casting


@pytest.fixture
def cast(db: None) -> Iterator[casting.Cast]:
    """The cast on their Saturday morning."""
    books.forget()
    frame.forget()
    asking.forget()
    with clock.at(casting.NOW):
        yield casting.make()
    books.forget()
    frame.forget()
    asking.forget()


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
