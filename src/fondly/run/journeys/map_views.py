"""The journey map: designed, lived, and the difference; and the clients behind each of its numbers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fondly.core.playbook.frames import TITLES
from fondly.core.words import words_of
from fondly.design.playbooks import library
from fondly.ground import clock
from fondly.ground.action import NotFound
from fondly.ground.wording import in_words
from fondly.people.team.screens import number, signed_in
from fondly.run.journeys import map_behind, map_page
from fondly.run.journeys.map_gaps import mean_words, share_words


@require_GET
@signed_in()
def map_view(request: HttpRequest) -> HttpResponse:
    asked = map_page.reading(request.GET)
    found = map_page.build(asked, clock.now())
    context = {
        "asked": asked,
        "map": found,
        "sentence": map_page.sentence(found) if found else "",
        "parts": _switches(asked, found),
        "share_words": share_words,
        "mean_words": mean_words,
        "behind": _behind_address(asked, found),
    }
    return render(request, "journeys/map.html", context)


@require_POST
@signed_in()
def count_again(request: HttpRequest) -> HttpResponse:
    """Count now, also where that takes a few seconds. Nothing but the kept counts changes."""
    asked = map_page.reading(request.POST)
    map_page.build(asked, clock.now(), anew=True)
    return redirect(f"/map?{asked.address()}")


@require_GET
@signed_in()
def behind(request: HttpRequest) -> HttpResponse:
    """Who is behind a number."""
    asked = map_page.reading(request.GET)
    values = request.GET
    if asked.playbook is None:
        raise NotFound(_("The address names no playbook. Come here by a number of the map."))
    found = map_behind.page(
        map_behind.Asked(
            asked.playbook, values.get("what", ""), values.get("stage", "")[:60], values.get("name", "")[:120],
            asked.persona, asked.since(clock.now()), number(values.get("before", "")),
        ),
        clock.now(),
    )  # fmt: skip
    if found is None:
        raise NotFound(_("There is no such number on the map."))
    rest = values.copy()
    rest.pop("before", None)
    live, stage = library.live(asked.playbook), values.get("stage", "")
    title = library.stage_title(live.pk, stage) if live and stage else ""
    context = {"page": found, "asked": asked, "stage": title, "name": values.get("name", ""),
               "what": values.get("what", ""), "address": rest.urlencode()}  # fmt: skip
    return render(request, "journeys/map_behind.html", context)


def _behind_address(asked: map_page.Asked, found: map_page.Map | None) -> str:
    return asked.address(view="", frame="", playbook=str(found.playbook.pk)) if found else ""


Part = tuple[str, str, list[tuple[str, str]], str]


def _switches(asked: map_page.Asked, found: map_page.Map | None) -> list[Part]:
    """The sentence filter: "all clients in the last year, by own stages"."""
    if found is None:
        return []
    books = map_page.playbooks()
    personas = [("", _("all clients")), *((name, words_of(name)) for name in found.book.personas)]
    periods = [("90", _("the last 90 days")), ("year", _("the last year")), ("all", _("all time"))]
    shown = [("", _("own stages")), *((name, in_words(title).lower()) for name, title in TITLES.items())]
    parts: list[Part] = [
        (_("Of"), "persona", personas, asked.persona),
        (_("in"), "period", periods, asked.period),
        (_("by"), "frame", shown, asked.frame),
    ]
    return [(_("In"), "playbook", books, str(found.playbook.pk)), *parts] if len(books) > 1 else parts
