"""Promises past their time, as rows of Today. Here, because promises live a floor above journeys."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from fondly.listen.promises.models import Promise
from fondly.people.team.models import User
from fondly.run.journeys.today import Row, owned
from fondly.run.journeys.today_words import PROMISE, human, span

SOON = timedelta(hours=2)
MOST = 50


def late_promises(user: User, now: datetime, everyone: bool) -> list[Row]:
    """Open promises that are late or due within two hours, the longest past first."""
    found = Promise.objects.filter(state=Promise.State.OPEN, due_at__lte=now + SOON, client__erased_at=None)
    found = found if everyone else found.filter(owned(user))
    rows = found.order_by("due_at", "id").values("id", "client_id", "what", "due_at", "said_by", name=F("client__name"))
    return [_row(dict(promise), now) for promise in rows[:MOST]]


def _row(promise: dict[str, Any], now: datetime) -> Row:
    late = promise["due_at"] <= now
    how = _("%(span)s late") if late else _("due in %(span)s")
    return Row(
        id=f"promise-{promise['id']}",
        client_id=promise["client_id"],
        name=promise["name"],
        what=f"{human(promise['what'])}, {how % {'span': span(abs(now - promise['due_at']))}}",
        why=_why(promise["said_by"]),
        kind="late" if late else "due",
        word=_("promise"),
        button=_("Put it right") if late else _("Keep it"),
        page="client-promise",
        page_id=promise["id"],
        order=_("A promise past its time comes first; the longest past is on top."),
        sort=(PROMISE, promise["due_at"].timestamp()),
        minutes=10,
    )


def _why(said_by: str) -> str:
    if said_by.casefold() in ("", "the playbook"):
        return _("Your playbook promises it. Say what happens next before they have to ask.")
    return _("%(who)s said so. Say what happens next before they have to ask.") % {"who": said_by}
