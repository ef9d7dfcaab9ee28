"""The playbook on screen: read, check, write with a live check, publish with its effect, go back."""

from pathlib import Path

import pytest
from django.test import Client as Browser

from fondly.core.playbook import starters
from fondly.design.playbooks import library
from fondly.design.playbooks.actions import CreatePlaybook
from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.ground import errands
from fondly.ground.action import perform
from fondly.people.team.access import actor_of
from fondly.people.team.models import User
from fondly.run.journeys import effect_page
from fondly.run.journeys.models import Journey
from tests import cast as casting
from tests.browser.conftest import PHONE

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def inside(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user, backend=BACKEND)
    return browser


def with_draft(cast: casting.Cast, old: str, new: str) -> PlaybookVersion:
    text = cast.version.text.replace(old, new)
    assert text != cast.version.text
    return PlaybookVersion.objects.create(
        playbook=cast.playbook, number=2, text=text, content_hash=library.hash_of(text), state="draft", by="Dana Reyes",
        made_at=casting.NOW,
    )  # fmt: skip


def test_read_in_every_frame(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana)
    page = visitor.open("/playbook")  # the only one opens at once
    assert page.url.endswith(f"/playbook/{cast.playbook.pk}")
    own = page.locator(".touchpoints > li[id]").count()
    assert own == len(library.parse(cast.version.text).touchpoints()) and visitor.axe() == []
    for frame in ("phases", "seven", "lifecycle", "funnel"):
        page.goto(f"{visitor.address}/playbook/{cast.playbook.pk}?frame={frame}")
        assert page.locator(".touchpoints > li[id]").count() == own


def test_the_check_says_what_to_mend_and_takes_a_no(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    with_draft(cast, "  promise: You will know", "  promises: You will know")
    with_draft_text = cast.version.text.replace("\nreviewed: 2026-11-02", "\nreviewed: 2020-01-01")
    PlaybookVersion.objects.filter(state="draft").update(
        text=with_draft_text, content_hash=library.hash_of(with_draft_text)
    )
    visitor = visit(cast.dana)
    page = visitor.open(f"/playbook/{cast.playbook.pk}/check")
    assert page.locator(".bars tr").count() == 9 and page.locator(".fixes > li").count() == 1
    assert visitor.axe() == []
    fix = page.locator(".fixes > li")
    fix.get_by_text("Not for us").click()
    fix.get_by_placeholder("Why not?").fill("we look at it in spring")
    fix.get_by_role("button", name="Leave it out").click()
    page.wait_for_selector("text=Left out by you (1)")
    draft = PlaybookVersion.objects.get(state="draft")
    assert "we look at it in spring" in library.parse(draft.text).skip.values()


SCREENS = [{}, {"viewport": PHONE, "color_scheme": "dark"}]
FIRST = (Path(__file__).parents[1] / "core" / "playbook" / "first_file.yaml").read_text("utf-8")


def brought_in(cast: casting.Cast) -> int:
    """A first file with much to mend, as a playbook of its own."""
    done = perform("playbooks.create", actor_of(cast.dana), CreatePlaybook("", "", FIRST))
    return int(done.result.playbook_id)


@pytest.mark.parametrize("screen", SCREENS, ids=["desk", "phone"])
def test_do_it_for_me_is_shown_before_it_is_saved(cast: casting.Cast, visit, screen) -> None:  # type: ignore[no-untyped-def]
    number = brought_in(cast)
    visitor = visit(cast.dana, **screen)
    page = visitor.open(f"/playbook/{number}/check")
    assert visitor.axe() == [] and visitor.sideways() == 0
    page.locator(".fixes > li", has_text="Ideas are asked for").get_by_role("link", name="Do it for me").click()
    assert "+ ideas: monthly" in " ".join(page.inner_text(".lines").split())
    assert visitor.axe() == [] and visitor.sideways() == 0
    assert PlaybookVersion.objects.get(playbook=number).text == FIRST, "nothing before the button"
    page.get_by_role("button", name="Put it into the draft").click()
    page.wait_for_selector("text=was saved")
    text = PlaybookVersion.objects.get(playbook=number).text
    assert library.parse(text).team.ideas == "monthly" and "   # the first weeks" in text
    assert page.locator(".fixes > li", has_text="Ideas are asked for").count() == 0
    page.get_by_role("button", name="Undo").first.click()
    page.wait_for_url("**/check")
    assert PlaybookVersion.objects.get(playbook=number).text == FIRST


def test_a_draft_is_put_in_and_opened_where_it_stands(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    number = brought_in(cast)
    visitor = visit(cast.dana)
    page = visitor.open(f"/playbook/{number}/check/mend?rule=TP01")
    assert page.locator(".lines").count() == 4  # three calls and the checklist they share
    page.get_by_role("button", name="Put it in and edit it").click()
    page.wait_for_selector("#in-text")
    chosen = page.evaluate(
        "(() => { const t = document.activeElement; return t.value.slice(t.selectionStart, t.selectionEnd); })()"
    )
    assert chosen.strip() == "hello_inquiry:"
    assert visitor.axe() == []  # what the check says there is long, and reached by keyboard


def test_one_case_is_left_out_and_the_others_stay(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    number = brought_in(cast)
    page = visit(cast.dana).open(f"/playbook/{number}/check")
    page.get_by_text("findings, by stage").click()
    row = page.locator(".all-findings li.row", has_text="The stage start is only work")
    row.get_by_text("Not for us").click()
    row.get_by_placeholder("Why not?").fill("the kick-off is warm enough")
    row.get_by_role("button", name="Leave it out").click()
    page.wait_for_selector("text=Left out by you (1)")
    page.get_by_text("findings, by stage").click()
    assert page.get_by_text("The stage work is only work").count() > 0
    assert "TP01 start" in library.parse(PlaybookVersion.objects.get(playbook=number).text).skip


def test_the_check_tells_how_the_score_came_about_and_prints_whole(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    with_draft(cast, "ideas: monthly", "# ideas")
    PlaybookVersion.objects.filter(pk=cast.version.pk).update(score={"overall": 87}, published_at=casting.NOW)
    page = visit(cast.dana).open(f"/playbook/{cast.playbook.pk}/check")
    told = page.get_by_role("region", name="On paper, version by version")
    assert [row.split()[0] for row in told.locator("tr").all_inner_texts()] == ["this", "version"]
    assert "87" in told.inner_text()
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".all-findings li.row").first.is_visible()
    assert not page.get_by_role("link", name="Do it for me").first.is_visible()


def test_the_editor_checks_while_writing_and_saves_nothing(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana)
    page = visitor.open(f"/playbook/{cast.playbook.pk}/edit")
    page.locator("#in-text").fill("name: Harbour\nstages: [")
    page.wait_for_selector("#live >> text=cannot be read")
    assert "^" in page.locator("#live pre").first.inner_text()
    assert PlaybookVersion.objects.count() == 1
    page.locator("#in-text").fill(starters.starter("coach"))
    page.wait_for_selector("#live >> text=of 100 on paper")
    page.get_by_role("button", name="Save the draft").click()
    page.wait_for_selector("text=was saved")
    assert PlaybookVersion.objects.filter(state="draft").count() == 1 and visitor.axe() == []


def test_publish_shows_the_change_and_moves_whom_one_says(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    draft = with_draft(cast, "when: every 14 days", "when: every 10 days")
    visitor = visit(cast.dana)
    page = visitor.open(f"/playbook/{cast.playbook.pk}/publish")
    assert "every 10 days" in page.locator(".changes").inner_text()
    page.wait_for_selector(".effect >> text=clients on the way would notice")
    page.get_by_role("button", name="Publish version 2").click()
    page.wait_for_selector("text=Version 2 is live for new clients")
    assert Journey.objects.exclude(version=cast.version).count() == 0
    page.get_by_role("button", name="Move 6 clients").click()
    page.wait_for_selector("text=were moved to version 2")
    assert Journey.objects.filter(version=draft).count() == 6


@pytest.mark.parametrize("screen", SCREENS, ids=["desk", "phone"])
def test_a_change_that_comes_again_and_again_is_told_once(cast: casting.Cast, visit, screen) -> None:  # type: ignore[no-untyped-def]
    with_draft(cast, "when: every friday", "when: every thursday")
    visitor = visit(cast.dana, **screen)
    page = visitor.open(f"/playbook/{cast.playbook.pk}/effect")
    page.locator(".effect summary").click()
    told = page.locator(".effect .row", has_text="Friday update").first.inner_text()
    assert "Friday update (5 times)" in told and "Friday update, Friday update" not in told
    assert visitor.axe() == [] and visitor.sideways() == 0


@pytest.mark.parametrize("screen", SCREENS, ids=["desk", "phone"])
def test_a_crowd_is_looked_at_when_somebody_asks(cast: casting.Cast, visit, screen, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(effect_page, "AT_ONCE", 1)
    monkeypatch.setattr(errands, "AT_ONCE", 1)
    with_draft(cast, "when: every 14 days", "when: every 10 days")
    visitor = visit(cast.dana, **screen)
    page = visitor.open(f"/playbook/{cast.playbook.pk}/effect")
    assert visitor.axe() == [] and visitor.sideways() == 0
    page.get_by_role("button", name="Look at all").click()
    page.wait_for_url("**/errands/*")
    assert visitor.axe() == [] and visitor.sideways() == 0
    page.goto(f"{visitor.address}/playbook/{cast.playbook.pk}/effect")
    page.get_by_role("link", name="how far is it").click()
    worker = errands.Worker("test")
    while worker.turn():
        pass
    page.get_by_role("link", name="Back to where you were").click()
    page.wait_for_selector(".effect >> text=would notice")
    assert page.get_by_role("button", name="Look again").is_visible()
    assert visitor.axe() == [] and visitor.sideways() == 0


def test_history_compares_and_goes_back(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    with_draft(cast, "when: every 14 days", "when: every 10 days")
    browser = inside(cast.dana)
    browser.post(f"/playbook/{cast.playbook.pk}/publish", {"note": "more calls"})
    visitor = visit(cast.dana, color_scheme="dark")
    page = visitor.open(f"/playbook/{cast.playbook.pk}/history?from=1&to=2")
    assert "every 10 days" in page.locator(".changes").inner_text() and visitor.axe() == []
    page.get_by_role("button", name="Go back to 1").click()
    page.wait_for_selector("text=went back to version 1")
    assert PlaybookVersion.objects.get(state="live").number == 1


def test_start_from_a_trade_or_a_file(cast: casting.Cast, visit, tmp_path) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana)
    page = visitor.open("/playbook/new")
    assert page.locator(".trades > li").count() == 12 and visitor.axe() == []
    page.get_by_label("What is your business called?").fill("Quiet Room")
    page.get_by_role("button", name="Start with this: Therapist").or_(
        page.locator("li", has_text="Therapist").get_by_role("button")
    ).first.click()
    page.wait_for_selector("h1 >> text=Quiet Room")
    file = tmp_path / "own.yaml"
    file.write_text(starters.starter("artist"))
    page.goto(visitor.address + "/playbook/new")
    page.locator("#in-file").set_input_files(str(file))
    page.get_by_role("button", name="Bring it in").click()
    page.wait_for_selector("text=was started")
    assert Playbook.objects.count() == 3


def test_rehearse_a_ghost_and_a_client(cast: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(cast.dana, viewport=PHONE)
    page = visitor.open(f"/playbook/{cast.playbook.pk}/rehearse?stage=selling")
    assert page.locator(".days > li").count() > 5 and visitor.sideways() == 0 and visitor.axe() == []
    before = Journey.objects.values_list("plan_at", flat=True)
    page.goto(f"{visitor.address}/playbook/{cast.playbook.pk}/rehearse/{cast.priya.pk}")
    assert "Friday update" in page.inner_text(".days")
    assert list(before) == list(Journey.objects.values_list("plan_at", flat=True))
    assert inside(cast.dana).get(f"/playbook/{cast.playbook.pk}/rehearse?stage=nowhere").status_code == 404


def test_readers_read_and_designers_write(cast: casting.Cast) -> None:
    here = f"/playbook/{cast.playbook.pk}"
    lee, dana = inside(cast.lee), inside(cast.dana)
    for path in ("", "/check", "/history", "/rehearse", "/effect", "/version-1.yaml"):
        assert lee.get(here + path).status_code == 200, path
    assert b"Not for us" not in lee.get(here + "/check").content
    for path in ("/edit", "/publish"):
        assert lee.get(here + path).status_code == 403 and dana.get(here + path).status_code == 200
    lee.post(here + "/edit", {"text": "name: Mine"})
    assert lee.get(here + "/check/mend?rule=TE05").status_code == 403
    lee.post(here + "/check/leave-out", {"rule": "FO01", "reason": "no"})
    assert PlaybookVersion.objects.count() == 1
    dana.post(here + "/edit", {"text": cast.version.text + "\n", "revision": cast.version.content_hash})
    assert PlaybookVersion.objects.count() == 2
    assert dana.get(here + "/roll-back").status_code == 405 and dana.get("/playbook/999").status_code == 404
    strict = Browser(enforce_csrf_checks=True)
    strict.force_login(cast.dana, backend=BACKEND)
    assert strict.post(here + "/publish").status_code == 403
