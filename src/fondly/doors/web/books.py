"""Words of the live playbooks for the screens: stage titles and personas."""

from functools import lru_cache

from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.reading import PlaybookError
from fondly.design.playbooks import library
from fondly.design.playbooks.living import live_books
from fondly.design.playbooks.models import PlaybookVersion


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
