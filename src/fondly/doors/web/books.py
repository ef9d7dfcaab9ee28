"""The live playbooks, for words on screen: stage titles, personas, fields. Looked up anew every half minute."""

import time
from dataclasses import dataclass
from functools import lru_cache

from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.reading import PlaybookError
from fondly.design.playbooks import library
from fondly.design.playbooks.models import PlaybookVersion

_FRESH_SECONDS = 30.0
_kept: dict[str, tuple[float, "tuple[LiveBook, ...]"]] = {}


@dataclass(frozen=True, slots=True)
class LiveBook:
    playbook_id: int
    name: str
    book: Book


def live_books() -> tuple[LiveBook, ...]:
    """Every playbook new journeys can start on."""
    read_at, found = _kept.get("all", (float("-inf"), ()))
    if time.monotonic() - read_at > _FRESH_SECONDS:
        found = tuple(_read())
        _kept["all"] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Look again at the next question (tests; a playbook was published)."""
    _kept.clear()


def stage_options() -> list[tuple[str, str]]:
    """(name, title) of every stage of the live playbooks, in their order."""
    found: dict[str, str] = {}
    for live in live_books():
        for stage in live.book.stages.values():
            found.setdefault(stage.name, stage_title(live.book, stage.name))
    return list(found.items())


def persona_options() -> list[str]:
    return list(dict.fromkeys(name for live in live_books() for name in live.book.personas))


def stage_title(book: Book | None, name: str) -> str:
    stage = book.stages.get(name) if book else None
    plain = name.replace("_", " ")
    return (stage.title if stage and stage.title else "") or plain[:1].upper() + plain[1:]


@lru_cache(maxsize=64)
def book_of(version_id: int, content_hash: str) -> Book | None:
    """The playbook of a stored version; None when it cannot be read. Drafts change: their hash is part of the key."""
    try:
        return library.parsed(version_id)
    except (PlaybookError, PlaybookVersion.DoesNotExist):
        return None


def _read() -> list[LiveBook]:
    rows = PlaybookVersion.objects.filter(state=PlaybookVersion.State.LIVE).order_by("playbook__name", "pk")
    found = []
    for pk, playbook_id, name, content_hash in rows.values_list("pk", "playbook_id", "playbook__name", "content_hash"):
        book = book_of(pk, content_hash)
        if book is not None:
            found.append(LiveBook(playbook_id, name, book))
    return found
