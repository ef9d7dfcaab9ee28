"""The screens in real Chromium: light and dark, desk and phone, by keyboard, without JavaScript."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE

PAGES = ["/today", "/team", "/clients", "/clients?layout=stages", "/clients?layout=silence", "/c/{priya}",
         "/c/{priya}/offer", "/moments/{moment}", "/c/{priya}/call", "/c/{priya}/people",
         "/c/{priya}/consent", "/c/{priya}/tags", "/activity", "/today/example", "/clients/new"]  # fmt: skip


def address(path: str, cast) -> str:  # type: ignore[no-untyped-def]
    from fondly.run.journeys.models import Moment

    return path.format(priya=cast.priya.pk, moment=Moment.objects.get(client=cast.ana).pk)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, cast, scheme: str) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana, color_scheme=scheme, viewport=DESK)
    found = {}
    for path in PAGES:
        visitor.open(address(path, cast))
        found[path] = visitor.axe()
    assert {path: bad for path, bad in found.items() if bad} == {}


def test_no_page_is_wider_than_a_small_phone(visit, cast) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana, viewport=PHONE, has_touch=True)
    wide = {}
    for path in PAGES:
        visitor.open(address(path, cast))
        wide[path] = visitor.sideways()
    assert {path: by for path, by in wide.items() if by > 0} == {}


def test_done_in_the_side_panel_with_undo(visit, cast) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana).open("/today")
    page.get_by_role("link", name="Call Ana: Ana Ruiz").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading", name="How are you")).to_be_visible()
    sheet.get_by_label("ask how they are holding up").check()
    sheet.get_by_label("glad").check(force=True)
    sheet.get_by_role("radio", name="Solved").check()
    sheet.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Ana Ruiz", exact=True)).to_have_count(0)
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Undone: Done for Ana Ruiz")
    # The cast's moment is not one its playbook plans, so the plan drops it afterwards; what was felt is taken back.
    cast.ana.refresh_from_db()
    assert cast.ana.recent_feelings == [0]


def test_a_refusal_keeps_what_was_typed(visit, cast) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana).open("/clients")
    page.get_by_role("link", name="Add a client").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Name", exact=True).fill("Rosa Bell")
    sheet.get_by_label("Phone").fill("12")
    sheet.get_by_role("button", name="Add the client").click()
    expect(page.get_by_role("alert")).to_contain_text("12")
    expect(sheet.get_by_label("Name", exact=True)).to_have_value("Rosa Bell")


def test_palette_by_keyboard(visit, cast) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana).open("/today")
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="People, pages, actions")
    expect(box).to_be_focused()
    box.fill("shah")
    expect(page.get_by_role("option", name="Priya Shah")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Priya Shah")).to_be_visible()
    page.keyboard.press("Control+k")
    box.fill("street map")
    expect(page.get_by_role("option", name="Street map")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/playbook/*#tp-street_map")


def test_palette_forgets_an_answer_that_is_read_after_the_next_letter(visit, cast) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana).open("/today")
    page.evaluate("""() => {
        const read = Response.prototype.json;
        Response.prototype.json = async function () { const told = await read.call(this);
            await new Promise((go) => setTimeout(go, 300)); return told; };
    }""")
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="People, pages, actions")
    with page.expect_response("**/palette?q=street"):
        box.fill("street")
    with page.expect_response("**/palette?q=street%20map"):
        box.fill("street map")
    expect(page.get_by_role("option", name="Street map")).to_have_count(1)
    page.wait_for_timeout(350)
    expect(page.get_by_role("option", name="Street map")).to_have_count(1)


def test_single_keys_move_and_go_and_can_be_turned_off(visit, cast) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana).open("/today")
    page.keyboard.press("j")
    expect(page.locator("[data-row].on")).to_contain_text("Priya Shah")
    page.keyboard.press("j")
    expect(page.locator("[data-row].on")).to_contain_text("Tom Weld")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Clients")).to_be_visible()
    cast.dana.single_keys = False
    cast.dana.save()
    page.goto(page.url)
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_hidden()


def test_in_place_edit_shows_a_tick(visit, cast) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana).open(f"/c/{cast.priya.pk}")
    field = page.get_by_label("To remember")
    field.fill("Prefers mornings")
    field.blur()
    expect(page.get_by_text("saved")).to_be_visible()
    cast.priya.refresh_from_db()
    assert cast.priya.memory == "Prefers mornings"


def test_everything_works_without_javascript(visit, cast) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana, java_script_enabled=False).open("/today")
    page.get_by_role("link", name="Call Ana: Ana Ruiz").click()
    page.get_by_label("glad").check(force=True)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("status").get_by_role("button", name="Undo")).to_be_visible()
    page.goto(page.url.replace("/today", f"/c/{cast.priya.pk}/note"))
    page.get_by_label("What happened?").fill("Written without a script")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_text("Written without a script")).to_be_visible()


def test_bulk_by_hand(visit, cast) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana).open("/clients")
    expect(page.get_by_role("button", name="Give to…")).to_be_hidden()
    page.get_by_label("Select Priya Shah").check()
    page.get_by_label("Select Tom Weld").check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Give to…").click()
    page.get_by_label("To whom?").select_option("Lee Wong")
    page.get_by_role("button", name="Give to: 2 clients").click()
    expect(page.get_by_text("Gave 2 clients to Lee Wong")).to_be_visible()


def test_focus_is_always_visible(visit, cast) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana).open("/today")
    for _n in range(12):
        page.keyboard.press("Tab")
        width = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert width == "3px", page.evaluate("document.activeElement.outerHTML.slice(0, 120)")


def test_x_selects_and_what_is_selected_is_put_off_together(visit, cast) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana).open("/today")
    bar = page.locator("#several")
    expect(bar).to_be_hidden()
    for _row in page.locator("[data-row]").all():
        page.keyboard.press("j")
        if "Ana Ruiz" in page.locator("[data-row].on").inner_text():
            break
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(bar).to_contain_text("2 selected")
    bar.get_by_role("button", name="Tomorrow 09:00").click()
    expect(page.get_by_role("status")).to_contain_text("2 things were put off.")


def test_shift_and_a_click_take_all_rows_between(visit, cast) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana).open("/clients")
    page.get_by_label("Select J. Mbeki").check()
    page.get_by_label("Select The Okafors").click(modifiers=["Shift"])
    expect(page.locator("[data-picked]")).to_have_text("4")
    page.get_by_label("Select Ken Ito").click(modifiers=["Shift"])
    expect(page.locator("[data-picked]")).to_have_text("1")
