"""How often a page asks the database: at most eight times, also when the process knows nothing yet."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from fondly.design.playbooks import library
from fondly.doors.web import frame
from fondly.ground import fresh
from tests.cast import Cast

PAGES = ("/today", "/today?who=everyone", "/clients", "/clients?stage=selling&order=silence", "/c/{priya}", "/outbox")


@pytest.fixture(autouse=True)
def _ordinary_clock(settings) -> None:  # type: ignore[no-untyped-def]
    """Only a demo asks where its clock stands."""
    settings.FONDLY_MOVABLE_CLOCK = False


def forget_everything() -> None:
    """As in a new process."""
    fresh.forget_all()
    frame.forget()
    library._books.clear()


def asked(page: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        page()
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize("address", PAGES)
def test_at_most_eight_questions_at_a_first_look(dana: Browser, cast: Cast, address: str) -> None:
    page = address.format(priya=cast.priya.pk)
    forget_everything()
    first = asked(lambda: dana.get(page))
    assert len(first) <= 8, "\n".join(first)


@pytest.mark.parametrize("typed", ["okaf", "415 555 0105"])
def test_a_search_asks_no_more_once_the_process_is_warm(dana: Browser, typed: str) -> None:
    dana.get("/clients")
    again = asked(lambda: dana.get("/clients", {"q": typed}))
    assert len(again) <= 8, "\n".join(again)


def test_badges_are_counted_at_once(cast: Cast, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    request = RequestFactory().get("/clients")
    request.user = cast.dana
    with django_assert_num_queries(1):
        badges = {link.key: link.badge for link in frame.nav(request)}
    assert badges["today"] == "3" and badges["clients"] == ""
