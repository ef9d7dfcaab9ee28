"""The Clients list and the Client page: filters, keys, acts, words."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client as Browser

from fondly.design.playbooks import library, publishing
from fondly.design.playbooks.models import PlaybookVersion
from fondly.doors.web import books, client_page, clients_board, clients_list
from fondly.ground import clock
from fondly.ground.models import AuditEntry
from fondly.listen.promises.models import Promise
from fondly.people.clients.models import Address, Client, Consent, Interaction, SavedView
from fondly.run.journeys.models import Journey, Moment
from tests.cast import NOW, Cast


def names(**wanted: str) -> list[str]:
    return [row.name for row in clients_list.page(clients_list.reading(wanted), NOW).rows]


def test_everyone_by_name(cast: Cast) -> None:
    assert names() == ["Ana Ruiz", "J. Mbeki", "Ken Ito", "Priya Shah", "The Okafors", "Tom Weld"]


def test_filters_read_as_a_sentence(cast: Cast) -> None:
    assert names(stage="selling") == ["Priya Shah", "Tom Weld"]
    assert names(feeling="low") == ["Tom Weld"]
    assert names(owner=str(cast.lee.pk)) == ["J. Mbeki"]
    assert names(persona="downsizers") == ["Ken Ito", "Tom Weld"]
    assert names(stage="-") == []
    assert names(stage="selling", feeling="low", owner=str(cast.dana.pk)) == ["Tom Weld"]


def test_search_finds_by_name_and_phone(cast: Cast) -> None:
    assert names(q="okaf") == ["The Okafors"]
    assert names(q="+14155550105") == ["Ken Ito"]


@pytest.mark.parametrize("order", clients_list.ORDERS)
def test_pages_by_key_hold_everybody_once(cast: Cast, monkeypatch: pytest.MonkeyPatch, order: str) -> None:
    monkeypatch.setattr(clients_list, "PAGE", 2)
    seen: list[str] = []
    after = ""
    for _n in range(5):
        page = clients_list.page(clients_list.reading({"order": order, "after": after}), NOW)
        seen += [row.name for row in page.rows]
        after = page.after
        if not after:
            break
    everybody = Client.objects.exclude(feeling=None).count() if order == "feeling" else 6
    assert len(seen) == len(set(seen)) == everybody


def test_silence_puts_never_talked_first(cast: Cast) -> None:
    assert names(order="silence")[:3] == ["Ken Ito", "J. Mbeki", "Ana Ruiz"]


def test_list_asks_at_most_eight_questions(dana: Browser, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    dana.get("/clients")
    with django_assert_max_num_queries(8):
        assert dana.get("/clients").status_code == 200


def test_bulk_preview_changes_nothing_then_gives_and_can_be_undone(dana: Browser, cast: Cast) -> None:
    ids = [cast.priya.pk, cast.tom.pk]
    page = dana.post("/clients/bulk", {"verb": "assign", "ids": ids}).content.decode()
    assert "Priya Shah, Tom Weld" in page
    assert Client.objects.filter(owner=cast.lee).count() == 1
    done = dana.post(
        "/clients/bulk/do", {"verb": "assign", "ids": ids, "owner": cast.lee.pk}, follow=True
    ).content.decode()
    assert Client.objects.filter(owner=cast.lee).count() == 3
    undo = done.split('action="/activity/')[1].split("/undo")[0]
    dana.post(f"/activity/{undo}/undo")
    assert Client.objects.filter(owner=cast.lee).count() == 1


def test_bulk_says_who_is_left_out_and_why(dana: Browser, cast: Cast) -> None:
    page = dana.post("/clients/bulk", {"verb": "start", "ids": [cast.priya.pk]}).content.decode()
    assert "1 left out" in page and "already on a journey" in page


def test_bulk_all_that_match(dana: Browser, cast: Cast) -> None:
    page = dana.post("/clients/bulk", {"verb": "assign", "all_matching": "1", "back": "stage=selling"}).content.decode()
    assert "This is about 2 clients" in page


def test_a_touchpoint_is_chosen_looked_at_and_started_for_those_who_may(dana: Browser, cast: Cast) -> None:
    everyone = {"verb": "touchpoint", "all_matching": "1", "back": ""}
    choosing = dana.post("/clients/bulk", everyone).content.decode()
    touchpoint = f"{cast.playbook.pk}:thank_you"
    assert f'value="{touchpoint}"' in choosing and "This is about 6 clients" in choosing
    Journey.objects.filter(client=cast.ken).update(state="paused")
    Address.objects.filter(client=cast.tom).delete()
    seen = dana.post("/clients/bulk", everyone | {"touchpoint": touchpoint}).content.decode()
    assert "Start “Thank you”: 4 clients" in seen
    assert "1: their journey is paused" in seen and "Tom Weld (no postal address is known)" in seen
    ids = Client.objects.values_list("pk", flat=True)
    form = {"verb": "touchpoint", "ids": list(ids), "touchpoint": touchpoint, "key": "k", "why": "a good year"}
    for _n in range(2):  # sent twice, it is started once
        done = dana.post("/clients/bulk/do", form, follow=True).content.decode()
        assert Moment.objects.filter(key__startswith="extra:", override_why="a good year").count() == 4
    assert "for 0 clients" in done
    again = dana.post("/clients/bulk", everyone | {"touchpoint": touchpoint}).content.decode()
    assert "4: is getting it already" in again and "Nobody is left" in again


def test_a_touchpoint_is_started_from_the_page_of_one_client(dana: Browser, cast: Cast) -> None:
    form = {"verb": "touchpoint", "ids": [cast.tom.pk], "client": cast.tom.pk}
    assert f'href="/c/{cast.tom.pk}"' in dana.post("/clients/bulk", form).content.decode()
    done = dana.post("/clients/bulk/do", form | {"touchpoint": f"{cast.playbook.pk}:thank_you"})
    assert done["Location"] == f"/c/{cast.tom.pk}"
    assert Moment.objects.filter(client=cast.tom, key__startswith="extra:").count() == 1


def test_a_tag_for_all_that_match_is_in_the_sentence_on_rows_and_on_the_page(
    dana: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = {"verb": "tag", "all_matching": "1", "back": "stage=selling"}
    assert 'name="tag"' in dana.post("/clients/bulk", everyone).content.decode()
    dana.post("/clients/bulk/do", everyone | {"tag": "Christmas card"})
    assert names(tag="Christmas card") == names(stage="selling") == ["Priya Shah", "Tom Weld"]
    assert names(tag="Christmas card", feeling="low") == ["Tom Weld"]
    assert names(tag="golf") == []
    for path in ("/clients", "/clients?layout=stages", f"/c/{cast.tom.pk}"):
        assert ">Christmas card</" in dana.get(path).content.decode(), path
    monkeypatch.setattr(clients_list, "RARE", 1)
    assert names(tag="Christmas card") == ["Priya Shah", "Tom Weld"]
    dana.post("/clients/bulk/do", {"verb": "tag", "ids": [cast.tom.pk], "tag": "christmas card", "off": "1"})
    assert names(tag="Christmas card") == ["Priya Shah"]


def test_a_tag_is_put_on_and_taken_off_on_the_client_page(dana: Browser, cast: Cast) -> None:
    dana.post(f"/c/{cast.tom.pk}/tags", {"name": "golf"})
    assert names(tag="golf") == ["Tom Weld"]
    assert 'name="off" value="golf"' in dana.get(f"/c/{cast.tom.pk}/tags").content.decode()
    dana.post(f"/c/{cast.tom.pk}/tags", {"off": "golf"})
    assert names(tag="golf") == []


def test_bulk_without_anybody_is_refused_in_words(dana: Browser) -> None:
    page = dana.post("/clients/bulk", {"verb": "assign"}, headers={"Referer": "http://testserver/clients"}, follow=True)
    assert "Select at least one client first." in page.content.decode()


def test_client_page_asks_at_most_eight_questions(dana: Browser, cast: Cast, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    dana.get(f"/c/{cast.priya.pk}")
    with django_assert_max_num_queries(8):
        page = dana.get(f"/c/{cast.priya.pk}").content.decode()
    for words in ("Priya Shah", "On the market", "day 42 of about 75 days", "Nobody told us they were coming.",
                  "Every day: one evening without strangers", "+14155550101", "Marketing"):  # fmt: skip
        assert words in page


def test_timeline_pages_by_key_and_filters_by_kind(cast: Cast) -> None:
    items, _more = client_page.timeline(cast.priya.pk, "talks")
    assert [item.kind for item in items] == ["call"]
    Interaction.objects.bulk_create(
        Interaction(client=cast.ken, at=NOW - timedelta(minutes=n // 3), recorded_at=NOW, kind="note", text=str(n))
        for n in range(100)
    )
    seen, older = [], ""
    for _n in range(4):
        items, older = client_page.timeline(cast.ken.pk, "", older)
        seen += [item.text for item in items]
        if not older:
            break
    assert len(seen) == len(set(seen)) == 100


def test_where_they_stand_is_two_sentences_of_theirs_that_felt_different(cast: Cast) -> None:
    Client.objects.filter(pk=cast.priya.pk).update(values={})
    Interaction.objects.filter(client=cast.priya).delete()
    for days, feeling, text in ((1, 0, "Thanks."), (2, 0, "Got it."), (3, -1, "Nobody told us."), (4, 2, "Lovely.")):
        at = NOW - timedelta(days=days)
        Interaction.objects.create(client=cast.priya, kind="replied", at=at, recorded_at=at, text=text, feeling=feeling)
    stands = client_page.load(cast.priya.pk, NOW).stands
    assert [sentence for sentence, _from, _at in stands] == ["“Thanks.”", "“Nobody told us.”"]


def test_edit_in_place_by_form_and_by_htmx(dana: Browser, cast: Cast) -> None:
    address = f"/c/{cast.priya.pk}/edit"
    assert dana.post(address, {"what": "change", "name": "memory", "value": "Likes tulips"}).status_code == 302
    fragment = dana.post(
        address, {"what": "value", "name": "the_move", "value": "a garden by May"}, headers={"HX-Request": "1"}
    )
    assert "saved" in fragment.content.decode()
    cast.priya.refresh_from_db()
    assert (cast.priya.memory, cast.priya.values["the_move"]) == ("Likes tulips", "a garden by May")


def test_edit_of_what_somebody_else_changed_is_refused(dana: Browser, cast: Cast) -> None:
    form = {"what": "change", "name": "memory", "value": "mine", "was": "something older"}
    answer = dana.post(f"/c/{cast.priya.pk}/edit", form, headers={"HX-Request": "1"})
    assert "fondly:refused" in answer["HX-Trigger"]


def test_note_with_a_face(dana: Browser, cast: Cast) -> None:
    dana.post(f"/c/{cast.ken.pk}/note", {"text": "Worried about the roof", "feeling": "-1"})
    fact = Interaction.objects.filter(client=cast.ken, kind="note").get()
    assert (fact.feeling, fact.judged_by, fact.is_contact) == (-1, "person", False)


def test_guess_is_corrected_in_one_click(dana: Browser, cast: Cast) -> None:
    guess = Interaction.objects.get(client=cast.priya, judged_by="guess")
    dana.post(f"/c/{cast.priya.pk}/judge/{guess.pk}", {"feeling": "-2"})
    cast.priya.refresh_from_db()
    assert cast.priya.recent_feelings[-1] == -2


def test_consent_is_added_never_changed(dana: Browser, cast: Cast) -> None:
    form = {"state": "given", "purpose": "marketing", "channel": "email", "source": "by phone"}
    dana.post(f"/c/{cast.priya.pk}/consent", form)
    assert list(Consent.objects.filter(client=cast.priya).order_by("at").values_list("state", flat=True)) == [
        "withdrawn",
        "given",
    ]


def test_add_a_client_and_take_it_back(dana: Browser) -> None:
    page = dana.post("/clients/new", {"name": "Rosa Bell", "kind": "person", "email": "rosa@example.com"}, follow=True)
    assert "Rosa Bell" in page.content.decode()
    undo = page.content.decode().split('action="/activity/')[1].split("/undo")[0]
    dana.post(f"/activity/{undo}/undo")
    assert not Client.objects.filter(name="Rosa Bell").exists()


def test_a_bad_address_is_refused_in_words(dana: Browser) -> None:
    answer = dana.post("/clients/new", {"name": "Rosa", "email": "not an address"}, headers={"HX-Request": "1"})
    assert "is not an e-mail address" in answer["HX-Trigger"].encode().decode("unicode-escape", "replace")


def test_journey_forms_and_acts(dana: Browser, cast: Cast) -> None:
    here = f"/c/{cast.tom.pk}/journey"
    journey = Journey.objects.get(client=cast.tom)
    for form in ("move", "pause", "leave", "start", "owner"):
        assert dana.get(f"{here}/{form}").status_code == 200
    dana.post(f"{here}/pause/do", {"journeys": [journey.pk], "until": "2026-01-05T09:00", "why": "bereavement"})
    journey.refresh_from_db()
    assert (journey.state, journey.paused_why) == ("paused", "bereavement")
    assert "bereavement" in dana.get(f"/c/{cast.tom.pk}").content.decode()
    dana.post(f"{here}/resume/do", {"journey": journey.pk})
    dana.post(f"{here}/move/do", {"journey": journey.pk, "stage": "closing", "why": "sold"})
    journey.refresh_from_db()
    assert (journey.state, journey.stage) == ("active", "closing")
    dana.post(f"{here}/leave/do", {"journey": journey.pk, "reason": "cancelled", "note": "Stays where he is"})
    journey.refresh_from_db()
    assert (journey.state, journey.exit_reason) == ("exited", "cancelled")


def test_promise_is_kept_from_its_sheet(dana: Browser, cast: Cast) -> None:
    promise = Promise.objects.get(client=cast.priya, state="open")
    amends, due_at = b"Offer something to put it right", promise.due_at
    assert due_at is not None
    for at, is_late in ((due_at - timedelta(minutes=1), False), (due_at + timedelta(minutes=1), True)):
        with clock.at(at):
            assert (amends in dana.get(f"/promises/{promise.pk}").content) == is_late
    dana.post(f"/promises/{promise.pk}/keep", {"revision": promise.revision, "note": "Sent by hand"})
    promise.refresh_from_db()
    assert promise.state == "kept"


def test_merge_look_and_do(dana: Browser, cast: Cast) -> None:
    page = dana.get(f"/c/{cast.priya.pk}/merge?other={cast.ken.pk}").content.decode()
    assert "Merge Ken Ito into this record" in page
    dana.post(f"/c/{cast.priya.pk}/merge", {"absorbed_id": cast.ken.pk})
    assert dana.get(f"/c/{cast.ken.pk}").headers["Location"] == f"/c/{cast.priya.pk}"


def test_export_is_a_file_and_erase_needs_sureness(dana: Browser, cast: Cast) -> None:
    file = dana.get(f"/c/{cast.ken.pk}/export")
    assert "attachment" in file["Content-Disposition"] and b"Ken Ito" in file.content
    dana.post(f"/c/{cast.ken.pk}/erase", {})
    assert Client.objects.get(pk=cast.ken.pk).erased_at is None
    dana.post(f"/c/{cast.ken.pk}/erase", {"sure": "yes", "suppress": "yes"})
    assert dana.get(f"/c/{cast.ken.pk}").status_code == 404


def test_people_are_added_and_removed(dana: Browser, cast: Cast) -> None:
    here = f"/c/{cast.ken.pk}/people"
    dana.post(here, {"verb": "add_contact", "name": "Mika Ito", "relation": "partner", "email": "mika@example.com"})
    assert "Mika Ito" in dana.get(here).content.decode()
    dana.post(here, {"verb": "erase_everything"})
    assert Client.objects.filter(pk=cast.ken.pk).exists()


def test_a_hostile_name_is_shown_as_text(dana: Browser, cast: Cast) -> None:
    Client.objects.filter(pk=cast.ken.pk).update(
        name="<script>alert(1)</script>", memory='"><img src=x onerror=alert(1)>'
    )
    for path in ("/clients", f"/c/{cast.ken.pk}", "/today"):
        page = dana.get(path).content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page


def test_read_only_people_are_told_why_not(lee: Browser, cast: Cast) -> None:
    cast.lee.roles.clear()
    answer = lee.post(f"/c/{cast.ken.pk}/note", {"text": "x"}, headers={"HX-Request": "1"})
    assert "may not do this" in answer["HX-Trigger"]


@pytest.mark.django_db(transaction=True)
def test_a_published_stage_is_in_the_sentence_at_once(cast):
    assert "wave" not in dict(books.stage_options())
    version = PlaybookVersion.objects.get(state="live")
    text = version.text.replace("\nstages:\n", "\nstages:\n  wave: {phase: new, title: Waving, ends: never}\n", 1)
    with transaction.atomic():
        draft = PlaybookVersion.objects.create(
            playbook=version.playbook, number=version.number + 1, text=text, content_hash=library.hash_of(text),
            state="draft", by="Dana", made_at=NOW,
        )  # fmt: skip
        publishing.make_live(draft, NOW)
    assert dict(books.stage_options())["wave"] == "Waving"


def columns(**wanted: str) -> dict[str, list[str]]:
    found = clients_board.board(clients_list.reading(wanted), NOW)
    return {column.title: [card.name for card in column.cards] for column in found}


def test_board_by_stage_has_a_column_for_each(dana: Browser, cast: Cast) -> None:
    board = columns(layout="stages")
    assert list(board) == [title for _name, title in books.stage_options()]
    assert board["On the market"] == ["Priya Shah", "Tom Weld"]
    assert columns(layout="stages", feeling="low")["On the market"] == ["Tom Weld"]
    assert columns(layout="stages", q="tom")["On the market"] == ["Tom Weld"]
    assert columns(layout="stages", stage="-") == {}
    assert list(columns(layout="stages", stage="selling")) == ["On the market"]
    assert "Priya Shah" in dana.get("/clients?layout=stages").content.decode()


def test_board_shows_some_counts_more_and_leads_to_all(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients_board, "CARDS", 1)
    found = clients_board.board(clients_list.reading({"layout": "stages", "stage": "selling"}), NOW)[0]
    assert ([card.name for card in found.cards], found.count, found.href) == (["Priya Shah"], 2, "?stage=selling")


def test_map_of_silence_begins_with_those_who_never_heard_from_us(cast: Cast) -> None:
    Client.objects.filter(pk=cast.tom.pk).update(last_contact_at=NOW - timedelta(days=200))
    Client.objects.filter(pk=cast.ana.pk).update(last_contact_at=NOW - timedelta(days=90))
    board = columns(layout="silence")
    assert list(board) == [
        "Never",
        "More than 180 days ago",
        "90 to 180 days ago",
        "30 to 90 days ago",
        "Within 30 days",
    ]
    assert (board["Never"], board["More than 180 days ago"], board["30 to 90 days ago"]) == (
        ["Ken Ito", "J. Mbeki"], ["Tom Weld"], ["Ana Ruiz"],
    )  # fmt: skip
    everybody = [name for cards in board.values() for name in cards]
    assert len(everybody) == len(set(everybody)) == 6
    assert names(silence="longer") == ["Tom Weld"]


def test_boards_ask_at_most_eight_questions(dana: Browser, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for layout in ("stages", "silence"):
        dana.get(f"/clients?layout={layout}")
        with django_assert_max_num_queries(8):
            dana.get(f"/clients?layout={layout}")


def test_how_many_match_is_counted_apart_and_not_to_the_end(dana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert dana.get("/clients/count?stage=selling").content == b"(2)"
    assert dana.get("/clients/count?q=okaf").content == b"(1)"
    monkeypatch.setattr(clients_list, "MATCH_MOST", 3)
    assert dana.get("/clients/count").content == b"(the first 3)"


def test_the_list_as_csv_keeps_to_the_sentence_and_to_those_who_may(dana: Browser, lee: Browser, cast: Cast) -> None:
    Client.objects.filter(pk=cast.tom.pk).update(name="=cmd|' /C calc'!A0")
    answer = dana.post("/clients/take-out", {"all_matching": "1", "back": "stage=selling"})
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[0].startswith("Client ID,Name,Email,Phone,Stage")
    assert lines[1].split(",")[1:5] == ["Priya Shah", "priya@example.com", "+14155550101", "selling"]
    assert "'=cmd" in lines[2] and len(lines) == 3
    chosen = b"".join(dana.post("/clients/take-out", {"ids": [cast.ken.pk]}).streaming_content)  # type: ignore[attr-defined]
    assert b"Ken Ito" in chosen and b"Priya" not in chosen
    assert lee.post("/clients/take-out", {"all_matching": "1"}).status_code == 302  # with the reason as a notice


def test_activity_says_who_took_how_many_clients_out(dana: Browser, lee: Browser, cast: Cast) -> None:
    lee.post("/clients/take-out", {"all_matching": "1", "back": "stage=selling"})
    dana.post("/clients/take-out", {"all_matching": "1", "back": "stage=selling"})
    noted = AuditEntry.objects.filter(action="clients.note_export").values_list("actor_name", "summary")
    assert list(noted) == [("Dana Reyes", "Took 2 clients out as a file")]


def test_a_view_is_saved_shown_and_removed_each_with_undo(dana: Browser, cast: Cast) -> None:
    form = {"name": "Uneasy sellers", "address": "stage=selling&feeling=low"}
    page = dana.post("/clients/views", form, follow=True).content.decode()
    assert '<a href="/clients?stage=selling&amp;feeling=low" aria-current="true">Uneasy sellers</a>' in page
    view = SavedView.objects.get()
    assert view.owner_id == cast.dana.pk
    gone = dana.post(f"/clients/views/{view.pk}/remove", follow=True).content.decode()
    assert not SavedView.objects.exists()
    undo = gone.split('action="/activity/')[1].split("/undo")[0]
    dana.post(f"/activity/{undo}/undo")
    assert SavedView.objects.get().name == "Uneasy sellers"


def test_undo_of_a_view_saved_again_brings_back_what_it_showed(dana: Browser, cast: Cast) -> None:
    dana.post("/clients/views", {"name": "Uneasy", "address": "feeling=low"})
    dana.post("/clients/views", {"name": "Uneasy", "address": "stage=selling"})
    dana.post(f"/activity/{AuditEntry.objects.latest('pk').pk}/undo")
    assert list(SavedView.objects.values_list("name", "address")) == [("Uneasy", "feeling=low")]


def test_ones_own_view_is_ones_own_and_the_teams_is_everybodys(dana: Browser, lee: Browser, cast: Cast) -> None:
    dana.post("/clients/views", {"name": "Mine", "address": "feeling=low"})
    dana.post("/clients/views", {"name": "Ours", "address": "stage=selling", "for_team": "1"})
    page = lee.get("/clients").content.decode()
    assert "Ours</a>" in page and "Mine</a>" not in page
    lee.post(f"/clients/views/{SavedView.objects.get(name='Mine').pk}/remove")
    assert SavedView.objects.filter(name="Mine").exists()
    cast.lee.roles.clear()
    lee.post("/clients/views", {"name": "Theirs", "address": "stage=selling", "for_team": "1"})
    assert not SavedView.objects.filter(name="Theirs").exists()


@pytest.mark.parametrize("form", [{"name": "", "address": "stage=selling"}, {"name": "Everybody", "address": ""}])
def test_a_view_without_name_or_sentence_is_refused(dana: Browser, form: dict[str, str]) -> None:
    dana.post("/clients/views", form)
    assert not SavedView.objects.exists()


def test_value_to_date_stands_with_the_name(dana: Browser, cast: Cast) -> None:
    Client.objects.filter(pk=cast.ken.pk).update(value_minor=125000, currency="USD")
    assert "$1,250" in dana.get("/clients").content.decode()
