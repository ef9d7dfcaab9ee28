"""Getting in, in real Chromium: password, a passkey alone (with a virtual authenticator), two-step codes."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Page, expect

from tests import cast as casting

PASSWORD = "harbour-lights-42"
KEY = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
       "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip


def virtual_key(page: Page) -> None:
    """A platform authenticator that says yes to everything."""
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})


def sign_out(page: Page) -> None:
    page.goto(re.sub(r"(//[^/]+).*", r"\1/account", page.url))
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


def confirm(page: Page) -> None:
    """Before the way in changes, the password once more."""
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def code_of(secret: str) -> str:
    """The six digits of now; waits when they are about to change."""
    if time.time() % 30 > 25:
        time.sleep(5.5)
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def test_a_passkey_is_added_and_lets_in_without_a_password(visit, cast: casting.Cast) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana)
    page = visitor.open("/account")
    virtual_key(page)
    page.get_by_role("link", name="Password, passkeys, two-step codes").click()
    assert visitor.axe() == []
    page.get_by_role("link", name="Add a passkey").click()
    confirm(page)
    page.get_by_label("A name for it").fill("My laptop")
    assert visitor.axe() == []
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Passkey added")).to_be_visible()
    page.get_by_role("link", name="How you sign in").click()
    page.get_by_role("link", name="Look at them").click()
    expect(page.get_by_text("My laptop")).to_be_visible()
    assert Authenticator.objects.filter(user=cast.dana, type="webauthn").count() == 1
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Dana")).to_be_visible()
    assert page.url.endswith("/today")


def test_two_step_codes(visit, cast: casting.Cast) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.lee)
    page = visitor.open("/account/factors/")
    page.get_by_role("link", name="Set up an app").click()
    confirm(page)
    secret = page.locator("main code").inner_text()
    page.get_by_role("textbox").fill(code_of(secret))
    assert visitor.axe() == []
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("Two-step codes are on")).to_be_visible()
    assert Authenticator.objects.filter(user=cast.lee, type="totp").exists()
    sign_out(page)
    page.get_by_label("Email").fill(cast.lee.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    recovery = Authenticator.objects.filter(user=cast.lee, type="recovery_codes").get().wrap().get_unused_codes()[0]
    page.get_by_role("textbox").fill(recovery)
    page.get_by_role("button", name="Sign in").first.click()
    expect(page.get_by_role("heading", name="Lee")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_wrong_password_says_so_and_keeps_the_address(visit, cast: casting.Cast, script: bool) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.lee, java_script_enabled=script)
    visitor.page.context.clear_cookies()
    page = visitor.open("/sign-in")
    page.get_by_label("Email").fill(cast.lee.email)
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(cast.lee.email)
    assert page.get_by_role("button", name="Sign in with a passkey").is_visible() is script
