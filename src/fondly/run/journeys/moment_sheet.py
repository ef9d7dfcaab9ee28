"""Everything a person needs to do one moment: the reason, the checklist, the words, where to call or send."""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import F
from django.urls import reverse

from fondly.core.playbook.model import Playbook, Touchpoint
from fondly.core.playbook.reading import PlaybookError
from fondly.core.words import heading
from fondly.design.playbooks import library
from fondly.ground.action import NotFound, Refused
from fondly.ground.wording import gettext as _
from fondly.people.clients.models import Address, EmailAddress, Phone
from fondly.run.journeys import papers, today_words
from fondly.run.journeys.models import Moment
from fondly.run.outbox.models import Message

OPEN = (Moment.State.DUE, Moment.State.PLANNED, Moment.State.FAILED)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the sheet of a moment shows."""

    moment: Moment
    what: str
    why: str
    about: str
    checklist: tuple[str, ...]
    words: str  # the script or text to use, with the client's values
    words_missing: str  # why the words cannot be written yet
    steps_done: frozenset[str]
    phones: list[str]
    emails: list[str]
    addresses: list[str]  # as they are written on an envelope
    message: Message | None  # waits for approval
    papers: list[tuple[str, str]]  # what can be printed: (words, address of the PDF)
    is_open: bool


def sheet(moment_id: int, now: datetime) -> Sheet:
    """Raises NotFound."""
    moment = _moment(moment_id)
    book, touchpoint = _written(moment)
    words, missing = _words(moment, book)
    fields = {name: getattr(moment, name) for name in today_words.MOMENT_FIELDS}
    return Sheet(
        moment=moment,
        what=heading(moment.touchpoint),
        why=today_words.moment_why({**fields, "name": moment.client.name}),
        about=touchpoint.about if touchpoint else "",
        checklist=_checklist(book, touchpoint),
        words=words,
        words_missing=missing,
        steps_done=frozenset(moment.ticked),
        phones=list(_phones(moment.client_id)),
        emails=list(_emails(moment.client_id)),
        addresses=_addresses(moment, book),
        message=moment.messages.filter(state=Message.State.APPROVAL).first(),
        papers=_papers(moment, words),
        is_open=moment.state in OPEN,
    )


def revision(moment_id: int) -> int:
    """The moment's revision now, for a button that knows none. Raises NotFound."""
    found = Moment.objects.filter(pk=moment_id).values_list("revision", flat=True).first()
    if found is None:
        raise NotFound(_("There is no such moment (any more)."))
    return found


def next_up(now: datetime) -> dict[str, Any] | None:
    """The next planned thing a person must do: for the empty Today."""
    soon = Moment.objects.filter(state=Moment.State.PLANNED, mode="by_hand", at__gte=now).order_by("at", "id")
    found = soon.values("id", "client_id", "touchpoint", "at", name=F("client__name")).first()
    return dict(found) if found else None


def minor(text: str) -> int | None:
    """Money as typed ("12.50") in minor units of a two-digit currency; None for "". Raises Refused."""
    if not text.strip():
        return None
    try:
        amount = Decimal(text.strip().replace(",", "."))
    except InvalidOperation as problem:
        raise Refused(
            _("“%(text)s” is not an amount. Write it like 12.50.") % {"text": text[:30]}, field="cost"
        ) from problem
    return int((amount * 100).to_integral_value())


def _moment(moment_id: int) -> Moment:
    moment = Moment.objects.select_related("client", "journey", "assignee").filter(pk=moment_id).first()
    if moment is None:
        raise NotFound(_("There is no such moment (any more)."))
    return moment


def _written(moment: Moment) -> tuple[Playbook | None, Touchpoint | None]:
    with contextlib.suppress(PlaybookError):
        book = library.parsed(moment.journey.version_id)
        return book, book.touchpoint(moment.touchpoint)
    return None, None


def _checklist(book: Playbook | None, touchpoint: Touchpoint | None) -> tuple[str, ...]:
    return tuple(book.checklists.get(touchpoint.checklist, ())) if book and touchpoint else ()


def _words(moment: Moment, book: Playbook | None) -> tuple[str, str]:
    """The text of the playbook filled in for this client; or "" and the reason why not."""
    if book is None or moment.mode != "by_hand":
        return "", ""
    try:
        return papers.text_of(moment, book), ""
    except Refused as refusal:
        return "", refusal.message


def _papers(moment: Moment, words: str) -> list[tuple[str, str]]:
    """A card and a letter hold the text, so they need one; an envelope needs only the address."""
    if moment.channel not in today_words.POSTED:
        return []
    forms = [("card", _("Print the card")), ("letter", _("Print a letter"))] if words else []
    forms.append(("envelope", _("Print the envelope")))
    return [(label, reverse("moment-card", args=[moment.pk, form])) for form, label in forms]


def _addresses(moment: Moment, book: Playbook | None) -> list[str]:
    found = Address.objects.filter(client=moment.client_id).order_by("id")
    return [papers.address_block(moment.client, address, book) for address in found]


def _phones(client_id: int) -> Any:
    best = Phone.objects.filter(contact__client=client_id).order_by("-contact__is_primary", "-is_primary", "id")
    return best.values_list("number", flat=True)


def _emails(client_id: int) -> Any:
    best = EmailAddress.objects.filter(contact__client=client_id).order_by("-contact__is_primary", "-is_primary", "id")
    return best.values_list("address", flat=True)
