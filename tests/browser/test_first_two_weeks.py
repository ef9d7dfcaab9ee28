"""The whole product once, as a newcomer meets it: real server and worker processes, real SMTP, real Chromium.

Fresh start, choose a trade, import a HubSpot export with bad rows, mend them, put the clients on the journey,
move the clock two weeks: every mail arrives exactly once, Today lists what people must do with its reasons, one is
done with a feeling, the Map shows it.
"""

import email
import email.policy
import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Page, expect

FONDLY = Path(sys.executable).parent / "fondly"
HUBSPOT = """Record ID,First Name,Last Name,Email,Phone Number,Lifecycle Stage,City
101,Priya,Shah,priya@example.com,(212) 555-0134,customer,New York
102,Tom,Weld,tom@example,212-555-0188,customer,New York
103,Ana,Ruiz,ana@example.com,,lead,Boston
104,,,,,lead,Boston
105,Ken,Ito,ken@example.org,+1 212 555 0199,customer,Albany
"""


class Mailbox:
    """A real SMTP server on loopback that keeps what it accepts."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 accepted"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    box.address = f"smtp://127.0.0.1:{server.port}"
    yield box
    server.stop()


@pytest.fixture
def first_link(tmp_path, mailbox) -> Iterator[str]:
    """`fondly up` in an empty home; the address it prints."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("FONDLY_", "DJANGO_"))}
    environment |= {
        "FONDLY_HOME": str(tmp_path / "home"),
        "FONDLY_MOVABLE_CLOCK": "yes",
        "FONDLY_EMAIL_URL": mailbox.address,
        "FONDLY_EMAIL_FROM": "Dana Fox <dana@example.com>",
    }
    log = (tmp_path / "log").open("w")
    command = [str(FONDLY), "up", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment, start_new_session=True
    )
    try:
        printed = next((line for line in process.stdout if "/first/" in line), "")
        assert printed, f"no link was printed: {(tmp_path / 'log').read_text()}"
        yield re.search(r"http\S+", printed)[0]
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_first_two_weeks(first_link: str, mailbox: Mailbox, page: Page, tmp_path: Path):
    base = "/".join(first_link.split("/")[:3])
    page.set_default_timeout(30_000)
    sign_up(page, first_link)
    choose_a_trade(page, base)
    import_clients(page, base, tmp_path)
    put_on_the_journey(page, base)
    two_weeks_on(page, base)
    every_mail_once(page, base, mailbox)
    done = do_the_first_thing(page, base)
    the_map_shows_it(page, base)
    the_client_page_tells_it(page, base, done)


def sign_up(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Your name").fill("Dana Fox")
    page.get_by_label("Your e-mail").fill("dana@example.com")
    page.get_by_label("A password").fill("four plain words here")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dana")


def choose_a_trade(page: Page, base: str) -> None:
    page.goto(f"{base}/playbook/new")
    page.get_by_role("button", name=re.compile(r"Start with this\s*: Realtor")).click()
    page.get_by_role("link", name="Publish…").click()
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_text("Version 1 is live for new clients")).to_be_visible()


def import_clients(page: Page, base: str, folder: Path) -> None:
    look_at(page, base, folder / "contacts.csv", HUBSPOT)
    expect(page.get_by_text("This is HubSpot contacts: 5 rows.")).to_be_visible()
    problems = page.get_by_role("table").filter(has_text="What to mend").first
    expect(problems.get_by_role("row")).to_have_count(3)
    expect(problems).to_contain_text("tom@example")
    page.get_by_role("button", name="Bring 3 in").click()
    expect(page.get_by_text("3 clients added").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the 2 rows to mend").click()
    to_mend = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "what to mend" in to_mend.splitlines()[0]
    mended = [line for line in to_mend.splitlines() if "104" not in line]
    look_at(page, base, folder / "mended.csv", "\n".join(mended).replace("tom@example", "tom@example.org", 1))
    page.get_by_role("button", name="Bring 1 in").click()
    expect(page.get_by_text(re.compile("1 client added")).first).to_be_visible()


def look_at(page: Page, base: str, path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    page.goto(f"{base}/clients/import")
    page.set_input_files("input[type=file]", path)
    page.get_by_role("button", name="Look at the file").click()


def put_on_the_journey(page: Page, base: str) -> None:
    page.goto(f"{base}/clients/imports/1")
    page.get_by_label("From which stage?").select_option(label="Getting ready to list")
    page.get_by_role("button", name="Start for 3").click()
    page.goto(f"{base}/clients")
    expect(page.get_by_text(re.compile("Getting ready to list, day 1"))).to_have_count(3)


def two_weeks_on(page: Page, base: str) -> None:
    page.goto(f"{base}/settings/clock")
    page.get_by_role("button", name="Two weeks on").click()
    expect(page.get_by_text(re.compile("On the way to"))).to_be_visible()
    expect(page.get_by_text(re.compile("On the way to"))).to_have_count(0, timeout=120_000)


def every_mail_once(page: Page, base: str, mailbox: Mailbox) -> None:
    seen = Counter((mail["To"], mail["Subject"]) for mail in mailbox.mails)
    assert seen, "no mail arrived"
    assert max(seen.values()) == 1, seen
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == len(mailbox.mails)
    addresses = " ".join(str(mail["To"]) for mail in mailbox.mails)
    assert all(name in addresses for name in ("priya@example.com", "ana@example.com", "ken@example.org"))
    assert "tom@example.org" not in addresses, "Tom was imported, not put on a journey"


def do_the_first_thing(page: Page, base: str) -> str:
    page.goto(f"{base}/today")
    rows = page.get_by_role("listitem").filter(has_text="Thank you call")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("Priya Shah")  # the row of the sheet that came first is on top
    expect(rows.first).to_contain_text("2 hours after entering")
    rows.first.get_by_role("link", name="Call Priya").click()
    page.get_by_role("radio", name=re.compile("delighted", re.IGNORECASE)).check(force=True)
    page.get_by_label("Note", exact=True).fill("She laughed, and asked about the photographer.")
    page.get_by_role("button", name="Done").click()
    expect(rows.filter(has=page.get_by_role("link", name=re.compile("^Call ")))).to_have_count(2)
    expect(page.get_by_role("listitem").filter(has_text="was delighted")).to_have_count(1)
    return "Priya Shah"


def the_map_shows_it(page: Page, base: str) -> None:
    page.goto(f"{base}/map")
    expect(page.get_by_role("heading", name="Journey map")).to_be_visible()
    assert "n 1" in page.locator("main").inner_text()


def the_client_page_tells_it(page: Page, base: str, name: str) -> None:
    page.goto(f"{base}/clients?q={name.split()[0]}")
    page.get_by_role("link", name=name).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.get_by_text("She laughed, and asked about the photographer.").first).to_be_visible()
    expect(page.get_by_role("heading", level=1).get_by_text("delighted")).to_be_visible()
