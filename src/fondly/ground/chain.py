"""The audit trail as a chain: an entry that was changed, dropped, swapped or cut off is found.

Entries are sealed shortly after they were written, by a worker (docs/explanation/decisions/0005 says why). The seal
of an entry covers its parts and the seal before it. A part is kept as a salted digest: when an erasure blanks it,
the salt goes too, so that nobody can guess the words from the digest, and the chain still holds.
"""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop, ngettext

from fondly.ground import bulk, clock
from fondly.ground.locking import locked
from fondly.ground.models import AuditEntry, Setting

BATCH = 500
SCRUB = "audit.scrub"  # the entry that says which others were blanked
ERASED = "(erased)"
_HEAD = "audit.head"  # the setting that remembers the newest seal; whoever seals locks it
_FACTS = "facts"
_PARTS: dict[str, tuple[str, ...]] = {
    _FACTS: ("id", "at", "action", "actor_id", "actor_name", "client_id"),
    "summary": ("summary",),
    "input": ("input",),
    "undo": ("undo_action", "undo_input"),
}
WORDS = ("summary", "input", "undo")  # the parts in which a client can be named
_BLANK: dict[str, Any] = {"summary": ERASED, "input": {}, "undo_action": "", "undo_input": {}}
Digests = Mapping[str, Sequence[str]]  # part -> (salt, digest); salt "" once it was blanked


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal, and how many entries were sealed up to it. Kept elsewhere, it is an anchor."""

    count: int = 0
    seal: str = ""

    def __str__(self) -> str:
        return f"{self.count}:{self.seal}"


@dataclass(frozen=True, slots=True)
class Checked:
    """faults: what is wrong -> how many entries; empty when the chain holds. unread: entries before those looked at."""

    head: Head
    unread: int
    unsealed: int
    blanked: int
    faults: dict[str, int] = field(default_factory=dict)


# What can be wrong, as it follows a number.
CHANGED = gettext_noop("entries of Activity are not what was written")
MOVED = gettext_noop("entries of Activity do not follow the one before them")
MISSING = gettext_noop("entries of Activity are missing")
BLANKED = gettext_noop("entries of Activity were blanked without an erasure")
OTHER_END = gettext_noop("ends of Activity are not what they were")


def parse_head(text: str) -> Head:
    """A head as `str` writes it. Raises ValueError."""
    count, colon, seal = text.strip().partition(":")
    if not colon or not count.isdigit():
        raise ValueError(f"{text!r} is not an end of Activity; write it as the doctor prints it, COUNT:SEAL.")
    return Head(int(count), seal)


def unsealed() -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(place=None)


def head() -> Head:
    """The newest seal in the trail itself."""
    newest = AuditEntry.objects.exclude(place=None).order_by("-place").first()
    return Head(newest.place or 0, newest.seal) if newest else Head()


def seal_next() -> int:
    """Seal what was written since the last time, at most BATCH entries; how many."""
    if not unsealed().exists():
        return 0
    with transaction.atomic():
        Setting.objects.get_or_create(name=_HEAD)
        remembered = _parsed(locked(Setting.objects.filter(name=_HEAD)).get().value)
        # an entry in somebody's hands is about to be blanked or undone: it is sealed when that is over
        entries = list(locked(unsealed().order_by("pk"), skip=True)[:BATCH])
        rows = list(_sealed(entries, max(remembered, head(), key=lambda known: known.count)))
        bulk.update(AuditEntry, ("place", "seal", "digests"), rows)
        if rows:
            Setting.put(_HEAD, str(Head(*rows[-1][:2])))
    return len(rows)


def _sealed(entries: Sequence[AuditEntry], last: Head) -> Iterator[tuple[int, str, Digests, int]]:
    for place, entry in enumerate(entries, start=last.count + 1):
        digests = {part: _salted(part, entry, secrets.token_hex(16)) for part in _PARTS}
        last = Head(place, _seal(last.seal, place, digests))
        yield place, last.seal, digests, entry.pk


def scrub(rows: QuerySet[AuditEntry], parts: Collection[str] = WORDS) -> set[int]:
    """Blank these parts of the entries, whose ids are given back for `tell`. Inside a transaction."""
    fields = {name: _BLANK[name] for part in parts for name in _PARTS[part]}
    digests = dict(locked(rows.order_by("pk")).values_list("pk", "digests"))
    bulk.update(
        AuditEntry,
        (*fields, "digests"),
        [(*fields.values(), _unsalted(kept, parts), pk) for pk, kept in digests.items()],
    )
    return set(digests)


def tell(ids: Collection[int]) -> None:
    """Write down which entries were blanked; the doctor takes any other blank for a change."""
    if ids:
        words = ngettext(
            "Words of an erased client left %(n)d entry", "Words of an erased client left %(n)d entries", len(ids)
        )
        AuditEntry.objects.create(
            at=clock.now(),
            action=SCRUB,
            actor_name="Fondly",
            summary=words % {"n": len(ids)},
            input={"entries": sorted(ids)},
        )


def check(anchor: Head | None = None, newest: int | None = None) -> Checked:
    """Read the trail: from its first entry on, or only the newest. anchor: a head that was kept elsewhere."""
    unread = max(0, head().count - newest) if newest is not None else 0
    walk = _Walk(Head(unread, _seal_at(unread)))
    told = _told()
    for entry in AuditEntry.objects.filter(place__gt=unread).order_by("place").iterator():
        walk.step(entry, told)
    for known in (_remembered(), anchor):
        if known is not None:
            walk.compare(known, _seal_at(known.count))
    return Checked(walk.last, unread, unsealed().count(), walk.blanked, dict(walk.faults))


class _Walk:
    """The trail, entry by entry: each is judged by itself and by the one before it."""

    def __init__(self, last: Head) -> None:
        self.last = last
        self.blanked = 0
        self.faults: Counter[str] = Counter()

    def step(self, entry: AuditEntry, told: set[int]) -> None:
        place, digests = entry.place or 0, entry.digests
        if place > self.last.count + 1:
            self.faults[MISSING] += place - self.last.count - 1
        if not _is_whole(digests) or entry.seal != _seal(self.last.seal, place, digests):
            self.faults[MOVED] += 1
        elif any(digests[part][0] and _salted(part, entry, digests[part][0]) != digests[part] for part in _PARTS):
            self.faults[CHANGED] += 1
        elif any(not digests[part][0] for part in _PARTS):
            self._blanked(entry, told)
        self.last = Head(place, entry.seal)

    def _blanked(self, entry: AuditEntry, told: set[int]) -> None:
        parts = [part for part in _PARTS if not entry.digests[part][0]]
        empty = _FACTS not in parts and all(getattr(entry, n) == _BLANK[n] for part in parts for n in _PARTS[part])
        if empty and entry.pk in told:
            self.blanked += 1
        else:
            self.faults[BLANKED] += 1

    def compare(self, known: Head, seal: str) -> None:
        """Against an end that was seen before; seal: of the entry that stands at its place now."""
        if known.count > self.last.count:
            self.faults[MISSING] += known.count - self.last.count
        elif seal != known.seal:
            self.faults[OTHER_END] += 1


def _remembered() -> Head:
    return _parsed(Setting.get(_HEAD))


def _parsed(text: str) -> Head:
    try:
        return parse_head(text)
    except ValueError:
        return Head()


def _seal_at(place: int) -> str:
    return AuditEntry.objects.filter(place=place).values_list("seal", flat=True).first() or ""


def _told() -> set[int]:
    """The entries that an erasure blanked, by its own word."""
    given = AuditEntry.objects.filter(action=SCRUB).values_list("input", flat=True)
    return {pk for one in given for pk in one.get("entries", [])}


def _is_whole(digests: Any) -> bool:
    return isinstance(digests, dict) and all(
        isinstance(digests.get(part), list) and len(digests[part]) == 2 for part in _PARTS
    )


def _unsalted(digests: Digests, parts: Collection[str]) -> Digests:
    return {part: ["" if part in parts else kept[0], kept[1]] for part, kept in digests.items()}


def _salted(part: str, entry: AuditEntry, salt: str) -> list[str]:
    """[salt, digest] of a part as it was read from the database: what it does to numbers has happened already."""
    values = [getattr(entry, name) for name in _PARTS[part]]
    text = json.dumps([salt, *values], sort_keys=True, default=_instant)
    return [salt, hashlib.sha256(text.encode()).hexdigest()]


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


def _seal(before: str, place: int, digests: Digests) -> str:
    text = "|".join([before, str(place), *(digests[part][1] for part in _PARTS)])
    return hashlib.sha256(text.encode()).hexdigest()
