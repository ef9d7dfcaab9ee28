"""Find clients by what one remembers: a name (also misspelt), an address, a number, words of a talk.

Whatever is typed is text, never a query: quotes, operators and wild cards mean themselves.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.db import connection

from fondly.ground import reading
from fondly.people.clients import identity
from fondly.people.clients.models import Client, Contact, EmailAddress, Interaction, Phone
from fondly.people.clients.search_index import CLIENT, CONTACT, EMAIL, PHONE, has_trigrams

Where = Literal["name", "contact", "email", "phone", "text"]
_WHERE: dict[int, Where] = {CLIENT: "name", CONTACT: "contact", EMAIL: "email", PHONE: "phone"}
_LONGEST = 200  # characters of a query that are looked at
_LIKENESS = 0.35  # least share of common trigrams for a misspelt name
_CANDIDATES = 300  # rows looked at for likeness
_LEAST_SIMILAR = 0.15  # of pg_trgm: only to find candidates
_MOST_PIECES = 40
_AROUND = 60  # characters shown on each side of a match
_MATCHING = "SELECT rowid, text FROM clients_find WHERE clients_find MATCH %s"
_FIRST = 2000  # matches of a word found everywhere that are put in order
_ALSO = " AND text LIKE %s ESCAPE '\\'"
_MODELS: dict[int, Any] = {CONTACT: Contact, EMAIL: EmailAddress, PHONE: Phone}


@dataclass(frozen=True, slots=True)
class Hit:
    """A client found. parts: the snippet in pieces, True where it matched (for marking)."""

    client_id: int
    name: str
    where: Where
    snippet: str
    parts: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    client_id: int
    where: Where
    text: str


def search(text: str, limit: int = 20) -> list[Hit]:
    """The clients this text speaks of, best first: names, then ways to reach them, then words of the timeline."""
    words = _words(text)
    if not words or limit < 1:
        return []
    found: dict[int, _Found] = {}
    for find in (_find_short, _find_texts, _find_alike):
        if len(found) < limit:
            _take(found, find(words, limit))
    return _hits(list(found.values())[:limit], words)


def forget() -> None:
    """Take deleted words out of the index files, too (after erasing somebody)."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for table in ("clients_find", "clients_read"):
                cursor.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")  # noqa: S608 our own names


def _words(text: str) -> list[str]:
    clean = "".join(c if c.isprintable() else " " for c in text[:_LONGEST])
    return identity.sort_key(clean).split()[:12]


def _take(found: dict[int, _Found], more: Iterable[_Found]) -> None:
    for one in more:
        found.setdefault(one.client_id, one)


def _find_short(words: list[str], limit: int) -> Iterator[_Found]:
    """Every word inside a name, address or number."""
    if connection.vendor == "sqlite":
        yield from _of_rowids(_rowids_with(words, limit * 4))
    else:
        yield from _postgres_short(words, limit)
    digits = re.sub(r"\D", "", "".join(words)).lstrip("0")
    if len(digits) >= 4 and not re.search(r"[a-z]", "".join(words)):
        numbers = Phone.objects.filter(number__contains=digits, contact__client__merged_into=None)
        if connection.vendor == "sqlite":
            yield from _of_rowids(_rowids_with([digits], limit * 4))
        else:
            for pk, number in numbers.values_list("contact__client_id", "number")[:limit]:
                yield _Found(pk, "phone", number)


def _rowids_with(words: list[str], most: int) -> list[int]:
    long = [word for word in words if len(word) >= 3]
    if not long:
        return _rowids_starting(words, most)
    query = " AND ".join(_quoted(word) for word in long)
    rest = [word for word in words if len(word) < 3]
    sql = _MATCHING + _ALSO * len(rest)
    values = [query, *(f"%{_plain(word)}%" for word in rest), _FIRST]
    rows = reading.rows(f"{sql} LIMIT %s", values)
    return [row[0] for row in sorted(rows, key=lambda row: (row[0] % 4, len(row[1]), row[0]))][:most]


def _rowids_starting(words: list[str], most: int) -> list[int]:
    """One or two letters are too few for trigrams: names that start with them."""
    starts = Client.objects.filter(sort_name__startswith=" ".join(words), merged_into=None, erased_at=None)
    ids = starts.order_by("sort_name", "id").values_list("pk", flat=True)[:most]
    return [pk * 4 + CLIENT for pk in ids]


def _of_rowids(rowids: list[int]) -> Iterator[_Found]:
    by_what: dict[int, list[int]] = {}
    for rowid in rowids:
        by_what.setdefault(rowid % 4, []).append(rowid // 4)
    owners = {what: _owners(what, ids) for what, ids in by_what.items()}
    for rowid in rowids:
        known = owners[rowid % 4].get(rowid // 4)
        if known is not None:
            yield _Found(known[0], _WHERE[rowid % 4], known[1])


def _owners(what: int, ids: list[int]) -> dict[int, tuple[int, str]]:
    """Row id -> (client id, text) of contacts, addresses, numbers or clients."""
    if what == CLIENT:
        return {pk: (pk, name) for pk, name in Client.objects.filter(pk__in=ids).values_list("pk", "name")}
    path = "client_id" if what == CONTACT else "contact__client_id"
    text = {CONTACT: "name", EMAIL: "address", PHONE: "number"}[what]
    rows = _MODELS[what].objects.filter(pk__in=ids).values_list("pk", path, text)
    return {pk: (client_id, shown) for pk, client_id, shown in rows}


def _find_texts(words: list[str], limit: int) -> Iterator[_Found]:
    """Every word in one entry of the timeline, newest first; the last word may be unfinished."""
    spoken = re.findall(r"\w+", " ".join(words))
    if not spoken or len("".join(spoken)) < 2:
        return
    if connection.vendor == "sqlite":
        query = " AND ".join(_quoted(word) for word in spoken) + "*"
        sql = "SELECT rowid FROM clients_read WHERE clients_read MATCH %s ORDER BY rowid DESC LIMIT %s"
    else:
        query = " & ".join(f"'{word}'" for word in spoken) + ":*"
        sql = (
            "SELECT id FROM clients_interaction WHERE text <> '' AND to_tsvector('simple', text)"
            " @@ to_tsquery('simple', %s) ORDER BY id DESC LIMIT %s"
        )
    ids = [row[0] for row in reading.rows(sql, [query, limit * 4])]
    known = Interaction.objects.filter(pk__in=ids).order_by("-pk").values_list("client_id", "text")
    for client_id, text in known:
        yield _Found(client_id, "text", text)


def _find_alike(words: list[str], limit: int) -> list[_Found]:
    """Names that look like what was typed."""
    wanted = " ".join(words)
    if len(wanted) < 4:
        return []
    pieces = _trigrams(wanted)
    likely = _likely(wanted, pieces) if pieces else []
    scored = [(_likeness(wanted, sort_name), pk, name) for pk, sort_name, name in likely]
    best = sorted((s for s in scored if s[0] >= _LIKENESS), key=lambda s: (-s[0], s[2], s[1]))
    return [_Found(pk, "name", name) for _score, pk, name in best[:limit]]


def _likely(wanted: str, pieces: set[str]) -> list[tuple[int, str, str]]:
    alive = Client.objects.filter(merged_into=None, erased_at=None)
    if connection.vendor == "sqlite":
        query = " OR ".join(_quoted(piece) for piece in sorted(pieces)[:_MOST_PIECES])
        sql = "SELECT rowid / 4 FROM clients_find WHERE clients_find MATCH %s AND rowid %% 4 = 0 ORDER BY rank LIMIT %s"
        ids = [row[0] for row in reading.rows(sql, [query, _CANDIDATES])]
        return list(alive.filter(pk__in=ids).values_list("pk", "sort_name", "name"))
    with connection.cursor() as cursor:
        if not has_trigrams(cursor):
            return []
        cursor.execute("SELECT set_limit(%s)", [_LEAST_SIMILAR])
    sql = "SELECT id FROM clients_client WHERE sort_name %% %s ORDER BY similarity(sort_name, %s) DESC LIMIT %s"
    ids = [row[0] for row in reading.rows(sql, [wanted, wanted, _CANDIDATES])]
    return list(alive.filter(pk__in=ids).values_list("pk", "sort_name", "name"))


def _postgres_short(words: list[str], limit: int) -> Iterator[_Found]:
    alive = {"merged_into": None, "erased_at": None}
    names = Client.objects.filter(**alive)
    contacts = Contact.objects.exclude(relation="self")
    emails = EmailAddress.objects.all()
    for word in words:
        names = names.filter(sort_name__contains=word)
        contacts = contacts.filter(name__icontains=word)
        emails = emails.filter(key__contains=word)
    for pk, name in names.order_by("sort_name", "pk").values_list("pk", "name")[:limit]:
        yield _Found(pk, "name", name)
    for pk, name in contacts.values_list("client_id", "name")[:limit]:
        yield _Found(pk, "contact", name)
    for pk, address in emails.values_list("contact__client_id", "address")[:limit]:
        yield _Found(pk, "email", address)


def _hits(found: list[_Found], words: list[str]) -> list[Hit]:
    alive = Client.objects.filter(pk__in=[one.client_id for one in found], merged_into=None, erased_at=None)
    names = dict(alive.values_list("pk", "name"))
    return [_hit(one, names[one.client_id], words) for one in found if one.client_id in names]


def _hit(one: _Found, name: str, words: list[str]) -> Hit:
    parts = _marked(_cut(one.text, words), words)
    return Hit(one.client_id, name, one.where, "".join(text for text, _hit in parts), parts)


def _cut(text: str, words: list[str]) -> str:
    """A piece of a long text around the first match."""
    flat = " ".join(text.split())
    if len(flat) <= 2 * _AROUND:
        return flat
    places = [flat.lower().find(word) for word in words]
    place = min((p for p in places if p >= 0), default=0)
    start, end = max(0, place - _AROUND), min(len(flat), place + _AROUND)
    return ("…" if start else "") + flat[start:end] + ("…" if end < len(flat) else "")


def _marked(text: str, words: list[str]) -> tuple[tuple[str, bool], ...]:
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    pieces = re.split(f"({pattern})", text, flags=re.IGNORECASE)
    return tuple((piece, bool(place % 2)) for place, piece in enumerate(pieces) if piece)


def _trigrams(text: str) -> set[str]:
    return {word[at : at + 3] for word in text.split() for at in range(len(word) - 2)}


def _likeness(one: str, other: str) -> float:
    """Share of common letter pairs, 0..1 (Dice): kinder to short names than trigrams."""
    pairs = [{f" {text} "[at : at + 2] for at in range(len(text) + 1)} for text in (one, other)]
    return 2 * len(pairs[0] & pairs[1]) / (len(pairs[0]) + len(pairs[1]))


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _plain(word: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", word)
