"""What only a phone does: rows of Today are swiped, who a page is about stays in sight."""

import pytest
from playwright.sync_api import Page, expect

from fondly.design.playbooks import library
from fondly.run.journeys.models import Moment
from tests import cast as casting
from tests.browser.conftest import DESK, PHONE


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


def test_who_it_is_and_where_they_stand_stay_in_sight(visit, cast) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana, viewport=PHONE, has_touch=True)
    page = visitor.open(f"/c/{cast.priya.pk}")
    pinned = page.locator("[data-pinned]")
    expect(pinned).to_be_hidden()
    page.get_by_role("region", name="Consent").scroll_into_view_if_needed()
    expect(pinned).to_be_in_viewport()
    expect(pinned).to_contain_text("Priya Shah")
    expect(pinned).to_contain_text("On the market, day 42 of about 75 days")
    expect(pinned).to_contain_text("Nobody told us they were coming.")
    assert pinned.bounding_box()["height"] <= 104 and visitor.sideways() == 0 and visitor.axe() == []
    expect(page.get_by_role("link", name="Note", exact=True).last).to_be_in_viewport()
    page.set_viewport_size(DESK)
    expect(pinned).to_be_hidden()


def test_what_is_beside_the_timeline_is_folded_on_a_phone_only(visit, cast) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana, viewport=PHONE, has_touch=True).open(f"/c/{cast.priya.pk}")
    expect(page.locator(".beside details[open]")).to_have_count(0)
    page.get_by_role("region", name="Promises").get_by_text("Promises", exact=True).click()
    expect(page.locator(".beside details[open]")).to_have_count(1)
    page = visit(cast.dana).open(f"/c/{cast.priya.pk}")
    assert page.locator(".beside details[open]").count() > 4


def test_the_next_three_fixes_come_first_and_are_swiped(visit, cast) -> None:  # type: ignore[no-untyped-def]
    text = cast.version.text.replace("    owner: agent\n", "", 3)
    text = "\n".join(line for line in text.splitlines() if not line.startswith(("    goal:", "reviewed:")))
    cast.version.text, cast.version.content_hash = text, library.hash_of(text)
    cast.version.save()
    visitor = visit(cast.dana, viewport=PHONE, has_touch=True)
    page = visitor.open(f"/playbook/{cast.playbook.pk}/check")
    fixes, score = page.locator(".fixes"), page.get_by_role("region", name="On paper", exact=True)
    assert fixes.locator("> li").count() == 3 and fixes.bounding_box()["y"] < score.bounding_box()["y"]
    assert fixes.evaluate("el => el.scrollWidth > 2 * el.clientWidth")
    assert visitor.sideways() == 0 and visitor.axe() == []
