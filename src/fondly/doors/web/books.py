"""Words of the live playbooks for the screens: stage titles and personas."""

from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.reading import PlaybookError
from fondly.design.playbooks import library
from fondly.design.playbooks.living import live_books
from fondly.design.playbooks.models import PlaybookVersion
from fondly.doors.web.filters import words


def stage_options() -> list[tuple[str, str]]:
    """(name, title) of every stage of the live playbooks, in their order."""
    found: dict[str, str] = {}
    for live in live_books():
        for stage in live.book.stages.values():
            found.setdefault(stage.name, stage.title)
    return list(found.items())


def persona_options() -> list[str]:
    return list(dict.fromkeys(name for live in live_books() for name in live.book.personas))


def stage_title(book: Book | None, name: str) -> str:
    """Also of a stage that this version of the playbook does not have."""
    stage = book.stages.get(name) if book else None
    return stage.title if stage else words(name)


def book_of(version_id: int, content_hash: str) -> Book | None:
    """The playbook of a stored version; None when it cannot be read."""
    try:
        return library.parsed_as(version_id, content_hash)
    except (PlaybookError, PlaybookVersion.DoesNotExist):
        return None
