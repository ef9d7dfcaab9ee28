"""Cards, letters and envelopes as PDF, for what a person sends by hand.

The forms are fixed typst files of this package. A client's values reach them as data (one JSON
input), so nothing a client or an import wrote can become markup or read a file.
"""

import json
from datetime import datetime
from importlib.resources import as_file, files
from typing import Any, Literal

import typst
from django.utils.translation import gettext as _

from fondly.core.planner.zones import zone_of
from fondly.core.playbook import message as writing
from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.templates import MissingValueError, TemplateError
from fondly.design.playbooks import library
from fondly.ground.action import NotFound, Refused
from fondly.people.clients.models import Address, Client
from fondly.run.journeys.context import Sources, context_of
from fondly.run.journeys.models import Moment

Form = Literal["card", "letter", "envelope"]
FORMS: tuple[Form, ...] = ("card", "letter", "envelope")
_US = frozenset({"us", "usa", "united states", "united states of america", "ca", "canada"})
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def paper(moment_id: int, form: Form, now: datetime) -> bytes:
    """The PDF of a by-hand moment. Raises NotFound; Refused in words when its text cannot be written."""
    if form not in FORMS:
        raise Refused(
            _("%(form)r is not a paper; one of: %(known)s.") % {"form": form, "known": ", ".join(FORMS)}, field="form"
        )
    moment = Moment.objects.select_related("journey", "client").filter(pk=moment_id).first()
    if moment is None:
        raise NotFound(_("There is no such moment."))
    book = library.parsed(moment.journey.version_id)
    sources = Sources([moment.client_id], [moment.client.owner_id, moment.assignee_id])
    body = "" if form == "envelope" else text_of(moment, book, sources)
    return _compile(form, _data(moment, book, sources, body, now))


def text_of(moment: Moment, book: Book, sources: Sources | None = None) -> str:
    """What a person says or writes at this moment, with the client's values. "" when the playbook has no text."""
    stage = book.stages.get(moment.stage)
    touchpoint = stage.touchpoints.get(moment.touchpoint) if stage is not None else None
    template = book.templates.get(touchpoint.template) if touchpoint is not None else None
    if template is None:
        return ""
    client = moment.client
    sources = sources or Sources([client.pk], [client.owner_id, moment.assignee_id])
    context = context_of(sources, client, book, moment.stage, client.owner_id or moment.assignee_id)
    try:
        return writing.parts(template.subject, template.body, context, language=book.language)[1].strip()
    except MissingValueError as error:
        raise Refused(
            _("The text needs %(name)s, which is not known. Add it to the client first.") % {"name": error.name}
        ) from error
    except TemplateError as error:
        raise Refused(_("The text cannot be written: %(error)s") % {"error": error}) from error


def address_block(client: Client, address: Address | None, home: Book | None = None) -> str:
    """The client's name and postal address, a line each, as the country writes it.

    home: the playbook, whose zone tells the country of an address that names none.
    """
    if address is None:
        return client.name
    town = _town(address, us=_writes_us(address, home))
    return "\n".join(line for line in (client.name, address.street, town, address.country) if line.strip())


def _town(address: Address, *, us: bool) -> str:
    if us:
        place = ", ".join(part for part in (address.city, address.region) if part)
        return f"{place} {address.postcode}".strip()
    return f"{address.postcode} {address.city}".strip()


def _data(moment: Moment, book: Book, sources: Sources, body: str, now: datetime) -> dict[str, Any]:
    address = sources.addresses.get(moment.client_id)
    business = {"name": book.name, **sources.business}
    day = now.astimezone(zone_of(book.timezone))
    us = _writes_us(address, book)
    return {
        "address": address_block(moment.client, address, book),
        "sender": "\n".join(business[name] for name in ("name", "address", "phone") if business.get(name)),
        "date": f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"
        if us
        else f"{day.day} {_MONTHS[day.month - 1]} {day.year}",
        "body": body,
        "language": book.language[:2].lower() or "en",
        "us": us,
    }


def _writes_us(address: Address | None, home: Book | None) -> bool:
    """Whether this address, or an address of this business, is written the way of North America."""
    if address is not None and address.country:
        return _is_us(address.country)
    return home is not None and home.timezone.startswith("America/")


def _is_us(country: str) -> bool:
    return country.strip().lower() in _US


def _compile(form: Form, data: dict[str, Any]) -> bytes:
    with as_file(files("fondly.run.journeys") / "paper_forms") as folder:
        made = typst.compile(folder / f"{form}.typ", root=folder, sys_inputs={"data": json.dumps(data)}, format="pdf")
    if not isinstance(made, bytes):
        raise Refused(_("The paper came out empty."))
    return made
