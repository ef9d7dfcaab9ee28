"""Real Chromium on a live server, with the cast. A page that logs an error or gets a 4xx fails its test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from playwright.sync_api import Browser, Page

from fondly.doors.web import frame
from fondly.ground import clock, fresh
from fondly.people.team.models import User
from fondly.people.team.sessions import SessionStore
from tests import cast as casting

CHROMIUM = "/usr/bin/chromium"
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]  # fmt: skip
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 360, "height": 780}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {**browser_context_args, "viewport": DESK, "locale": "en-GB", "timezone_id": casting.ZONE,
            "reduced_motion": "reduce"}  # fmt: skip


@pytest.fixture
def cast(transactional_db: None, settings) -> Iterator[casting.Cast]:
    """The cast, with the clock of the install standing at their Saturday morning."""
    settings.FONDLY_MOVABLE_CLOCK = True
    fresh.forget_all()
    frame.forget()
    made = casting.make()
    clock.set_to(casting.NOW)
    yield made
    clock.forget_cache()


class Visitor:
    """One signed-in person at one screen."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.faults: list[str] = []
        page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: self.faults.append(str(e)))
        page.on("response", lambda r: self.faults.append(f"{r.status} {r.url}") if r.status >= 400 else None)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def sideways(self) -> int:
        """Pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def axe(self) -> list[str]:
        """Serious and critical findings of axe-core, one line each."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate("tags => axe.run(document, {runOnly: tags})", AXE_TAGS)
        bad = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
        return [f"{v['id']}: {n['target']} {n['html'][:120]}" for v in bad for n in v["nodes"]]


@pytest.fixture
def visit(browser: Browser, browser_context_args: dict, live_server, cast: casting.Cast):  # type: ignore[no-untyped-def]
    """visit(user, **context options) -> Visitor."""
    contexts = []

    def enter(user: User, **options: object) -> Visitor:
        context = browser.new_context(**{**browser_context_args, **options})
        contexts.append(context)
        context.add_cookies([{"name": "sessionid", "value": session_of(user), "url": live_server.url}])
        visitor = Visitor(context.new_page(), live_server.url)
        visitors.append(visitor)
        return visitor

    visitors: list[Visitor] = []
    yield enter
    for context in contexts:
        context.close()
    assert [fault for visitor in visitors for fault in visitor.faults] == []


def session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
