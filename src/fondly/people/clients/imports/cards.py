"""vCard 2.1, 3 and 4: folded lines, quoted-printable, groups. Read into the columns Google Contacts uses."""

import quopri
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from django.utils.translation import gettext as _

from fondly.people.clients.imports.reading import Row, Table, UnreadableFileError

_LONGEST = 1_000_000  # characters of a folded line that are kept; what follows is left out
_HEAD = 300  # characters in which a line says how it is written
_MOST = 5  # e-mails and phones of a card; 2 addresses
_ADDRESS = ("Street", "City", "Region", "Postal Code", "Country")
HEADERS = [
    *("Name", "Name Prefix", "First Name", "Middle Name", "Last Name", "Name Suffix", "Nickname"),
    *("Birthday", "Notes", "Organization Name", "Organization Title", "Labels", "UID"),
    *(f"E-mail {n} - {part}" for n in range(1, _MOST + 1) for part in ("Label", "Value")),
    *(f"Phone {n} - {part}" for n in range(1, _MOST + 1) for part in ("Label", "Value")),
    *(f"Address {n} - {part}" for n in (1, 2) for part in ("Label", *_ADDRESS)),
]
_SIMPLE = {
    "FN": "Name",
    "BDAY": "Birthday",
    "NOTE": "Notes",
    "TITLE": "Organization Title",
    "NICKNAME": "Nickname",
    "CATEGORIES": "Labels",
    "UID": "UID",
}
_KINDS = ("home", "work", "cell", "mobile", "fax", "pager", "other", "iphone", "main")
_LINE = re.compile(
    r"(?:[\w-]+\.)?(?P<name>[A-Za-z-]+)(?P<options>(?:;[^:\"]*(?:\"[^\"]*\"[^:\"]*)*)?):(?P<value>.*)", re.S
)


def looks_like(start: bytes) -> bool:
    return start.removeprefix(b"\xef\xbb\xbf").lstrip()[:11].upper() == b"BEGIN:VCARD"


def open_cards(path: Path, name: str) -> Table:
    if next(_cards(path, name), None) is None:
        raise UnreadableFileError(_("%(file)s holds no whole card (BEGIN:VCARD … END:VCARD).") % {"file": name})
    return Table("vcard", list(HEADERS), partial(_cards, path, name))


def _cards(path: Path, name: str) -> Iterator[Row]:
    """One row a card, numbered by the line where it begins. A card without an end is left out."""
    card: dict[str, list[str]] | None = None
    began = 0
    for number, line in _logical_lines(path):
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        key, value = found["name"].upper(), _decoded(found["value"], found["options"])
        if key == "BEGIN" and value.strip().upper() == "VCARD":
            card, began = {}, number
        elif key == "END" and card is not None:
            yield Row(began, _cells(card))
            card = None
        elif card is not None:
            _take(card, key, value, found["options"])


def _logical_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Folded lines joined: RFC 6350 (next line starts with a blank) and quoted-printable (line ends with =)."""
    held, began = "", 0
    with path.open(encoding="utf-8-sig", errors="fondly_western", newline=None) as file:
        for number, raw in enumerate(file, start=1):
            line = raw.rstrip("\n")
            soft = held.endswith("=") and "QUOTED-PRINTABLE" in held[:_HEAD].upper()
            if soft:
                held = held[:-1] + line if len(held) < _LONGEST else held[:-1]
            elif line[:1] in (" ", "\t") and held:
                held += line[1:] if len(held) < _LONGEST else ""
            else:
                if held:
                    yield began, held
                held, began = line, number
    if held:
        yield began, held


def _decoded(value: str, options: str) -> str:
    upper = options.upper()
    if "QUOTED-PRINTABLE" in upper:
        charset = re.search(r"CHARSET=([\w-]+)", upper)
        raw = quopri.decodestring(value.encode("utf-8", "replace"))
        try:
            return raw.decode(charset[1] if charset else "utf-8")
        except (UnicodeDecodeError, LookupError):
            return raw.decode("cp1252", "replace")
    return value


def _take(card: dict[str, list[str]], key: str, value: str, options: str) -> None:
    if key in ("EMAIL", "TEL"):
        card.setdefault(key, []).append(f"{_label(options)}\0{_plain(value).removeprefix('tel:')}")
    elif key == "ADR":
        card.setdefault(key, []).append("\0".join([_label(options), *_parts(value)]))
    elif key == "N":
        card["N"] = _parts(value)
    elif key == "ORG":
        card.setdefault("ORG", _parts(value))
    elif key in _SIMPLE:
        card.setdefault(key, [_plain(value)])


def _cells(card: dict[str, list[str]]) -> list[str]:
    row = {header: card[key][0] for key, header in _SIMPLE.items() if key in card}
    names = [*card.get("N", []), *[""] * 5]
    keys = ("Last Name", "First Name", "Middle Name", "Name Prefix", "Name Suffix")
    row.update(zip(keys, names, strict=False))
    row["Organization Name"] = card.get("ORG", [""])[0]
    for key, title in (("EMAIL", "E-mail"), ("TEL", "Phone")):
        for place, item in enumerate(card.get(key, [])[:_MOST], start=1):
            row[f"{title} {place} - Label"], row[f"{title} {place} - Value"] = item.split("\0", 1)
    for place, item in enumerate(card.get("ADR", [])[:2], start=1):
        label, _box, _more, *rest = [*item.split("\0"), *[""] * 8]
        row[f"Address {place} - Label"] = label
        row.update(zip((f"Address {place} - {part}" for part in _ADDRESS), rest, strict=False))
    if row.get("Birthday"):
        row["Birthday"] = _birthday(row["Birthday"])
    return [row.get(header, "") for header in HEADERS]


def _birthday(text: str) -> str:
    found = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(T.*)?", text.strip())
    return "-".join(found.groups()[:3]) if found else text


def _parts(value: str) -> list[str]:
    return [_plain(part) for part in re.split(r"(?<!\\);", value)]


def _plain(value: str) -> str:
    return re.sub(r"\\([\\,;nN])", lambda m: "\n" if m[1] in "nN" else m[1], value).strip()


def _label(options: str) -> str:
    words = re.findall(r"[a-z]+", options.lower())
    return next((word for word in words if word in _KINDS), "")
