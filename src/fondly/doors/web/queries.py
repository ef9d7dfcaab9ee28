"""Reads for the door's own pages. One or two indexed queries each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Q
from django.urls import reverse

from fondly.core.words import heading, words_of
from fondly.design.playbooks.living import live_books
from fondly.ground import clock
from fondly.ground.models import AuditEntry, Errand
from fondly.ground.wording import gettext as _
from fondly.people.clients.identity import sort_key
from fondly.people.clients.models import Client
from fondly.people.team.models import User

PAGE = 50
UNDO_DAYS = 30
PALETTE_SIZE = 8


@dataclass(frozen=True, slots=True)
class Act:
    """One line of Activity."""

    id: int
    at: datetime
    actor: str
    summary: str
    client_id: int | None
    undoable: bool
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class ActivityPage:
    acts: list[Act]
    older: int | None  # the id to continue before, or None at the end


def activity(before: int | None = None, who: str = "") -> ActivityPage:
    """Fifty entries, newest first, before the entry `before`; only of `who` (a name) if given."""
    found = AuditEntry.objects.order_by("-id")
    if before:
        found = found.filter(pk__lt=before)
    if who:
        found = found.filter(actor_name=who)
    fields = ("id", "at", "actor_name", "summary", "client_id", "undo_action", "undone_at")
    rows = list(found.values_list(*fields)[: PAGE + 1])
    oldest = clock.now() - timedelta(days=UNDO_DAYS)
    acts = [Act(i, at, n, s, c, bool(u) and not d and at >= oldest, d) for i, at, n, s, c, u, d in rows[:PAGE]]
    return ActivityPage(acts, acts[-1].id if len(rows) > PAGE else None)


def errands_going_on() -> list[Errand]:
    """What takes longer and has not ended, oldest first."""
    return list(Errand.objects.filter(state__in=Errand.GOING_ON).defer("input", "cursor").order_by("pk")[:PAGE])


def actors() -> list[str]:
    """Whose activity can be shown."""
    return list(User.objects.filter(is_active=True).order_by("name").values_list("name", flat=True)[:200])


def touchpoints(text: str) -> list[dict[str, str]]:
    """Touchpoints of the live playbooks any of whose words begins so; each leads to its place in the playbook."""
    wanted = text.strip().casefold()
    if not wanted:
        return []
    found = (
        {"label": heading(t.name), "href": f"{reverse('playbook', args=[live.playbook_id])}#tp-{t.name}",
         "kind": _("Touchpoint")}
        for live in live_books() for t in live.book.touchpoints() if f" {wanted}" in f" {heading(t.name).casefold()}"
    )  # fmt: skip
    return list(islice(found, PALETTE_SIZE))


def people(text: str) -> list[dict[str, str]]:
    """Clients whose name begins with the text, or any of whose words does."""
    wanted = sort_key(text)
    if not wanted:
        return []
    match = Q(sort_name__startswith=wanted) | Q(sort_name__contains=f" {wanted}")
    living = Client.objects.filter(match, merged_into=None, erased_at=None).order_by("sort_name", "id")
    rows = living.values_list("id", "name", "persona")[:PALETTE_SIZE]
    return [
        {"label": name, "href": reverse("client", args=[pk]), "kind": words_of(persona)} for pk, name, persona in rows
    ]
