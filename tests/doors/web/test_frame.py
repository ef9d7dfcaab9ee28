"""Headers, redirects, navigation, palette, Activity, weights."""

import gzip
from pathlib import Path

import django_htmx
from django.test import Client as Browser
from django.test import RequestFactory

from fondly.doors.web import frame
from fondly.ground.models import AuditEntry
from tests.cast import Cast

STATIC = Path(frame.__file__).parent / "static"


def test_pages_are_closed_to_strangers(cast: Cast) -> None:
    for path in ("/today", "/clients", f"/c/{cast.priya.pk}", "/activity", "/palette?q=a"):
        answer = Browser().get(path)
        assert answer.status_code == 302 and answer["Location"].startswith("/sign-in")


def test_strict_policy_and_no_store(dana: Browser) -> None:
    answer = dana.get("/today")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert answer["Cache-Control"] == "no-store"
    page = answer.content.decode()
    assert "style=" not in page and "<script>" not in page and "onclick" not in page


def test_redirects_are_followed_by_htmx_as_whole_pages(dana: Browser, cast: Cast) -> None:
    answer = dana.post(f"/c/{cast.ken.pk}/note", {"text": "Hello"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/c/{cast.ken.pk}")


def test_next_never_leaves_this_host(dana: Browser, cast: Cast) -> None:
    answer = dana.post(f"/c/{cast.ken.pk}/note", {"text": "Hello", "next": "https://evil.example/"})
    assert answer["Location"] == f"/c/{cast.ken.pk}"


def test_navigation_marks_where_we_are_and_counts_what_to_do(cast: Cast) -> None:
    request = RequestFactory().get("/today")
    request.user = cast.dana
    links = {link.key: link for link in frame.nav(request)}
    assert links["today"].here and not links["clients"].here
    assert links["today"].badge == "3"


def test_palette_finds_people_by_any_word_of_their_name(dana: Browser, cast: Cast) -> None:
    found = dana.get("/palette?q=shah").json()["people"]
    assert [(p["label"], p["href"]) for p in found] == [("Priya Shah", f"/c/{cast.priya.pk}")]
    assert dana.get("/palette?q=").json() == {"people": [], "touchpoints": []}


def test_palette_finds_touchpoints_by_any_of_their_words(dana: Browser, cast: Cast) -> None:
    found = dana.get("/palette?q=map").json()["touchpoints"]
    assert found == [
        {"label": "Street map", "href": f"/playbook/{cast.playbook.pk}#tp-street_map", "kind": "Touchpoint"}
    ]


def test_activity_lists_and_undoes_once(dana: Browser, cast: Cast) -> None:
    dana.post(f"/c/{cast.ken.pk}/note", {"text": "A mistake"})
    entry = AuditEntry.objects.latest("id")
    assert "Noted something about Ken Ito" in dana.get("/activity").content.decode()
    dana.post(f"/activity/{entry.pk}/undo")
    assert not cast.ken.interactions.filter(kind="note").exists()
    again = dana.post(f"/activity/{entry.pk}/undo", headers={"Referer": "http://testserver/activity"}, follow=True)
    assert "undone already" in again.content.decode()


def test_unknown_pages_say_so_in_words(dana: Browser) -> None:
    answer = dana.get("/nowhere")
    assert answer.status_code == 404 and "Not found" in answer.content.decode()


def test_weights_hold_the_budget() -> None:
    """CSS at most 15 KB; first visit (fonts, htmx, CSS, our script) at most 180 KB, as sent."""
    css = sum(len(gzip.compress(path.read_bytes())) for path in (STATIC / "web").glob("*.css"))
    assert css <= 15 * 1024
    htmx = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
    scripts = sum(len(gzip.compress(path.read_bytes())) for path in (htmx, STATIC / "web" / "fondly.js"))
    fonts = sum(path.stat().st_size for path in (STATIC / "fonts").glob("*.woff2"))
    assert css + scripts + fonts + 12 * 1024 <= 180 * 1024
