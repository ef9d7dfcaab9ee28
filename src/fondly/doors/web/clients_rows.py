"""The rows of the Clients list as words, made in Python: a template would look each piece up fifty times."""

from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from fondly.doors.web import quick
from fondly.doors.web.clients_lines import Line
from fondly.doors.web.filters import money, near, span, step, words
from fondly.ground.wording import gettext as _


class Shown(NamedTuple):
    """One line; the template takes it apart in this order."""

    id: int
    href: str
    name: str
    select: str  # what the box says to those who do not see the row
    marks: tuple[str, ...]  # the tags, and that it is an example
    about: str  # stage, day, persona, value to date
    step: int | None  # the feeling rounded to its face
    recent: tuple[float, ...]  # the last five feelings
    next: str
    at: str
    talked: str


def shown(rows: list[Line], titles: dict[str, str], now: datetime) -> list[tuple[Shown, str]]:
    """Each row with who looks after the client ("" when nobody)."""
    local = now.astimezone(timezone.get_current_timezone())
    page = quick.url("client", 0).removesuffix("0")
    frames = page, _("Select %(name)s"), _("example"), _("%(ago)s ago"), _("since %(at)s")
    return [(_shown(row, titles, local, *frames), row.owner) for row in rows]


def _shown(
    row: Line, titles: dict[str, str], now: datetime, page: str, pick: str, example: str, ago: str, since: str
) -> Shown:
    at = near(row.next_at.astimezone(now.tzinfo), now.date()) if row.next_at else ""
    return Shown(
        row.id,
        f"{page}{row.id}",
        row.name,
        pick % {"name": row.name},
        (*row.tags, example) if row.is_demo else row.tags,
        _about(row, titles),
        None if row.feeling is None else step(row.feeling),
        tuple((row.recent or ())[-5:]),
        words(row.next_what),
        since % {"at": at} if row.next_at and row.next_at < now else at,
        ago % {"ago": span(abs(now - row.last_contact_at))} if row.last_contact_at else "",
    )


def _about(row: Line, titles: dict[str, str]) -> str:
    parts = [_("on no journey")]
    if row.stage:
        parts = [titles.get(row.stage) or words(row.stage), ", ", _("day %(day)s") % {"day": row.day}]
    if row.paused:
        parts += [", ", _("paused")]
    if row.persona:
        parts += [" · ", words(row.persona).lower()]
    if row.value_minor:
        parts += [" · ", money(row.value_minor, row.currency)]
    return "".join(parts)
