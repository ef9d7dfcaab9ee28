"""Real Chromium on a live server, with the cast. A page that logs an error or gets a 4xx fails its test."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.signals import request_finished, request_started
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


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file, as in use. SQLite's database in memory would be one connection for all of the server's threads, where
    one request that gives up takes back what another, or the test, has written."""
    database = configured.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("browser") / "test.sqlite3")


class Running:
    """How many requests the server is at."""

    def __init__(self) -> None:
        self.begun = self.done = 0
        self._lock = threading.Lock()
        request_started.connect(self._begin, weak=False)
        request_finished.connect(self._end, weak=False)

    def _begin(self, **_: object) -> None:
        with self._lock:
            self.begun += 1

    def _end(self, **_: object) -> None:
        with self._lock:
            self.done += 1

    def wait_for_the_last(self, quiet: float = 0.03, patience: float = 20) -> None:
        """Returns when nothing runs and nothing has begun for `quiet` seconds. A page that is closed leaves behind
        what it had asked for; that must not still write while the tables are emptied for the next test."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            before = self.begun
            time.sleep(quiet)
            if self.begun == self.done == before:
                return
        raise AssertionError(f"{self.begun - self.done} requests still run {patience} s after the browser has left.")


@pytest.fixture(scope="session")
def running() -> Running:
    return Running()


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
def visit(browser: Browser, browser_context_args: dict, live_server, cast: casting.Cast, running: Running):  # type: ignore[no-untyped-def]
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
    running.wait_for_the_last()
    assert [fault for visitor in visitors for fault in visitor.faults] == []


def session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
