"""What lies between the rooms: team and account, a moment from Today to done, papers, mails stopped, first steps."""

import pytest
from playwright.sync_api import expect

from fondly.people.clients.models import Address, Client, Consent
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox import links
from fondly.run.outbox.models import Message
from tests import cast as casting
from tests.browser.conftest import DESK, PHONE

PAGES = ["/team", "/team/people/{dana}", "/team/roles/{role}", "/team/roles/new", "/team/invite", "/account",
         "/account/factors/", "/account/password", "/sign-in", "/nowhere"]  # fmt: skip


def address(path: str, cast: casting.Cast) -> str:
    return path.format(dana=cast.dana.pk, role=cast.dana.roles.get().pk)


def open_all(visitor, cast: casting.Cast, look) -> dict[str, object]:  # type: ignore[no-untyped-def]
    found = {}
    for path in PAGES:
        visitor.open(address(path, cast))
        found[path] = look()
    visitor.faults[:] = [fault for fault in visitor.faults if "404" not in fault]  # /nowhere is one on purpose
    return {path: bad for path, bad in found.items() if bad}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, cast: casting.Cast, scheme: str) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana, color_scheme=scheme, viewport=DESK)
    assert open_all(visitor, cast, visitor.axe) == {}


def test_no_page_is_wider_than_a_small_phone(visit, cast: casting.Cast) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana, viewport=PHONE, has_touch=True)
    assert open_all(visitor, cast, lambda: max(visitor.sideways(), 0)) == {}


def test_the_account_is_at_the_foot_and_keeps_what_was_chosen(visit, cast: casting.Cast) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.lee).open("/today")
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Your account").click()
    page.get_by_text("dark", exact=True).click()
    page.get_by_label("Single keys").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("data-keys", "off")


def test_from_today_to_done_by_keyboard_alone(visit, cast: casting.Cast) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana).open("/today")
    link = page.get_by_role("link", name="Call Ana: Ana Ruiz")
    for _n in range(80):
        page.keyboard.press("Tab")
        if link.evaluate("el => el === document.activeElement"):
            break
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading", name="How are you")).to_be_focused()
    button = sheet.get_by_role("button", name="Done")
    for _n in range(40):
        page.keyboard.press("Tab")
        if button.evaluate("el => el === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Done for Ana Ruiz")
    assert Moment.objects.get(client=cast.ana).state == "done"


@pytest.mark.parametrize("script", [True, False])
def test_later_and_skip(visit, cast: casting.Cast, script: bool) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana, java_script_enabled=script).open(f"/moments/{Moment.objects.get(client=cast.ana).pk}")
    page.get_by_text("Later", exact=True).click()
    page.get_by_text("this afternoon 15:00").click()
    page.get_by_role("button", name="Put it off").click()
    expect(page.get_by_role("status").get_by_text("Moved for Ana Ruiz")).to_be_visible()
    page.goto(page.url.replace("/today", f"/moments/{Moment.objects.get(client=cast.ken).pk}"))
    page.get_by_text("Skip it", exact=True).click()
    page.get_by_label("Why is it not needed?").fill("He called us himself")
    page.get_by_role("button", name="Skip this one").click()
    expect(page.get_by_role("status").get_by_role("button", name="Undo")).to_be_visible()
    assert Moment.objects.get(client=cast.ken).state == "skipped"


def test_a_letter_has_its_words_address_and_papers(visit, cast: casting.Cast) -> None:  # type: ignore[no-untyped-def]
    journey = Journey.objects.get(client=cast.ana)
    moment = Moment.objects.filter(client=cast.ana).get()
    Moment.objects.filter(pk=moment.pk).update(
        stage="closing", touchpoint="thank_you", channel="letter", mode="by_hand", journey=journey
    )
    Address.objects.filter(client=cast.ana).delete()
    Address.objects.create(client=cast.ana, street="1 Elm St", city="Salem", region="MA", postcode="01970")
    page = visit(cast.dana).open(f"/moments/{moment.pk}")
    expect(page.get_by_text("Dear Ana")).to_be_visible()
    expect(page.get_by_text("Salem, MA 01970")).to_be_visible()
    server = page.url.split("/moments")[0]
    for name in ("Print the card", "Print a letter", "Print the envelope"):
        link = page.get_by_role("link", name=name).get_attribute("href")
        answer = page.request.get(f"{server}{link}")
        assert answer.ok and answer.body().startswith(b"%PDF-")


def test_mails_are_stopped_without_a_script_and_weigh_little(visit, cast: casting.Cast) -> None:  # type: ignore[no-untyped-def]
    one = Message.objects.filter(client__isnull=False).first()
    token = links.token_for(one.effect_key)
    Message.objects.filter(pk=one.pk).update(link_hash=links.hash_of(token), purpose="keep_in_touch")
    visitor = visit(cast.dana, java_script_enabled=False, viewport=PHONE)
    visitor.page.context.clear_cookies()
    weights: list[int] = []
    visitor.page.on("response", lambda answer: weights.append(len(answer.body())))
    page = visitor.open(f"/unsubscribe/{token}")
    assert sum(weights) < 100_000 and "Fondly" not in page.content()
    assert page.get_by_role("button").count() == 1 and not Consent.objects.filter(purpose="keep_in_touch").exists()
    page.get_by_role("button", name="Stop these mails").click()
    expect(page.get_by_role("heading", name="They have stopped")).to_be_visible()
    assert Consent.objects.filter(client=one.client, purpose="keep_in_touch", state="withdrawn").exists()
    page.get_by_role("button", name="Let them come again").click()
    expect(page.get_by_role("heading", name="They come again")).to_be_visible()
    assert visitor.page.context.cookies() == []


def test_three_steps_on_a_fresh_install(visit, cast: casting.Cast) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana)
    Message.objects.all().delete()
    Client.objects.all().delete()
    cast.playbook.delete()
    page = visitor.open("/today")
    expect(page.get_by_role("heading", name="Three steps to begin")).to_be_visible()
    for name, path in (("Choose your trade", "/playbook/new"), ("Bring clients in", "/clients/import"),
                       ("Connect mail", "/settings/mail")):  # fmt: skip
        assert page.get_by_role("link", name=name).get_attribute("href") == path
    assert visitor.axe() == []
