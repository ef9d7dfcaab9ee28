"""What the frame around every page shows: navigation with its badges, notices, theme."""

import time
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest
from django.urls import NoReverseMatch

from fondly.doors.web import quick
from fondly.ground import branches, clock
from fondly.ground.wording import gettext as _
from fondly.people.team import screens

BADGE_CAP = 99
ASKED_SECONDS, COUNTED_SECONDS = 15.0, 120.0
_badges: dict[tuple[int, str], tuple[float, int]] = {}  # (user, page) -> good until, count


@dataclass(frozen=True, slots=True)
class Link:
    key: str
    label: str
    href: str
    keys: str
    foot: bool
    here: bool
    badge: str  # "" or a number of things a person must do


class Place(NamedTuple):
    """One page or action of the command palette."""

    label: str
    href: str
    keys: str
    kind: str


@dataclass(frozen=True, slots=True)
class Notice:
    text: str
    level: str  # success, error, info
    undo: int | None  # the audit entry that can be undone


def nav(request: HttpRequest) -> list[Link]:
    """The pages this person may open, in order. A page whose room is not installed is left out."""
    known: list[Link] | None = getattr(request, "_nav", None)
    if known is None:
        counts = _counts(request.user)
        found = (_link(entry, request, counts.get(entry.key, 0)) for entry in screens.entries())
        known = request._nav = [link for link in found if link is not None]  # type: ignore[attr-defined]
    return known


def forget(user_id: int | None = None) -> None:
    """Count again: after this person did something; None: for everybody."""
    for key in list(_badges):
        if user_id in (None, key[0]):
            _badges.pop(key, None)


def _link(entry: screens.Entry, request: HttpRequest, count: int) -> Link | None:
    try:
        href = quick.url(entry.page)
    except NoReverseMatch:
        return None
    here = request.path == href or request.path.startswith((href.rstrip("/") + "/", *entry.also))
    badge = "" if not count else f"{BADGE_CAP}+" if count > BADGE_CAP else str(count)
    return Link(entry.key, str(entry.label), href, entry.keys, entry.foot, here, badge)


def _counts(user: Any) -> dict[str, int]:
    """The page itself may have counted (user.today_count); else numbers that are a few seconds old will do."""
    now, asked = time.monotonic(), {}
    badged = {entry.key: entry.badge for entry in screens.entries() if entry.badge}
    for key, waiting in badged.items():
        own = getattr(user, f"{key}_count", None)
        if own is not None:
            _badges[user.pk, key] = (now + COUNTED_SECONDS, own)
        elif now >= _badges.get((user.pk, key), (0.0, 0))[0]:
            asked[key] = branches.statement(waiting(user)[: BADGE_CAP + 1])
    for key, count in zip(asked, branches.counts(list(asked.values())) if asked else (), strict=True):
        _badges[user.pk, key] = (now + ASKED_SECONDS, count)
    return {key: _badges.get((user.pk, key), (0.0, 0))[1] for key in badged}


def notices(request: HttpRequest) -> list[Notice]:
    """What the last actions said; reading them removes them."""
    return [_notice(m) for m in messages.get_messages(request)]


def _notice(message: Any) -> Notice:
    undo = next((t[5:] for t in (message.extra_tags or "").split() if t.startswith("undo:")), "")
    return Notice(str(message), message.level_tag, int(undo) if undo.isdigit() else None)


def theme(request: HttpRequest) -> str:
    """light, dark or system (follows the device)."""
    chosen = getattr(getattr(request, "user", None), "theme", "system")
    return chosen if chosen in ("light", "dark") else "system"


def palette_places(request: HttpRequest) -> tuple[Place, ...]:
    """Pages and actions for the command palette; people are searched on the server."""
    pages = (Place(link.label, link.href, link.keys, _("Page")) for link in nav(request))
    return (*pages, *(place for place in map(_command, screens.commands()) if place))


def _command(command: screens.Command) -> Place | None:
    try:
        href = quick.url(command.page)
    except NoReverseMatch:
        return None
    return Place(str(command.label), href, command.keys, _("Action"))


def clock_note() -> str:
    """Said on every page while the clock of this install is moved."""
    return _("The clock is moved") if clock.is_moved() else ""
