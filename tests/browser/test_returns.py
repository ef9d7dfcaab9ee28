"""What came back about mail, and what a restore left unsure: on the screens that show it."""

import pytest
from playwright.sync_api import expect

from fondly.ground import clock
from fondly.listen.returns.models import Reading, Return
from fondly.run.outbox import restoring
from tests import cast as casting
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_outbox import message

SCREENS = [{"viewport": DESK, "color_scheme": "light"}, {"viewport": PHONE, "color_scheme": "dark"}]


@pytest.mark.parametrize("screen", SCREENS, ids=["desk", "phone"])
def test_a_mailbox_is_connected_and_tells_its_trouble(cast: casting.Cast, visit, screen) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana, **screen)
    page = visitor.open("/settings/mail")
    region = page.get_by_role("region", name="What comes back")
    expect(region).to_contain_text("bounces are not noticed")
    region.get_by_text("Connect a mailbox").click()
    assert visitor.axe() == [] and visitor.sideways() == 0
    region.get_by_label("Server").fill("imap.example.com")
    region.get_by_label("User").fill("dana")
    region.get_by_label("Password").fill("s3cret")
    region.get_by_role("button", name="Read this mailbox").click()
    expect(region).to_contain_text("imap.example.com")
    assert "s3cret" not in page.content()
    name = region.locator("code").first.inner_text()
    Reading.objects.create(mailbox=name, next_at=clock.now(), problem="the mailbox said no: wrong password")
    page = visitor.open("/settings/mail")
    expect(region).to_contain_text("wrong password")
    assert visitor.axe() == [] and visitor.sideways() == 0


@pytest.mark.parametrize("screen", SCREENS, ids=["desk", "phone"])
def test_a_message_shows_its_evidence(cast: casting.Cast, visit, screen) -> None:  # type: ignore[no-untyped-def]
    one = message(cast, 1, "sent", committed_at=clock.now(), ended_at=clock.now(), reply="250 queued as 4F2A")
    Return.objects.create(
        source="mailbox", external_id="1", kind="bounced", is_hard=True, message=one,
        words="550 5.1.1 no such user here", happened_at=clock.now(), noted_at=clock.now(),
    )  # fmt: skip
    visitor = visit(cast.dana, **screen)
    page = visitor.open(f"/outbox/{one.pk}")
    expect(page.get_by_role("region", name="Where it stands")).to_contain_text("no such user here")
    assert visitor.axe() == [] and visitor.sideways() == 0


@pytest.mark.parametrize("screen", SCREENS, ids=["desk", "phone"])
def test_the_outbox_after_a_restore_asks_once_for_all(cast: casting.Cast, visit, screen) -> None:  # type: ignore[no-untyped-def]
    unsure = [message(cast, n, "uncertain", committed_at=clock.now(), worker=restoring.HOLDER) for n in range(2)]
    restoring.put_up(clock.now(), clock.now())
    visitor = visit(cast.dana, **screen)
    page = visitor.open("/outbox")
    expect(page.get_by_text("2 messages may have gone before the restore.")).to_be_visible()
    assert visitor.axe() == [] and visitor.sideways() == 0
    page.get_by_role("button", name="All of these went").click()
    expect(page.get_by_text("2 messages may have gone before the restore.")).to_have_count(0)
    for one in unsure:
        one.refresh_from_db()
    assert {one.state for one in unsure} == {"sent"}
