"""Is a row somebody we know? By the other system's number, by e-mail and name, by phone and name.

A shared address alone never makes two people one: couples and offices share them.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from fondly.people.clients import consents, identity
from fondly.people.clients.imports.records import Record
from fondly.people.clients.models import Address, Client, EmailAddress, ImportRow, Phone, Tag

DETAILS = (
    *("first_name", "last_name", "salutation", "language", "zone", "persona", "source", "memory"),
    *("value_minor", "currency", "owner_id", "external_id"),
)
PLACE_PARTS = ("street", "city", "region", "postcode", "country", "label")
_CHUNK = 500


@dataclass(slots=True)
class Known:
    """Somebody in the database, or in an earlier row of the file. Kept as they are after the rows so far."""

    client_id: int | None
    row: int = 0  # the file row they came from; 0: they were here before
    name: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    emails: list[str] = field(default_factory=list)  # keys
    phones: list[str] = field(default_factory=list)  # "number/extension"
    places: list[dict[str, str]] = field(default_factory=list)
    consents: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)  # casefolded
    edited: list[str] = field(default_factory=list)
    row_keys: list[str] = field(default_factory=list)

    @property
    def is_named(self) -> bool:
        """False when they are only called by their address or number."""
        return "@" not in self.name and not self.name.startswith("+")

    def handles(self) -> list[str]:
        external = self.details.get("external_id")
        found = [f"e:{key}" for key in self.emails] + [f"p:{phone.split('/')[0]}" for phone in self.phones]
        found += [f"r:{key}" for key in self.row_keys] + ([f"x:{external}"] if external else [])
        return found + ([f"c:{self.client_id}"] if self.client_id else [])


_PARTS_KEPT = tuple(part.name for part in fields(Known))


class People:
    """Everybody a file may speak of: the database and the file's own earlier rows, looked up a batch at a time.

    The earlier rows lie in a private database on disk, so that memory stays flat however long the file is.
    """

    def __init__(self) -> None:
        self._earlier = sqlite3.connect("", isolation_level=None)
        self._earlier.execute("CREATE TABLE known (id INTEGER PRIMARY KEY, data TEXT)")
        self._earlier.execute("CREATE TABLE keys (key TEXT, id INTEGER, PRIMARY KEY (key, id)) WITHOUT ROWID")
        self._at_hand: dict[str, list[Known]] = {}
        self._ids: dict[int, int] = {}  # id(Known) -> number in the private database
        self._touched: list[Known] = []

    def close(self) -> None:
        self._earlier.close()

    def load(self, records: Sequence[Record]) -> None:
        """Have everybody at hand whom these records may mean."""
        self._keep()
        wanted = list(dict.fromkeys(key for record in records for key in keys_of(record)))
        from_file = self._from_earlier(wanted)
        ids = _client_ids(wanted)
        from_file += self._from_earlier([f"c:{pk}" for pk in ids])
        seen = {known.client_id for known in from_file}
        for known in (*_unique(from_file), *_load([pk for pk in ids if pk not in seen])):
            self._hold(known)

    def candidates(self, record: Record) -> list[Known]:
        """Everybody who shares a key with the record, oldest first."""
        found = {id(k): k for key in keys_of(record) for k in self._at_hand.get(key, ())}
        return sorted(found.values(), key=lambda k: (k.row, k.client_id or 0))

    def changed(self, known: Known) -> None:
        """Somebody is new or was changed by a row: later rows must see it."""
        if not any(known is other for other in self._touched[-5:]):
            self._touched.append(known)
        self._hold(known)

    def _hold(self, known: Known) -> None:
        for key in known.handles():
            holders = self._at_hand.setdefault(key, [])
            if not any(known is other for other in holders):
                holders.append(known)

    def _keep(self) -> None:
        """Put those whom the last batch touched into the private database."""
        self._earlier.execute("BEGIN")
        for known in {id(k): k for k in self._touched}.values():
            number = self._ids.get(id(known))
            text = json.dumps({name: getattr(known, name) for name in _PARTS_KEPT})
            if number is None:
                number = self._earlier.execute("INSERT INTO known(data) VALUES (?)", [text]).lastrowid or 0
            else:
                self._earlier.execute("UPDATE known SET data = ? WHERE id = ?", [text, number])
            rows = [(key, number) for key in known.handles()]
            self._earlier.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?)", rows)
        self._earlier.execute("COMMIT")
        self._touched, self._at_hand, self._ids = [], {}, {}

    def _from_earlier(self, keys: list[str]) -> list[Known]:
        found: dict[int, Known] = {}
        for some in _chunks(keys):
            marks = ",".join("?" * len(some))
            sql = f"SELECT id, data FROM known WHERE id IN (SELECT id FROM keys WHERE key IN ({marks}))"  # noqa: S608
            for number, text in self._earlier.execute(sql, some):
                found[number] = Known(**json.loads(text))
        return [self._numbered(known, number) for number, known in found.items()]

    def _numbered(self, known: Known, number: int) -> Known:
        twin = next(
            (k for key in known.handles() for k in self._at_hand.get(key, ()) if self._ids.get(id(k)) == number), None
        )
        if twin is None:
            self._ids[id(known)] = number
            self._hold(known)
        return twin or known


def keys_of(record: Record) -> list[str]:
    """The keys under which somebody could already be known; a row without any is known by its content."""
    found = [f"e:{key}" for _address, key, _label in record.emails] + [f"p:{n}" for n, _e, _label in record.phones]
    if record.external_id:
        found.append(f"x:{record.external_id}")
    return found or [f"r:{record.key}"]


def match(record: Record, candidates: Sequence[Known]) -> Known | None:
    """The one the record means, or None."""
    for test in (_same_external, _same_email_and_name, _same_phone_and_name, _same_row):
        for known in candidates:
            if test(record, known):
                return known
    return None


def _same_external(record: Record, known: Known) -> bool:
    return bool(record.external_id) and known.details.get("external_id") == record.external_id


def _same_email_and_name(record: Record, known: Known) -> bool:
    shared = any(key in known.emails for _address, key, _label in record.emails)
    return shared and not _other_external(record, known) and _may_be_one(record, known)


def _same_phone_and_name(record: Record, known: Known) -> bool:
    shared = any(f"{number}/{extension}" in known.phones for number, extension, _label in record.phones)
    if not shared or _other_external(record, known):
        return False
    return identity.same_name(record.name, known.name) or (not record.is_named and record.name == known.name)


def _same_row(record: Record, known: Known) -> bool:
    return record.key in known.row_keys


def _other_external(record: Record, known: Known) -> bool:
    """The other system knows them as two."""
    theirs = known.details.get("external_id") or ""
    system = record.external_id.partition(":")[0]
    return bool(record.external_id) and theirs.startswith(f"{system}:") and theirs != record.external_id


def _may_be_one(record: Record, known: Known) -> bool:
    """With the same e-mail address: the same name, part of it, or no name on one side."""
    if not record.is_named or not known.is_named:
        return True
    return identity.same_name(record.name, known.name) or identity.part_of_name(record.name, known.name)


def _client_ids(keys: Iterable[str]) -> list[int]:
    by_kind: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        by_kind[key[0]].append(key[2:])
    ids: set[int] = set()
    for some in _chunks(by_kind["x"]):
        ids.update(Client.objects.filter(external_id__in=some).values_list("pk", flat=True))
    for some in _chunks(by_kind["e"]):
        ids.update(EmailAddress.objects.filter(key__in=some).values_list("contact__client_id", flat=True))
    for some in _chunks(by_kind["p"]):
        ids.update(Phone.objects.filter(number__in=some).values_list("contact__client_id", flat=True))
    for some in _chunks(by_kind["r"]):
        rows = ImportRow.objects.filter(row_key__in=some, client__isnull=False, batch__undone_at=None)
        ids.update(rows.values_list("client_id", flat=True))
    return _alive(ids)


def _alive(ids: set[int]) -> list[int]:
    """Merged records stand for their survivor; erased and example clients for nobody."""
    result: set[int] = set()
    for some in _chunks(sorted(ids)):
        rows = Client.objects.filter(pk__in=some, erased_at=None, is_demo=False).values_list("pk", "merged_into_id")
        for pk, survivor in rows:
            result.update(_alive({survivor}) if survivor else [pk])
    return sorted(result)


def _load(ids: list[int]) -> list[Known]:
    """Clients as the matching needs them: six queries per 500."""
    result: list[Known] = []
    for some in _chunks(ids):
        people = {
            row.pk: Known(
                row.pk, 0, row.name, {n: getattr(row, n) for n in DETAILS}, row.fields, edited=list(row.edited)
            )
            for row in Client.objects.filter(pk__in=some)
        }
        _load_parts(people)
        result += people.values()
    return result


def _load_parts(people: dict[int, Known]) -> None:
    ids = list(people)
    for pk, key in EmailAddress.objects.filter(contact__client__in=ids).values_list("contact__client_id", "key"):
        people[pk].emails.append(key)
    phones = Phone.objects.filter(contact__client__in=ids)
    for pk, number, extension in phones.values_list("contact__client_id", "number", "extension"):
        people[pk].phones.append(f"{number}/{extension}")
    for pk, *parts in Address.objects.filter(client__in=ids).values_list("client_id", *PLACE_PARTS):
        people[pk].places.append(dict(zip(PLACE_PARTS, parts, strict=True)))
    for pk, key in ImportRow.objects.filter(client__in=ids, batch__undone_at=None).values_list("client_id", "row_key"):
        if key:
            people[pk].row_keys.append(key)
    for pk, name in Tag.objects.filter(client__in=ids).values_list("client_id", "name"):
        people[pk].tags.append(name.casefold())
    for pk, lines in consents.newest(ids).items():
        people[pk].consents = {purpose: line.state for (_channel, purpose), line in lines.items()}


def _unique(people: Iterable[Known]) -> list[Known]:
    return list({id(known): known for known in people}.values())


def _chunks(items: Sequence[Any]) -> list[Any]:
    return [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]
