"""What only a phone does: rows of Today are swiped."""

import pytest
from playwright.sync_api import Page, expect

from fondly.run.journeys.models import Moment
from tests import cast as casting
from tests.browser.conftest import PHONE


def swipe(page: Page, row: str, right: int, down: int = 0) -> None:
    """A finger on the middle of a row, moved in ten steps. right, down: pixels."""
    page.locator(row).scroll_into_view_if_needed()
    box = page.locator(row).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    finger = page.context.new_cdp_session(page)
    at = [{"x": x + right * n / 10, "y": y + down * n / 10} for n in range(11)]
    for n, point in enumerate(at):
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove" if n else "touchStart", "touchPoints": [point]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.fixture
def moment(cast: casting.Cast) -> Moment:
    Moment.objects.filter(client=cast.ana).update(channel="card", mode="by_hand")
    return Moment.objects.get(client=cast.ana)


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_left_puts_off_and_undo_brings_back(visit, cast, moment: Moment, motion: str) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana, viewport=PHONE, has_touch=True, reduced_motion=motion).open("/today")
    swipe(page, f"#moment-{moment.pk}", -150)
    expect(page.get_by_role("status")).to_contain_text("Moved for Ana Ruiz")
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Undone: Moved for Ana Ruiz")


def test_right_marks_done_what_can_be_undone_and_else_only_opens(visit, cast, moment: Moment) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana, viewport=PHONE, has_touch=True).open("/today")
    swipe(page, f"#moment-{moment.pk}", 150)
    expect(page.get_by_role("status")).to_contain_text("1 thing is done.")
    moment.refresh_from_db()
    assert moment.state == "done"
    letter = Moment.objects.get(client=cast.ken)
    swipe(page, f"#moment-{letter.pk}", 150)
    expect(page.get_by_role("dialog").get_by_role("button", name="Send it")).to_be_visible()
    letter.refresh_from_db()
    assert letter.state == "due"


def test_a_short_or_a_slanting_way_does_nothing_and_the_page_scrolls(visit, cast, moment: Moment) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana, viewport=PHONE, has_touch=True).open("/today")
    row = f"#moment-{moment.pk}"
    swipe(page, row, -60)
    before = page.evaluate("scrollY")
    swipe(page, row, -120, -200)
    page.wait_for_function("before => scrollY > before", arg=before)
    moment.refresh_from_db()
    assert moment.state == "due" and page.get_by_role("status").inner_text() == ""
