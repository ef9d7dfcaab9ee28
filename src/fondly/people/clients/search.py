"""Find clients by what one remembers: a name (also misspelt), an address, a number, words of a talk.

Whatever is typed is text, never a query: quotes, operators and wild cards mean themselves.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal

from django.db import connection
from django.db.models import Value
from django.db.models.functions import Lower

from fondly.ground import reading
from fondly.people.clients import identity
from fondly.people.clients.models import Client, Contact, EmailAddress, Phone
from fondly.people.clients.search_index import CLIENT, CONTACT, EMAIL, PHONE

Where = Literal["name", "contact", "email", "phone", "text"]
_WHERE: dict[int, Where] = {CLIENT: "name", CONTACT: "contact", EMAIL: "email", PHONE: "phone"}
_LONGEST = 200  # characters of a query that are looked at
_LIKENESS = 0.35  # least share of common trigrams for a misspelt name
_CANDIDATES = 300  # rows looked at for likeness
_LEAST_SIMILAR = 0.15  # of pg_trgm: only to find candidates
_MOST_PIECES = 40
_AROUND = 60  # characters shown on each side of a match
_SHORTEST = 3  # letters of a word that trigrams can find
_MATCHING = "SELECT rowid, text FROM clients_find WHERE clients_find MATCH %s"
_FIRST = 2000  # matches of a word found everywhere that are put in order
_ALSO = " AND text LIKE %s ESCAPE '\\'"
_OWNERS = f"""
SELECT f.at %% 4, coalesce(c.id, k.client_id), coalesce(c.name, e.address, p.number, k.name)
FROM (SELECT rowid AS at, text FROM ({{matching}}) ORDER BY rowid %% 4, length(text), rowid LIMIT %s) f
LEFT JOIN clients_client c ON f.at %% 4 = {CLIENT} AND c.id = f.at / 4
LEFT JOIN clients_emailaddress e ON f.at %% 4 = {EMAIL} AND e.id = f.at / 4
LEFT JOIN clients_phone p ON f.at %% 4 = {PHONE} AND p.id = f.at / 4
LEFT JOIN clients_contact k
  ON k.id = CASE f.at %% 4 WHEN {CONTACT} THEN f.at / 4 WHEN {EMAIL} THEN e.contact_id ELSE p.contact_id END
ORDER BY f.at %% 4, length(f.text), f.at"""  # noqa: S608 - numbers of our own
# One row where this PostgreSQL has pg_trgm; from then on its % finds what is so similar.
_SET_LIKENESS = (
    "SELECT set_config('pg_trgm.similarity_threshold', %s, false) FROM pg_extension WHERE extname = 'pg_trgm'"
)
_ALIVE = (
    "SELECT id, sort_name, name FROM clients_client"
    " WHERE merged_into_id IS NULL AND erased_at IS NULL AND id IN ({ids})"
)


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
    return _hits(_find(words, limit), words)


def found_ids(text: str, limit: int) -> list[int]:
    """Only who they are, without a look at their records: merged and erased ones may be among them."""
    return [one.client_id for one in _find(_words(text), limit)]


def forget() -> None:
    """Take deleted words out of the index files, too (after erasing somebody)."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for table in ("clients_find", "clients_read"):
                cursor.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")  # noqa: S608 our own names


def _words(text: str) -> list[str]:
    clean = "".join(c if c.isprintable() else " " for c in text[:_LONGEST])
    return identity.sort_key(clean).split()[:12]


def _find(words: list[str], limit: int) -> list[_Found]:
    found: dict[int, _Found] = {}
    for find in (_find_short, _find_texts, _find_alike) if words and limit > 0 else ():
        if len(found) < limit:
            _take(found, find(words, limit))
    return list(found.values())[:limit]


def _take(found: dict[int, _Found], more: Iterable[_Found]) -> None:
    for one in more:
        found.setdefault(one.client_id, one)


def _find_short(words: list[str], limit: int) -> Iterator[_Found]:
    """Every word inside a name, address or number."""
    digits = re.sub(r"\D", "", "".join(words)).lstrip("0")
    if len(digits) < 4 or re.search(r"[a-z]", "".join(words)):
        digits = ""
    find = _sqlite_short if connection.vendor == "sqlite" else _postgres_short
    yield from find(words, digits, limit)


def _sqlite_short(words: list[str], digits: str, limit: int) -> Iterator[_Found]:
    """One statement; one more for names when all words are too short for the index."""
    if not any(len(word) >= _SHORTEST for word in words):
        yield from _starting(words, limit)
        looked_for = []
    else:
        looked_for = [_match(words)]
    if digits and words != [digits]:
        looked_for.append(_match([digits]))
    if looked_for:
        matching = " UNION ALL ".join(f"SELECT * FROM ({sql})" for sql, _values in looked_for)  # noqa: S608
        values = [value for _sql, values in looked_for for value in values]
        for what, client_id, text in reading.rows(_OWNERS.format(matching=matching), [*values, limit * 4]):
            if client_id is not None:
                yield _Found(client_id, _WHERE[what], text)


def _match(words: list[str]) -> tuple[str, list[Any]]:
    """The entries with all these words in them; at least one of them must be long enough for the index."""
    query = " AND ".join(_quoted(word) for word in words if len(word) >= _SHORTEST)
    rest = [f"%{_plain(word)}%" for word in words if len(word) < _SHORTEST]
    return f"{_MATCHING}{_ALSO * len(rest)} LIMIT {_FIRST}", [query, *rest]


def _starting(words: list[str], limit: int) -> Iterator[_Found]:
    """One or two letters are too few for trigrams: names that start with them."""
    starts = Client.objects.filter(sort_name__startswith=" ".join(words), merged_into=None, erased_at=None)
    for pk, name in starts.order_by("sort_name", "id").values_list("pk", "name")[: limit * 4]:
        yield _Found(pk, "name", name)


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
    entries = f"SELECT client_id, text FROM clients_interaction WHERE id IN ({sql}) ORDER BY id DESC"  # noqa: S608
    for client_id, text in reading.rows(entries, [query, limit * 4]):
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
    if connection.vendor == "sqlite":
        query = " OR ".join(_quoted(piece) for piece in sorted(pieces)[:_MOST_PIECES])
        sql = "SELECT rowid / 4 FROM clients_find WHERE clients_find MATCH %s AND rowid %% 4 = 0 ORDER BY rank LIMIT %s"
        return reading.rows(_ALIVE.format(ids=sql), [query, _CANDIDATES])
    if not reading.rows(_SET_LIKENESS, [str(_LEAST_SIMILAR)]):
        return []
    sql = "SELECT id FROM clients_client WHERE sort_name %% %s ORDER BY similarity(sort_name, %s) DESC LIMIT %s"
    return reading.rows(_ALIVE.format(ids=sql), [wanted, wanted, _CANDIDATES])


def _postgres_short(words: list[str], digits: str, limit: int) -> Iterator[_Found]:
    alive = {"merged_into": None, "erased_at": None}
    names = Client.objects.filter(**alive)
    contacts = Contact.objects.exclude(relation="self").alias(lower=Lower("name"))  # as it is indexed
    emails = EmailAddress.objects.all()
    for word in words:
        names = names.filter(sort_name__contains=word)
        contacts = contacts.filter(lower__contains=word)
        emails = emails.filter(key__contains=word)
    kinds = [
        (CLIENT, names.order_by("sort_name", "pk"), "pk", "name"),
        (CONTACT, contacts, "client_id", "name"),
        (EMAIL, emails, "contact__client_id", "address"),
    ]
    if digits:
        numbers = Phone.objects.filter(number__contains=digits, contact__client__merged_into=None)
        kinds.append((PHONE, numbers, "contact__client_id", "number"))
    first, *others = (
        rows.annotate(what=Value(what)).values_list("what", client, text)[:limit] for what, rows, client, text in kinds
    )
    for what, pk, text in sorted(first.union(*others, all=True), key=itemgetter(0)):
        yield _Found(pk, _WHERE[what], text)


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
