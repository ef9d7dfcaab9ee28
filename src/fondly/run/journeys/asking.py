"""Which touchpoints of the live playbooks ask the client for something: a survey, a document, a form."""

import time
from collections.abc import Mapping

from fondly.core.playbook.reading import PlaybookError
from fondly.design.playbooks import library
from fondly.design.playbooks.models import PlaybookVersion

_FRESH_SECONDS = 30.0
_kept: dict[str, tuple[float, Mapping[str, str]]] = {}


def asking_touchpoints() -> Mapping[str, str]:
    """Touchpoint -> what it asks for ("survey", "document", "form"). Looked up anew every half minute."""
    read_at, found = _kept.get("all", (float("-inf"), {}))
    if time.monotonic() - read_at > _FRESH_SECONDS:
        found = _read()
        _kept["all"] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Look again at the next question (tests; a playbook was published)."""
    _kept.clear()


def _read() -> Mapping[str, str]:
    found: dict[str, str] = {}
    live = PlaybookVersion.objects.filter(state=PlaybookVersion.State.LIVE).order_by("pk")
    for text in live.values_list("text", flat=True):
        try:
            book = library.parse(text)
        except PlaybookError:
            continue
        for touchpoint in book.touchpoints():
            kind = next((k for k in ("survey", "document", "form") if getattr(touchpoint, k)), "")
            if kind:
                found[touchpoint.name] = kind
    return found
