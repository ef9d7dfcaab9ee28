"""One row of a file as a client, or the reasons why it cannot be one."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondly.core.planner.zones import find_zone
from fondly.people.clients import consents, identity, regions
from fondly.people.clients.formulas import original
from fondly.people.clients.imports import dates
from fondly.people.clients.imports.mapping import ROW, WHAT_TO_MEND, Mapping, plain_header
from fondly.people.clients.imports.reading import Row, letter

_SHEET_ERROR = re.compile(r"#(REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)")
_SHORTENED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.I)
_YES = frozenset(
    "yes y true 1 on x given granted subscribed optedin optin consented ja oui si sí sim wahr vrai accepted".split(" ")
)
_NO = frozenset(
    "no n false 0 off unsubscribed optedout optout withdrawn none nein non nao não falsch faux nee inactive".split(" ")
)
_PLACE_LIMITS = {"street": 300, "city": 120, "region": 120, "postcode": 20, "country": 80}
_PLAIN = {
    "source": ("source", 120),
    "persona": ("persona", 60),
    "language": ("language", 12),
    "prefix": ("salutation", 100),
}
_NAME, _ORGANISATION = gettext_lazy("The name"), gettext_lazy("The organisation")
_PART_WORDS = {part: gettext_lazy("The %(part)s") % {"part": part} for part in _PLACE_LIMITS}
_FIELD_LIMIT = 5000
_MEMORY_LIMIT = 10_000

_NATIONAL = re.compile(r"[\d\s().\-/]{6,40}(?:\s*(?:x|ext\.?)\s*\d+)?", re.IGNORECASE)
_BETWEEN_TAGS = re.compile(r" ::: |[,;\n]")
UNREAD_PHONE = "phone_as_written"


@dataclass(slots=True)
class Record:
    """What a row says of one client. Only what is there: a blank cell says nothing."""

    row: int
    key: str  # hash of the row's content
    name: str = ""
    kind: str = "person"
    is_named: bool = True  # False: the name is only the address or number
    details: dict[str, Any] = field(default_factory=dict)  # attributes of Client
    fields: dict[str, Any] = field(default_factory=dict)
    emails: list[tuple[str, str, str]] = field(default_factory=list)  # address, key, label
    phones: list[tuple[str, str, str]] = field(default_factory=list)  # number, extension, label
    places: list[dict[str, str]] = field(default_factory=list)
    consents: dict[str, str] = field(default_factory=dict)  # purpose -> state
    tags: list[str] = field(default_factory=list)
    external_id: str = ""
    owner: str = ""
    problems: list[str] = field(default_factory=list)


class Reader:
    """Reads rows with one mapping."""

    def __init__(self, mapping: Mapping, home: str) -> None:
        self.mapping = mapping
        self.home = mapping.region or home
        headers = {plain_header(column.header) for column in mapping.columns}
        self.is_error_file = {plain_header(WHAT_TO_MEND), ROW} <= headers
        self._columns = [(p, c) for p, c in enumerate(mapping.columns) if c.to != "skip"]

    def read(self, row: Row) -> Record:
        """The record; with `problems` it must not be used."""
        cells = [original(cell) for cell in row.cells] if self.is_error_file else row.cells
        told = {(c.to, c.group): cells[p].strip() for p, c in self._columns if p < len(cells) and cells[p].strip()}
        record = Record(row.number, _key(told))
        try:
            self._refuse_shape(cells)
            self._refuse_sheet_errors(cells)
        except identity.UnusableError as error:
            record.problems.append(str(error))
            return record
        for step in (_take_names, self._take_emails, self._take_phones, _take_places, self._take_rest):
            _collect(record, lambda step=step: step(record, told))  # type: ignore[misc]
        if not record.problems:
            _name_nobody(record)
        return record

    def _refuse_shape(self, cells: list[str]) -> None:
        width = len(self.mapping.columns)
        if any(cell.strip() for cell in cells[width:]):
            raise identity.UnusableError(
                _("The row has %(n)d cells, the header only %(width)d. Put a text with a separator in quotes.")
                % {"n": len(cells), "width": width}
            )
        if any("\n" in cell and len(cell) > 50_000 for cell in cells):
            raise identity.UnusableError(_("A quotation mark in this row is opened and not closed. Close it."))

    def _refuse_sheet_errors(self, cells: list[str]) -> None:
        for place, _column in self._columns:
            if place < len(cells) and cells[place][:1] == "#" and _SHEET_ERROR.fullmatch(cells[place].strip()):
                raise identity.UnusableError(
                    _("Column %(letter)s holds the spreadsheet error %(error)s. Mend the formula or clear the cell.")
                    % {"letter": letter(place), "error": cells[place].strip()}
                )

    def _take_emails(self, record: Record, told: dict[tuple[str, int], str]) -> None:
        for group, text in _groups(told, "email"):
            label = told.get(("email.label", group), "").strip("* ")[:40]
            for one in _addresses_in(text):
                if one:
                    email = identity.email(one)
                    if email.key not in [key for _address, key, _label in record.emails]:
                        record.emails.append((email.address, email.key, label))

    def _take_phones(self, record: Record, told: dict[tuple[str, int], str]) -> None:
        country = next((text for _group, text in _groups(told, "country")), "")
        region = self.mapping.region or regions.of_country(country) or self.home
        for group, text in _groups(told, "phone"):
            label = told.get(("phone.label", group), "").strip("* ")[:40]
            for one in re.split(r"\s*:::\s*|[;\n]\s*", text):
                if one:
                    self._take_phone(record, one, region, label)

    def _take_phone(self, record: Record, text: str, region: str, label: str) -> None:
        if _SHORTENED.fullmatch(text):
            raise identity.UnusableError(
                _("The spreadsheet has shortened the phone number to “%(text)s”. Export the column as text.")
                % {"text": text}
            )
        if not region and _NATIONAL.fullmatch(text):
            # Nobody has said which country we are in; that is no fault of the row, and nothing of it is lost.
            record.fields.setdefault(UNREAD_PHONE, identity.line(text, 60, _quoted(text)))
            return
        phone = identity.phone(text, region)
        if (phone.number, phone.extension) not in [(n, e) for n, e, _label in record.phones]:
            record.phones.append((phone.number, phone.extension, label))

    def _take_rest(self, record: Record, told: dict[tuple[str, int], str]) -> None:
        for _place, column in self._columns:
            text = told.get((column.to, column.group))
            if text:
                self._take_one(record, column.to, column.order, column.header, text)

    def _take_one(self, record: Record, to: str, order: str, header: str, text: str) -> None:
        start, _dot, rest = to.partition(".")
        if to in _PLAIN:
            name, limit = _PLAIN[to]
            record.details[name] = identity.line(text, limit, _quoted(header))
        elif start in ("field", "date", "number"):
            record.fields[rest] = _field(start, text, order, header)
        elif start in ("consent", "refusal"):
            _take_consent(record, start, rest, text, header)
        elif to in _TAKERS:
            _TAKERS[to](record, text, header, self.mapping.format)


def _take_names(record: Record, told: dict[tuple[str, int], str]) -> None:
    def part(name: str) -> str:
        return told.get((name, 1), "")

    first, middle, last = (identity.line(part(n), 100, _NAME) for n in ("first_name", "middle_name", "last_name"))
    full = identity.line(part("name"), identity.NAME_LIMIT, _NAME)
    if first or last:
        record.name = identity.name(" ".join(p for p in (first, middle, last) if p))
        record.details["first_name"], record.details["last_name"] = first, last
    elif full:
        record.name = full
        record.details["first_name"], record.details["last_name"] = identity.split_name(full)
    company = identity.line(part("organisation"), identity.NAME_LIMIT, _ORGANISATION)
    if company and not record.name:
        record.name, record.kind = company, "organisation"
    elif company:
        record.fields["company"] = company
    if part("nickname"):
        record.fields["nickname"] = identity.line(part("nickname"), 100, _("The nickname"))


def _name_nobody(record: Record) -> None:
    """Somebody of whom only an address or number is known is called by that until we learn more."""
    if record.name:
        return
    record.is_named = False
    if record.emails:
        record.name = record.emails[0][0][: identity.NAME_LIMIT]
    elif record.phones:
        record.name = record.phones[0][0]
    else:
        record.problems.append(_("No name, e-mail address or phone number. Fill in at least one."))


def _take_places(record: Record, told: dict[tuple[str, int], str]) -> None:
    for group in sorted({group for name, group in told if name in _PLACE_LIMITS}):
        place = {
            name: identity.line(told[name, group].replace("\n", ", "), limit, _PART_WORDS[name])
            for name, limit in _PLACE_LIMITS.items()
            if (name, group) in told
        }
        label = told.get(("address.label", group), "").strip("* ")[:40]
        record.places.append({**place, **({"label": label} if label else {})})


def _take_consent(record: Record, start: str, purpose: str, text: str, header: str) -> None:
    word = re.sub(r"[\W_]+", "", text.casefold())
    if word not in _YES | _NO:
        raise identity.UnusableError(
            _("“%(text)s” in “%(header)s” is neither yes nor no. Write yes, no, or nothing.")
            % {"text": text[:40], "header": header}
        )
    if start == "refusal":
        if word in _YES:
            record.consents[purpose] = consents.WITHDRAWN
    elif record.consents.get(purpose) != consents.WITHDRAWN:
        record.consents[purpose] = consents.GIVEN if word in _YES else consents.WITHDRAWN


def _take_owner(record: Record, text: str, header: str, _format: str) -> None:
    record.owner = identity.line(text, 254, _quoted(header))


def _take_external_id(record: Record, text: str, header: str, format_: str) -> None:
    record.external_id = f"{format_}:{identity.line(text, 180, _quoted(header))}"


def _take_note(record: Record, text: str, header: str, _format: str) -> None:
    record.details["memory"] = identity.paragraphs(text, _MEMORY_LIMIT, _quoted(header))


def _take_stage(record: Record, text: str, header: str, _format: str) -> None:
    record.fields["imported_stage"] = identity.line(text, 120, _quoted(header))


def _take_tags(record: Record, text: str, header: str, _format: str) -> None:
    """Several in one cell, in the ways of the known exports. "* " marks the groups Google makes itself."""
    names = [part.strip() for part in _BETWEEN_TAGS.split(text)]
    for name in (part for part in names if part and not part.startswith("* ")):
        tag = identity.line(name, 40, _quoted(header))
        if tag.casefold() not in {known.casefold() for known in record.tags}:
            record.tags.append(tag)


def _take_zone(record: Record, text: str, header: str, _format: str) -> None:
    if find_zone(text) is None:
        raise identity.UnusableError(
            _("“%(text)s” in “%(header)s” is not a time zone. Use a name like Europe/London.")
            % {"text": text[:60], "header": header}
        )
    record.details["zone"] = text


def _take_value(record: Record, text: str, header: str, _format: str) -> None:
    number = _number(text)
    if number is None or abs(number) >= 1e13:
        raise identity.UnusableError(
            _("“%(text)s” in “%(header)s” is not an amount.") % {"text": text[:40], "header": header}
        )
    record.details["value_minor"] = round(number * 100)


def _take_currency(record: Record, text: str, header: str, _format: str) -> None:
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise identity.UnusableError(_("A currency has three letters, like EUR; not “%(text)s”.") % {"text": text[:20]})
    record.details["currency"] = text.upper()


_TAKERS: dict[str, Callable[[Record, str, str, str], None]] = {
    "owner": _take_owner,
    "external_id": _take_external_id,
    "note": _take_note,
    "stage": _take_stage,
    "tags": _take_tags,
    "zone": _take_zone,
    "value": _take_value,
    "currency": _take_currency,
}


def _field(start: str, text: str, order: str, header: str) -> Any:
    if start == "date":
        return _date(text, order, header)
    if start == "number":
        number = _number(text)
        if number is None:
            raise identity.UnusableError(
                _("“%(text)s” in “%(header)s” is not a number.") % {"text": text[:40], "header": header}
            )
        return int(number) if number.is_integer() else number
    return identity.paragraphs(text, _FIELD_LIMIT, _quoted(header))


def _date(text: str, order: str, header: str) -> str:
    found = dates.read(text, order)
    if found is not None:
        return found.isoformat()
    if re.fullmatch(r"--\d\d-?\d\d", text.strip()):  # a birthday without a year, as address books write it
        return text.strip()
    example = {"mdy": "12/31/2026", "dmy": "31/12/2026"}.get(order, "2026-12-31")
    raise identity.UnusableError(
        _("“%(text)s” in “%(header)s” is not a date. Write it like %(example)s.")
        % {"text": text[:40], "header": header, "example": example}
    )


def _number(text: str) -> float | None:
    clean = re.sub(r"[^\d.,+-]", "", text)
    if re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})*,\d{1,2}", clean) or re.fullmatch(r"[+-]?\d+,\d{1,2}", clean):
        clean = clean.replace(".", "").replace(",", ".")
    try:
        return float(clean.replace(",", ""))
    except ValueError:
        return None


def _addresses_in(text: str) -> list[str]:
    """One cell may hold several; words that are no address are kept together, so that the message shows them."""
    pieces = re.split(r"\s*:::\s*|[;,\n]\s*", text)
    return [one for p in pieces for one in (p.split() if p.count("@") == len(p.split()) else [p.strip()])]


def _groups(told: dict[tuple[str, int], str], name: str) -> list[tuple[int, str]]:
    return sorted((group, text) for (to, group), text in told.items() if to == name)


def _collect(record: Record, step: Callable[[], None]) -> None:
    try:
        step()
    except identity.UnusableError as error:
        record.problems.append(str(error))


def _key(told: dict[tuple[str, int], str]) -> str:
    text = "\x1f".join(f"{to}\x1e{group}\x1e{value}" for (to, group), value in sorted(told.items()))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@lru_cache(maxsize=512)
def _quoted(header: str) -> str:
    return f"“{header}”"
