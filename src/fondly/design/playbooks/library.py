"""Reading stored versions: parsed once per content, and found by what they are."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.problems import PlaybookError
from fondly.core.playbook.reading import read
from fondly.core.words import heading
from fondly.design.playbooks.models import PlaybookVersion

_KEPT = 64
_books: OrderedDict[str, Book] = OrderedDict()
_lock = Lock()


def hash_of(text: str) -> str:
    """What a version is known by: the SHA-256 of its text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def parsed(version_id: int) -> Book:
    """The playbook of a version. Raises PlaybookVersion.DoesNotExist; PlaybookError on an unreadable draft."""
    found = parsed_all([version_id])
    if version_id not in found:
        raise PlaybookVersion.DoesNotExist(f"There is no playbook version {version_id}.")
    return found[version_id]


def parsed_all(version_ids: Iterable[int]) -> dict[int, Book]:
    """The playbooks of many versions: one query for the hashes, one more for texts not seen yet."""
    hashes = dict(PlaybookVersion.objects.filter(pk__in=set(version_ids)).values_list("pk", "content_hash"))
    missing = {h for h in hashes.values() if _kept(h) is None}
    texts = PlaybookVersion.objects.filter(pk__in=[pk for pk, h in hashes.items() if h in missing])
    fresh = {content_hash: parse(text) for content_hash, text in texts.values_list("content_hash", "text")}
    return {pk: fresh.get(h) or parsed_as(pk, h) for pk, h in hashes.items()}


def parsed_as(version_id: int, content_hash: str) -> Book:
    """The same where the hash of its text is known already: asks for the text only when it was not seen yet."""
    return _kept(content_hash) or parsed_text(version_id)


def parsed_text(version_id: int) -> Book:
    """The playbook of a version, read from its text whatever is kept."""
    return parse(PlaybookVersion.objects.values_list("text", flat=True).get(pk=version_id))


def stage_title(version_id: int, stage: str) -> str:
    """What people call a stage; its name as words when this version cannot be read or no longer has it."""
    try:
        found = parsed(version_id).stages.get(stage)
    except (PlaybookError, PlaybookVersion.DoesNotExist):
        found = None
    return found.title if found is not None else heading(stage)


def parse(text: str) -> Book:
    """The playbook in a text; the same text gives the same object. Raises PlaybookError."""
    content_hash = hash_of(text)
    known = _kept(content_hash)
    return known if known is not None else _keep(content_hash, read(text))


def live(playbook_id: int) -> PlaybookVersion | None:
    """The version new journeys start on; None when nothing is published."""
    return PlaybookVersion.objects.filter(playbook_id=playbook_id, state=PlaybookVersion.State.LIVE).first()


def draft(playbook_id: int) -> PlaybookVersion | None:
    """The version being written, if there is one."""
    return PlaybookVersion.objects.filter(playbook_id=playbook_id, state=PlaybookVersion.State.DRAFT).first()


def _kept(content_hash: str) -> Book | None:
    with _lock:
        book = _books.get(content_hash)
        if book is not None:
            _books.move_to_end(content_hash)
        return book


def _keep(content_hash: str, book: Book) -> Book:
    with _lock:
        _books[content_hash] = book
        while len(_books) > _KEPT:
            _books.popitem(last=False)
        return book
