"""Today: who is on it, in which order, with which reason; and what its buttons do."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from fondly.people.clients.models import Client, Interaction
from fondly.people.team.models import Cover
from fondly.run.journeys import today
from fondly.run.journeys.models import Journey, Moment
from tests.cast import NOW, Cast

UNTIL = NOW + timedelta(hours=14)


def test_late_promise_is_on_top_then_the_unhappy_client(cast: Cast) -> None:
    found = today.today(cast.dana, NOW, UNTIL)
    assert [(row.name, row.word) for row in found.first] == [("Priya Shah", "promise"), ("Tom Weld", "")]
    assert "2 hours late" in found.first[0].what
    assert found.first[1].said == "Nobody told us they were coming."


def test_due_moments_have_reason_button_and_order(cast: Cast) -> None:
    rows = {row.name: row for row in today.today(cast.dana, NOW, UNTIL).due}
    assert rows["Ana Ruiz"].why == "14 days since you spoke; she worries about schools."
    assert rows["Ana Ruiz"].button == "Call Ana"
    assert rows["The Okafors"].button == "Mark posted"
    assert rows["Ken Ito"].button == "Check and send"
    assert all(row.order for row in rows.values())


def test_minutes_are_added_up(cast: Cast) -> None:
    found = today.today(cast.dana, NOW, UNTIL)
    assert found.minutes == sum(row.minutes for row in [*found.first, *found.due]) == 60


def test_a_moment_of_another_role_is_not_mine_but_everyones(cast: Cast) -> None:
    Moment.objects.filter(client=cast.ana).update(role="coordinator")
    assert "Ana Ruiz" not in [row.name for row in today.today(cast.dana, NOW, UNTIL).due]
    assert "Ana Ruiz" in [row.name for row in today.today(cast.lee, NOW, UNTIL).due]
    assert "Ana Ruiz" in [row.name for row in today.today(cast.dana, NOW, UNTIL, everyone=True).due]


def test_cover_brings_the_work_of_the_one_who_is_away(cast: Cast) -> None:
    assert [row.name for row in today.today(cast.lee, NOW, UNTIL).due] == []
    Cover.objects.create(user=cast.dana, by=cast.lee, from_on=NOW.date(), to_on=NOW.date())
    assert "Ana Ruiz" in [row.name for row in today.today(cast.lee, NOW, UNTIL).due]


def test_a_role_nobody_has_is_the_admins_business(cast: Cast) -> None:
    Moment.objects.filter(client=cast.ana).update(role="archivist")
    assert "Ana Ruiz" in [row.name for row in today.today(cast.dana, NOW, UNTIL).due]
    assert "Ana Ruiz" not in [row.name for row in today.today(cast.lee, NOW, UNTIL).due]


def test_a_long_overdue_moment_moves_up(cast: Cast) -> None:
    Moment.objects.filter(client=cast.ana).update(at=NOW - timedelta(days=3))
    found = today.today(cast.dana, NOW, UNTIL)
    assert [row.name for row in found.first] == ["Priya Shah", "Ana Ruiz", "Tom Weld"]


def test_an_uneasy_client_is_gone_once_it_is_solved(dana: Browser, cast: Cast) -> None:
    form = {"feeling": "0", "solved": "yes", "text": "Agreed to call before every viewing", "reached": "yes"}
    assert dana.post(f"/c/{cast.tom.pk}/call", form).status_code == 302
    assert "Tom Weld" not in [row.name for row in today.today(cast.dana, NOW + timedelta(hours=1), UNTIL).first]


def test_what_was_asked_and_did_not_come_back_waits(cast: Cast) -> None:
    found = today.today(cast.lee, NOW, UNTIL)
    assert [(row.name, row.what) for row in found.waiting] == [("J. Mbeki", "Welcome form (form)")]


def test_good_news_and_what_ran(cast: Cast) -> None:
    found = today.today(cast.dana, NOW, UNTIL)
    assert [row.name for row in found.good] == ["The Okafors"]
    assert found.ran == 12


def test_page_asks_at_most_eight_questions(dana: Browser, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    dana.get("/today")
    with django_assert_max_num_queries(8):
        page = dana.get("/today")
    assert page.status_code == 200
    assert "Good morning, Dana" in page.content.decode()


def test_done_with_a_feeling(dana: Browser, cast: Cast) -> None:
    moment = Moment.objects.get(client=cast.ana)
    form = {
        "revision": moment.revision,
        "feeling": "1",
        "solved": "yes",
        "note": "She likes Park School",
        "minutes": "12",
    }
    answer = dana.post(f"/moments/{moment.pk}/finish", form, follow=True)
    moment.refresh_from_db()
    assert (moment.state, moment.feeling, moment.solved, moment.minutes) == ("done", 1, "yes", 12)
    assert "Undo" in answer.content.decode()


def test_stale_sheet_is_refused_and_keeps_what_was_typed(dana: Browser, cast: Cast) -> None:
    moment = Moment.objects.get(client=cast.ana)
    form = {"revision": moment.revision + 3, "note": "typed"}
    answer = dana.post(f"/moments/{moment.pk}/finish", form, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert "fondly:refused" in answer["HX-Trigger"]
    moment.refresh_from_db()
    assert moment.state == "due"


def test_later_moves_it_to_tomorrow_at_nine(dana: Browser, cast: Cast) -> None:
    moment = Moment.objects.get(client=cast.ana)
    assert dana.post(f"/moments/{moment.pk}/later").status_code == 302
    moment.refresh_from_db()
    assert moment.at.isoformat() == "2025-11-23T14:00:00+00:00"


def test_skip_needs_a_reason_and_keeps_it(dana: Browser, cast: Cast) -> None:
    moment = Moment.objects.get(client=cast.ana)
    dana.post(f"/moments/{moment.pk}/skip", {"revision": moment.revision, "why": "She is on holiday"})
    moment.refresh_from_db()
    assert (moment.state, moment.reason or moment.override_why) == ("skipped", "She is on holiday")


@pytest.mark.parametrize("path", ["/today", "/today/ran", "/today/example", "/today?who=everyone"])
def test_pages_open(dana: Browser, path: str) -> None:
    assert dana.get(path).status_code == 200


def test_sheet_has_checklist_phone_and_is_a_fragment_for_htmx(dana: Browser, cast: Cast) -> None:
    moment = Moment.objects.get(client=cast.ana)
    page = dana.get(f"/moments/{moment.pk}").content.decode()
    fragment = dana.get(f"/moments/{moment.pk}", headers={"HX-Request": "true"}).content.decode()
    assert "tel:+14155550103" in fragment
    assert 'name="ticked"' in fragment
    assert "<html" in page and "<html" not in fragment


def test_unknown_moment_is_a_plain_not_found(dana: Browser) -> None:
    answer = dana.get("/moments/999999")
    assert answer.status_code == 404
    assert "no such moment" in answer.content.decode()


def moments(cast: Cast, *names: str) -> list[Moment]:
    return [Moment.objects.get(client__name=name, state="due") for name in names]


def undo_of(page: str) -> str:
    return "/activity/" + page.split('action="/activity/')[1].split("/undo")[0] + "/undo"


def test_several_are_put_off_at_once_and_come_back_with_one_undo(dana: Browser, cast: Cast) -> None:
    chosen = moments(cast, "Ana Ruiz", "The Okafors")
    page = dana.post("/moments/several/later", {"ids": [m.pk for m in chosen]}, follow=True).content.decode()
    assert "2 things were put off." in page
    assert {row.name for row in today.today(cast.dana, NOW, UNTIL).due}.isdisjoint({"Ana Ruiz", "The Okafors"})
    dana.post(undo_of(page))
    overrides = Moment.objects.filter(pk__in=[m.pk for m in chosen]).values_list("override", flat=True)
    assert set(overrides) == {""}


def test_several_are_done_but_what_waits_for_a_yes_is_left_and_named(dana: Browser, cast: Cast) -> None:
    ana, ken = moments(cast, "Ana Ruiz", "Ken Ito")
    page = dana.post("/moments/several/done", {"ids": [ana.pk, ken.pk]}, follow=True).content.decode()
    assert "1 thing is done. Not for Ken Ito: Its message waits for a yes." in page
    ana.refresh_from_db()
    ken.refresh_from_db()
    assert (ana.state, ken.state) == ("done", "due")
    assert Interaction.objects.filter(client=cast.ana, kind="done", name=ana.touchpoint).exists()
    dana.post(undo_of(page))
    assert not Interaction.objects.filter(client=cast.ana, kind="done", name=ana.touchpoint).exists()


@pytest.mark.parametrize("ids", [[], ["nonsense"], [10**17]])
def test_nothing_selected_is_refused_in_words(dana: Browser, ids: list[object]) -> None:
    answer = dana.post("/moments/several/done", {"ids": ids}, headers={"HX-Request": "1"})
    assert "Select at least one thing first." in answer["HX-Trigger"]


def test_when_nothing_is_left_one_kindness_is_offered(lee: Browser, cast: Cast) -> None:
    Moment.objects.filter(state="due").delete()
    Client.objects.filter(pk=cast.mbeki.pk).update(last_contact_at=NOW - timedelta(days=40))
    page = lee.get("/today").content.decode()
    assert "If you like: J. Mbeki has not heard a word from you for 40 days." in page
    Journey.objects.filter(client=cast.mbeki).update(state="paused")
    assert "If you like" not in lee.get("/today").content.decode()
