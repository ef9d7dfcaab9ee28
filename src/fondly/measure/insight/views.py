"""What the metrics say, on screen."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from fondly.core.playbook.checks import AREA_TITLES
from fondly.design.playbooks import queries
from fondly.measure.insight import kept
from fondly.people.team.screens import signed_in

TOO_FEW = 10
_LIVED = {
    "start": gettext_lazy("still with us after 100 days"),
    "stages": gettext_lazy("what clients came with was solved"),
    "touchpoints": gettext_lazy("touchpoints done, and in time"),
    "wow": gettext_lazy("journeys that got the WOW"),
    "systems": gettext_lazy("what leaves by itself arrived"),
    "promises": gettext_lazy("promises kept"),
    "listening": gettext_lazy("we know how they felt in the last 90 days"),
    "team": gettext_lazy("touchpoints by hand, in time"),
}


@require_GET
@signed_in()
def in_practice(request: HttpRequest, playbook_id: int) -> HttpResponse:
    """The score in practice, as a part of the check's page or as a page of its own."""
    shown = queries.shown(playbook_id, writing=True)
    found = kept.in_practice(playbook_id, shown.playbook.name)
    overall, *areas = found.rows
    context = {
        "overall": overall,
        "areas": [(AREA_TITLES[row["area"]], _LIVED[row["area"]], row) for row in areas],
        "found": found,
        "too_few": TOO_FEW,
    }
    if request.headers.get("HX-Request"):
        return render(request, "insight/_in_practice.html", context)
    page = {"shown": shown, "p": shown.playbook, "version": shown.version, "book": shown.book, "tab": "check"}
    return render(request, "insight/in_practice.html", context | page)
