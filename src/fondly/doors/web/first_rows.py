"""What comes first on Today from the rooms above journeys: promises past their time, offers that wait for a yes."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, CharField, F, QuerySet, Value
from django.utils.translation import gettext as _

from fondly.core.words import heading
from fondly.doors.web.filters import money
from fondly.listen.promises.models import Promise
from fondly.people.team.models import User
from fondly.run.journeys.today import Row, owned
from fondly.run.journeys.today_words import OFFER, PROMISE, span
from fondly.run.offers import authority
from fondly.run.offers.models import Offer

SOON = timedelta(hours=2)
MOST = 50  # of each: neither crowds the other out
_TEXT, _NUMBER = CharField(), BigIntegerField()


class Waiting(NamedTuple):
    """A promise or an offer. at: due, or asked; who: said it, or asked; offer "-" for promises."""

    id: int
    client_id: int
    name: str
    what: str
    at: datetime
    who: str
    offer: str
    why: str
    cost_minor: int
    currency: str


def first_rows(user: User, now: datetime, everyone: bool) -> list[Row]:
    """Open promises late or due within two hours, the longest past first; offers this user may decide. One query."""
    both: Any = _promises(user, now, everyone).union(_offers(), all=True)
    rows = [Waiting(*values) for values in both.order_by("at", "id")]
    asked = [row for row in rows if row.offer != "-"]
    if asked and not everyone:
        asked = _decidable(user, asked)
    return [_promise(row, now) for row in rows if row.offer == "-"] + [_offer(row) for row in asked]


def _promises(user: User, now: datetime, everyone: bool) -> "QuerySet[Promise, tuple[object, ...]]":
    found = Promise.objects.filter(state=Promise.State.OPEN, due_at__lte=now + SOON, client__erased_at=None)
    found = found if everyone else found.filter(owned(user))
    blank, none = Value("", _TEXT), Value(0, _NUMBER)
    return found.filter(pk__in=found.order_by("due_at", "id").values("pk")[:MOST]).annotate(
        name=F("client__name"), at=F("due_at"), who=F("said_by"), offer=Value("-", _TEXT), why=blank, cost_minor=none,
        currency=blank,
    ).values_list(*Waiting._fields)  # fmt: skip


def _offers() -> "QuerySet[Offer, tuple[object, ...]]":
    waiting = Offer.objects.filter(state=Offer.State.WAITING)
    oldest = waiting.filter(pk__in=waiting.order_by("asked_at", "id").values("pk")[:MOST])
    named = oldest.annotate(at=F("asked_at"), who=F("asked_by_name"), offer=F("name"), client_name=F("client__name"))
    return named.values_list(*("client_name" if name == "name" else name for name in Waiting._fields))


def _decidable(user: User, asked: list[Waiting]) -> list[Waiting]:
    mine, written = authority.of_user(user), authority.written()
    return [row for row in asked if mine.covers(written.get(row.offer), row.cost_minor)]


def _promise(promise: Waiting, now: datetime) -> Row:
    late = promise.at <= now
    how = _("%(span)s late") if late else _("due in %(span)s")
    return Row(
        id=f"promise-{promise.id}",
        client_id=promise.client_id,
        name=promise.name,
        what=f"{heading(promise.what)}, {how % {'span': span(abs(now - promise.at))}}",
        why=_why(promise.who),
        kind="late" if late else "due",
        word=_("promise"),
        button=_("Put it right") if late else _("Keep it"),
        page="client-promise",
        page_id=promise.id,
        order=_("A promise past its time comes first; the longest past is on top."),
        sort=(PROMISE, promise.at.timestamp()),
        minutes=10,
    )


def _offer(offer: Waiting) -> Row:
    cost = money(offer.cost_minor, offer.currency) if offer.cost_minor else _("costs nothing")
    return Row(
        id=f"offer-{offer.id}",
        client_id=offer.client_id,
        name=offer.name,
        what=_("%(who)s would offer: %(what)s (%(cost)s)") % {"who": offer.who, "what": offer.what, "cost": cost},
        said=offer.why,
        why=_("It is beyond what they may give themselves."),
        kind="warn",
        word=_("your yes"),
        button=_("Decide"),
        page="offer",
        page_id=offer.id,
        order=_("A yes somebody waits for comes after promises and unhappy clients."),
        sort=(OFFER, offer.at.timestamp()),
        minutes=2,
    )


def _why(said_by: str) -> str:
    if said_by.casefold() in ("", "the playbook"):
        return _("Your playbook promises it. Say what happens next before they have to ask.")
    return _("%(who)s said so. Say what happens next before they have to ask.") % {"who": said_by}
