"""The live playbooks: those new journeys can start on. Looked up anew every half minute, and after a publication."""

from dataclasses import dataclass

from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.reading import PlaybookError
from fondly.design.playbooks import library
from fondly.design.playbooks.models import PlaybookVersion
from fondly.ground.fresh import Fresh

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class LiveBook:
    playbook_id: int
    name: str
    book: Book


def _read() -> tuple[LiveBook, ...]:
    rows = PlaybookVersion.objects.filter(state=PlaybookVersion.State.LIVE).order_by("playbook__name", "pk")
    found = []
    for playbook_id, name, text in rows.values_list("playbook_id", "playbook__name", "text"):
        try:
            found.append(LiveBook(playbook_id, name, library.parse(text)))
        except PlaybookError:  # published by an older release that read it differently; the check page says so
            continue
    return tuple(found)


live_books = Fresh(_read, _SECONDS)
