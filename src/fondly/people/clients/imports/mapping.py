"""What each column of a file means. Made by recognising the format, by guessing, or by a person; can be saved."""

import hashlib
import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from fondly.ground import clock
from fondly.people.clients.models import SavedMapping

# What a column can be. "field.<name>" and "consent.<purpose>" / "refusal.<purpose>" are open.
TARGETS = (
    *("name", "first_name", "middle_name", "last_name", "prefix", "suffix", "nickname", "organisation"),
    *("email", "email.label", "phone", "phone.label"),
    *("street", "city", "region", "postcode", "country", "address.label"),
    *("owner", "source", "persona", "tags", "language", "zone", "external_id", "note", "stage"),
    *("value", "currency", "skip"),
)
_OPEN = re.compile(r"(field|date|number)\.[^\s.][^.]{0,59}|(consent|refusal)\.[a-z][a-z0-9_]{0,39}")
ORDERS = ("", "ymd", "dmy", "mdy")
WHAT_TO_MEND, ROW = "what to mend", "row"


@dataclass(frozen=True, slots=True)
class Column:
    """header: the column's name; to: its meaning.

    group: which of several e-mails, phones, addresses; order: of day and month in dates.
    """

    header: str
    to: str
    group: int = 1
    order: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """format: what was recognised. region: two letters, for phone numbers without a country code ("" = the business's).

    keep: in a conflict keep what is here (default: the file's value counts, unless a person set it by hand).
    """

    format: str
    columns: tuple[Column, ...]
    region: str = ""
    keep: bool = False
    source: str = ""
    notes: tuple[str, ...] = field(default=(), compare=False)


class UnusableMappingError(ValueError):
    """The mapping does not fit the file or itself; the message is for people."""


def to_json(mapping: Mapping) -> dict[str, Any]:
    data = asdict(mapping)
    del data["notes"]
    data["columns"] = [asdict(column) for column in mapping.columns]
    return data


def from_json(data: dict[str, Any]) -> Mapping:
    """The mapping that to_json wrote, or a person. Raises UnusableMappingError."""
    try:
        columns = tuple(Column(**column) for column in data["columns"])
        known = {name: data[name] for name in ("region", "keep", "source") if name in data}
        return Mapping(format=str(data.get("format", "csv")), columns=columns, **known)
    except (KeyError, TypeError) as error:
        raise UnusableMappingError(
            _("The mapping must be like {columns: [{header: E-mail, to: email}]}; problem: %(why)s") % {"why": error}
        ) from error


def check(mapping: Mapping, headers: list[str]) -> Mapping:
    """The mapping with columns in the order of the file; columns it does not name are left out.

    Raises UnusableMappingError when it names a column the file has not, or nothing tells who somebody is.
    """
    for column in mapping.columns:
        if column.header not in headers:
            raise UnusableMappingError(
                _("The file has no column “%(header)s”. It has: %(all)s.")
                % {"header": column.header[:60], "all": ", ".join(headers)[:300]}
            )
        if column.to not in TARGETS and not _OPEN.fullmatch(column.to):
            raise UnusableMappingError(
                _("“%(to)s” is not something a column can be. Choose one of: %(all)s, field.NAME, consent.PURPOSE.")
                % {"to": column.to[:60], "all": ", ".join(TARGETS)}
            )
        if column.order not in ORDERS:
            raise UnusableMappingError(_("The order of dates is ymd, dmy or mdy."))
    by_header = {column.header: column for column in mapping.columns}
    ordered = tuple(by_header.get(header, Column(header, "skip")) for header in headers)
    _refuse_nobody(ordered, headers)
    return replace(mapping, columns=ordered)


def headers_hash(headers: list[str]) -> str:
    """The same for the same columns in any order, case and dress."""
    plain = sorted({plain_header(header) for header in headers} - {plain_header(WHAT_TO_MEND), ROW})
    return hashlib.sha256("\n".join(plain).encode()).hexdigest()


def plain_header(header: str) -> str:
    """A header without case, blanks, dashes, underscores and the like."""
    return re.sub(r"[\W_]+", "", header.casefold())


def saved_for(headers: list[str]) -> Mapping | None:
    """The mapping a person once saved for a file with these columns."""
    saved = SavedMapping.objects.filter(headers_hash=headers_hash(headers)).first()
    if saved is None:
        return None
    by_plain = {plain_header(header): header for header in headers}
    known = from_json(saved.mapping)
    columns = tuple(
        replace(column, header=by_plain[plain_header(column.header)])
        for column in known.columns
        if plain_header(column.header) in by_plain
    )
    return replace(known, columns=columns)


def save(name: str, mapping: Mapping) -> None:
    """Keep the mapping for the next file with the same columns."""
    SavedMapping.objects.update_or_create(
        headers_hash=headers_hash([column.header for column in mapping.columns]),
        defaults={"name": name[:120], "mapping": to_json(mapping), "at": clock.now()},
    )


def _refuse_nobody(columns: tuple[Column, ...], headers: list[str]) -> None:
    telling = {"name", "first_name", "last_name", "organisation", "email", "phone"}
    if not telling.intersection(column.to for column in columns):
        raise UnusableMappingError(
            _("No column tells who somebody is: a name, an e-mail address or a phone number. The columns are: %(all)s.")
            % {"all": ", ".join(headers)[:300]}
        )
