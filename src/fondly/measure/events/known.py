"""Which events the playbooks wait for: those go on to the client's timeline, so that journeys move."""

import re
import time
from typing import Any

from django.db.models import Exists, OuterRef, Q

from fondly.core.planner import compiled
from fondly.core.playbook.problems import PlaybookError
from fondly.design.playbooks import library
from fondly.design.playbooks.models import PlaybookVersion
from fondly.ground import reading
from fondly.run.journeys.models import Journey
from fondly.run.journeys.starting import LIVING

_MOST_SPELLINGS = 10_000
_READ_AGAIN_SECONDS = 60.0  # an undone move can bring journeys back to a version that had none
_PUBLISHED = "SELECT id, state, content_hash FROM playbooks_playbookversion WHERE state <> 'draft' ORDER BY id"
_WORDS = re.compile(r"\w+")


class Spellings(dict[str, str]):
    """An event as it is sent -> as the playbooks write it, "" when none knows it.

    Other programs like to write `Order Completed` for what is `order_completed` here.
    """

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, sent: str) -> str:
        plain = "_".join(_WORDS.findall(sent.lower()))
        found = sent if sent in self._names else plain if plain in self._names else ""
        if len(self) < _MOST_SPELLINGS:
            self[sent] = found
        return found


class _Kept:
    published: Any = None
    read_at = 0.0
    spellings = Spellings(frozenset())


def spellings() -> Spellings:
    """The events known now. One small query; playbooks are read again only when one was published or retired."""
    published, now = reading.rows(_PUBLISHED, []), time.monotonic()
    if published != _Kept.published or now - _Kept.read_at > _READ_AGAIN_SECONDS:
        _Kept.spellings, _Kept.published, _Kept.read_at = Spellings(_names()), published, now
    return _Kept.spellings


def _names() -> frozenset[str]:
    """Of every version that is live or still lived by somebody."""
    lived = Exists(Journey.objects.filter(version=OuterRef("pk"), state__in=LIVING))
    versions = PlaybookVersion.objects.filter(Q(state=PlaybookVersion.State.LIVE) | Q(lived))
    found: set[str] = set()
    for text in versions.values_list("text", flat=True):
        try:
            found |= compiled.ready(library.parse(text)).events
        except PlaybookError:
            continue  # written for a later version of Fondly: nothing can be lived by it here either
    return frozenset(found)
