"""The Map: what was lived, counted exactly, and who is behind each number."""

import random
from datetime import timedelta

import pytest

from fondly.ground import clock
from fondly.people.clients import timeline
from fondly.people.clients.identity import sort_key
from fondly.people.clients.models import Client
from fondly.people.clients.timeline import NewFact
from fondly.people.team.models import User
from fondly.run.journeys import map_behind, map_page
from fondly.run.journeys.models import Journey, Moment, Stay
from tests import cast as casting
from tests.browser.conftest import PHONE

NOW = casting.NOW
FEELINGS = {"intake": (1, 1, 2, 0), "new": (2, 2, 1), "selling": (-1, -2, 0, -1)}


def lived(cast: casting.Cast, many: int = 24) -> None:
    """Clients who lived intake, new and selling; a third of them left while selling."""
    roll = random.Random(3)
    facts = []
    for number in range(many):
        name = f"Neighbor {number}"
        client = Client.objects.create(name=name, sort_name=sort_key(name), created_at=NOW, changed_at=NOW,
                                       persona="downsizers" if number % 2 else "first_time_sellers")  # fmt: skip
        gone = number % 3 == 0
        journey = Journey.objects.create(
            client=client, playbook=cast.playbook, version=cast.version, stage="selling",
            state="exited" if gone else "active", exit_reason="cancelled" if gone else "",
            exit_stage="selling" if gone else "",
            stage_entered_at=NOW - timedelta(days=20), started_at=NOW - timedelta(days=60),
            ended_at=NOW - timedelta(days=2) if gone else None,
        )  # fmt: skip
        for place, stage in enumerate(FEELINGS):
            entered = NOW - timedelta(days=60 - 20 * place)
            Stay.objects.create(journey=journey, ordinal=place, stage=stage, entered_at=entered, why="",
                                left_at=entered + timedelta(days=10 + number) if place < 2 else None)  # fmt: skip
            feeling = roll.choice(FEELINGS[stage])
            facts.append(NewFact(client.pk, "call", entered + timedelta(days=1), journey_id=journey.pk, stage=stage,
                                 feeling=feeling, judged_by="client", is_contact=True))  # fmt: skip
        facts += _facts(client.pk, journey.pk, number)
        _friday(journey, number)
    timeline.record(*facts)


def _facts(client_id: int, journey_id: int, number: int) -> list[NewFact]:
    at = NOW - timedelta(days=5)
    own = {"client_id": client_id, "journey_id": journey_id, "at": at}
    kept = "broken" if number < 6 else "kept"
    facts = [NewFact(**own, kind="event", name="listing_live", stage="selling"),
             NewFact(**own, kind="done", name="home_visit", stage="intake"),
             NewFact(**own, kind="promise", name=kept, stage="selling", text="Friday")]  # fmt: skip
    return [*facts, NewFact(**own, kind="event", name="listing_live", stage="selling")] if number < 4 else facts


def _friday(journey: Journey, number: int) -> None:
    at = NOW - timedelta(days=7)
    Moment.objects.create(
        journey=journey, client=journey.client, key=f"2:selling/friday_update/{number}", touchpoint="friday_update",
        stage="selling", kind="work", channel="email", mode="auto", state="done", at=at, wanted_at=at, local="",
        zone="UTC", why="every friday", ended_at=at + timedelta(days=3 if number < 12 else 0),
    )  # fmt: skip


def found(**asked: str) -> map_page.Map:
    made = map_page.build(map_page.Asked(**asked), clock.now())
    assert made is not None
    return made


@pytest.fixture
def busy(cast: casting.Cast) -> casting.Cast:
    lived(cast)
    return cast


def test_counts_are_exact(busy: casting.Cast) -> None:
    columns = {c.name: c for c in found().columns}
    selling, intake = columns["selling"], columns["intake"]
    assert (selling.ever, selling.now, selling.left) == (26, 18, 8)  # two of the cast sell too
    assert intake.days == pytest.approx(21) and intake.days_n == 26  # two of the cast are still there
    assert selling.felt is not None and selling.felt.high < 0
    assert (selling.kept.k, selling.kept.n) == (18, 24)
    listing = next(row for row in found().happened["events"] if row["name"] == "listing_live")
    assert (listing["journeys"], listing["n"]) == (24, 28)
    assert found().happened["exits"] == [{"name": "cancelled", "title": "They cancelled", "n": 8}]


def test_a_persona_and_a_period_narrow_it(busy: casting.Cast) -> None:
    half = {c.name: c for c in found(persona="downsizers").columns}["selling"]
    assert half.ever == 13  # twelve neighbors and Tom
    assert {c.name: c for c in found(period="90").columns}["new"].ever == 26
    assert map_page.build(map_page.Asked(playbook=9999), clock.now()) is None


def test_gaps_say_how_many_and_show_exactly_them(busy: casting.Cast) -> None:
    gaps = {(gap.column, gap.what): gap for gap in found().gaps}
    assert ("selling", "felt") in gaps and "surely below even" in gaps["selling", "felt"].words
    for what, expected in (("promises", 6), ("late", 12)):
        gap = gaps["selling", what]
        asked = map_behind.Asked(busy.playbook.pk, gap.what, gap.stage, gap.name)
        page = map_behind.page(asked, clock.now())
        assert page is not None and (gap.n, len(page.people)) == (expected, expected)


def test_every_frame_holds_every_touchpoint(busy: casting.Cast) -> None:
    own = sum(len(cells) for c in found().columns for cells in c.lanes.values())
    for frame in ("phases", "seven", "lifecycle", "funnel"):
        assert sum(len(cells) for c in found(frame=frame).columns for cells in c.lanes.values()) == own


def test_the_map_shows_it(busy: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(busy.dana)
    page = visitor.open("/map")
    assert "Lowest in On the market" in page.locator(".map-head p").first.inner_text()
    assert page.locator("#event-listing_live td").first.inner_text() == "24"
    assert page.locator("#exit-cancelled td").inner_text() == "8"
    assert visitor.axe() == [] and visitor.sideways() == 0
    page.get_by_role("link", name="Difference").click()
    assert "view=difference" in page.url
    page.goto(visitor.address + "/map")
    page.get_by_role("link", name="See the 6").click()
    assert page.locator("li.row").count() == 6 and visitor.axe() == []


def test_a_phone_gets_one_card_a_stage(busy: casting.Cast, visit) -> None:  # type: ignore[no-untyped-def]
    visitor = visit(busy.dana, viewport=PHONE, color_scheme="dark")
    page = visitor.open("/map")
    assert page.locator(".stage-card:visible").count() == 7 and not page.locator(".map-scroll").is_visible()
    assert visitor.sideways() == 0 and visitor.axe() == []


def test_an_empty_install_says_what_will_be_here(transactional_db: None, visit, cast: casting.Cast) -> None:  # type: ignore[no-untyped-def]
    from fondly.design.playbooks.models import Playbook

    Journey.objects.all().delete()
    Playbook.objects.all().delete()
    page = visit(cast.dana).open("/map")
    assert "will be drawn here" in page.inner_text("main")


def test_only_for_people_who_are_signed_in(cast: casting.Cast, client) -> None:  # type: ignore[no-untyped-def]
    assert client.get("/map").status_code == 302
    client.force_login(User.objects.get(pk=cast.lee.pk), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/map").status_code == 200 and client.get("/map/count").status_code == 405
    assert client.get("/map/behind?playbook=1&what=nonsense").status_code == 404
