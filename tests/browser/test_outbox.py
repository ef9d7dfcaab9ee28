"""The Outbox: take back, approve, decide what is unsure, pause; nothing by GET."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from fondly.ground import clock
from fondly.people.clients.models import Consent
from fondly.people.team.models import User
from fondly.run.journeys import switch
from fondly.run.outbox import links, queries
from fondly.run.outbox.models import Message
from tests import cast as casting
from tests.browser.conftest import PHONE

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def message(cast: casting.Cast, number: int, state: str = "held", **more: object) -> Message:
    at = clock.now() + timedelta(minutes=number)
    key = f"test:{number}:{state}"
    return Message.objects.create(**{
        "effect_key": key, "client": cast.priya, "purpose": "marketing", "delivery": "never_twice",
        "to_name": "Priya Shah", "to_address": "priya@example.com", "from_address": "dana@harbour.example",
        "subject": f"Friday update {number}",
        "text": "Three viewings this week.", "html": "<p style=\"color:#333\">Three viewings</p>",
        "message_id": f"{number}{state}@harbour.example", "state": state, "why": "every Friday", "go_at": at,
        "made_at": clock.now(), "link_hash": links.hash_of(links.token_for(key)), **more,
    })  # fmt: skip


def inside(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user, backend=BACKEND)
    return browser


def test_take_back_and_let_go(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    one = message(cast, 1)
    visitor = visit(cast.dana)
    page = visitor.open("/outbox?show=waiting")
    assert visitor.axe() == [] and visitor.sideways() == 0
    page.get_by_role("button", name="Take back").click()
    page.wait_for_selector("text=Taken back")
    one.refresh_from_db()
    assert one.state == "taken_back"
    page.locator(".toast").get_by_role("button", name="Undo").click()
    page.wait_for_selector("text=Undone")
    one.refresh_from_db()
    assert one.state == "held"


def test_take_back_a_selection(cast: casting.Cast) -> None:
    waiting = [message(cast, n) for n in range(3)]
    gone = message(cast, 9, "sent")
    answer = inside(cast.dana).post("/outbox/take-back", {"ids": [m.pk for m in [*waiting[:2], gone]]}, follow=True)
    assert "2 messages were taken back. 1 had left already." in answer.content.decode()
    for one in waiting:
        one.refresh_from_db()
    assert [one.state for one in waiting] == ["taken_back", "taken_back", "held"]


def test_who_may_not_act_is_told_and_nothing_happens(cast: casting.Cast) -> None:
    one = message(cast, 1)
    reader = User.objects.create(email="max@example.com", name="Max", joined_at=clock.now())
    assert inside(reader).get(f"/outbox/{one.pk}").status_code == 200
    inside(reader).post(f"/outbox/{one.pk}/do/take_back")
    inside(reader).post("/outbox/switch", {"why": "no"})
    one.refresh_from_db()
    assert one.state == "held" and not switch.why_paused()
    inside(cast.lee).post(f"/outbox/{one.pk}/do/take_back")
    one.refresh_from_db()
    assert one.state == "taken_back"


def test_no_get_changes_anything(cast: casting.Cast) -> None:
    one = message(cast, 1)
    browser = inside(cast.dana)
    assert browser.get(f"/outbox/{one.pk}/do/take_back").status_code == 405
    assert browser.get("/outbox/take-back").status_code == 405 and browser.get("/outbox/switch").status_code == 405
    strict = Browser(enforce_csrf_checks=True)
    strict.force_login(cast.dana, backend=BACKEND)
    assert strict.post(f"/outbox/{one.pk}/do/take_back").status_code == 403


def test_an_unsure_message_is_decided(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    one = message(cast, 1, "uncertain", committed_at=clock.now(), reply="the connection ended")
    page = visit(cast.dana).open("/outbox")
    page.get_by_role("link", name="Did it arrive").click()
    page.locator("iframe").scroll_into_view_if_needed()
    assert page.frame_locator("iframe").locator("p").inner_text() == "Three viewings"
    page.get_by_role("button", name="It arrived").click()
    page.wait_for_selector("text=Arrived: Friday update")
    one.refresh_from_db()
    assert one.state == "sent"


def test_approve_after_reading(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    one = Message.objects.get(state="approval")
    visitor = visit(cast.dana)
    page = visitor.open(f"/outbox/{one.pk}")
    assert "here is what we talked about" in page.inner_text("main") and visitor.axe() == []
    page.get_by_role("button", name="Send it", exact=True).click()
    page.wait_for_selector("text=Approved")
    one.refresh_from_db()
    assert one.state == "held"


def test_pause_and_go_on(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    page = visit(cast.dana, viewport=PHONE, color_scheme="dark").open("/outbox")
    page.locator(".pause summary").click()
    page.get_by_label("Why?").fill("moving house")
    page.get_by_role("button", name="Pause everything").click()
    page.wait_for_selector(".stopping >> text=moving house")
    assert switch.why_paused() == "moving house"
    page.get_by_role("button", name="Go on").click()
    page.wait_for_selector("text=Fondly runs again")
    assert not switch.why_paused()


def test_the_preview_is_shut_in(cast: casting.Cast, client) -> None:  # type: ignore[no-untyped-def]
    one = message(cast, 1, html="<p>Hello</p><script>parent.stolen = 1</script>")
    answer = inside(cast.dana).get(f"/outbox/{one.pk}/preview")
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("sandbox;") and "default-src 'none'" in policy and "allow-scripts" not in policy
    assert client.get(f"/outbox/{one.pk}/preview").status_code == 302


def test_fifty_a_page_in_order(cast: casting.Cast, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    Message.objects.all().delete()
    for number in range(120):
        message(cast, number)
    seen, after = [], ""
    for _turn in range(3):
        page = queries.page("waiting", after)
        seen += [row["subject"] for row in page.rows]
        after = page.after
    assert seen == [f"Friday update {n}" for n in range(120)] and after == ""
    browser = inside(cast.dana)
    browser.get("/outbox")
    with django_assert_max_num_queries(8):
        assert browser.get("/outbox?show=waiting").status_code == 200
    assert browser.get("/outbox?show=nonsense&after=x~y").status_code == 200


@pytest.mark.parametrize("method", ["get", "head"])
def test_following_the_unsubscribe_link_changes_nothing(cast: casting.Cast, client, method: str) -> None:  # type: ignore[no-untyped-def]
    one = message(cast, 1)
    before = Consent.objects.count()
    address = f"/unsubscribe/{links.token_for(one.effect_key)}"
    assert getattr(client, method)(address).status_code == 200
    assert Consent.objects.count() == before
    strict = Browser(enforce_csrf_checks=True)  # a mail program has no token
    assert strict.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Consent.objects.filter(client=cast.priya, purpose="marketing", state="withdrawn").exists()
    assert client.get("/unsubscribe/nonsense").status_code == 200  # the same page: it tells nobody who is a client
