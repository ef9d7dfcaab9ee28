"""The Clients list as a file that opens in a spreadsheet and can be brought in again."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from fondly.doors.web.clients_lines import Line, lines
from fondly.people.clients.formulas import safe_rows
from fondly.people.clients.models import EmailAddress, Phone

_BATCH = 500
# Not translated: importing knows the columns by these names.
HEADERS = ("Client ID", "Name", "Email", "Phone", "Stage", "Persona", "Tags", "Owner", "Feeling", "Last talked", "Next",
           "Next at", "Value", "Currency")  # fmt: skip


def text(ids: Sequence[int], now: datetime) -> Iterator[str]:
    """The file piece by piece; instants in ISO 8601, value in minor units (cents)."""
    yield from safe_rows([HEADERS])
    for start in range(0, len(ids), _BATCH):
        some = lines(ids[start : start + _BATCH], now)
        emails = _first(EmailAddress, "address", some)
        phones = _first(Phone, "number", some)
        yield from safe_rows(_row(line, emails.get(line.id, ""), phones.get(line.id, "")) for line in some)


def _first(model: Any, column: str, some: Sequence[Line]) -> dict[int, str]:
    """The address or number that is used first, by client."""
    rows = model.objects.filter(contact__client__in=[line.id for line in some])
    last_wins = rows.order_by("contact__is_primary", "is_primary", "-pk")
    return dict(last_wins.values_list("contact__client", column))


def _row(line: Line, email: str, phone: str) -> tuple[Any, ...]:
    return (
        line.id, line.name, email, phone, line.stage, line.persona, ", ".join(line.tags), line.owner, line.feeling,
        _instant(line.last_contact_at), line.next_what, _instant(line.next_at), line.value_minor or "", line.currency,
    )  # fmt: skip


def _instant(at: datetime | None) -> str:
    return at.isoformat(timespec="minutes") if at else ""
