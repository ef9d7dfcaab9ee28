"""Mends for what the check found: a touchpoint, a checklist, a play, to be read and made one's own.

A mend says nothing about the business that its playbook does not say already. Where a fact, a price or an
idea of the business is needed (its story, its WOW, its personas) there is none, and the person writes it.
"""

from collections.abc import Callable, Iterable

from fondly.core.playbook.checks import Finding
from fondly.core.playbook.edit import EditError, edit
from fondly.core.playbook.mends import plays, stages, templates, touchpoints  # noqa: F401 - importing declares them
from fondly.core.playbook.mends.rules import MENDS, Edits, Value
from fondly.core.playbook.model import Playbook
from fondly.core.playbook.reading import read
from fondly.core.words import Said, say

__all__ = ["MENDS", "mendable", "mended"]


def mendable(playbook: Playbook, finding: Finding) -> bool:
    """Whether there is a mend for this finding."""
    return bool(_edits(playbook, finding))


def mended(text: str, findings: Iterable[Finding], word: Callable[[Said], str] = str) -> str:
    """The playbook's text with a mend for each of the findings that has one; the rest stays as it is.

    word: says a sentence of a mend in the playbook's language. Raises EditError when there is no mend for
    any of them or the text cannot take it, PlaybookError when it cannot be read.
    """
    made = text
    for finding in findings:
        for path, value in _edits(read(made), finding):
            made = edit(made, path, _worded(value, word))
    if made == text:
        raise EditError(say("this needs your own words"))
    return made


def _edits(playbook: Playbook, finding: Finding) -> Edits:
    mend = MENDS.get(finding.rule)
    in_file = not finding.source  # a text in a file of its own is edited there
    return mend(playbook, finding) if mend and in_file else ()


def _worded(value: Value, word: Callable[[Said], str]) -> Value:
    if isinstance(value, dict):
        return {key: _worded(part, word) for key, part in value.items()}
    if isinstance(value, list):
        return [_worded(part, word) for part in value]
    return word(value) if isinstance(value, Said) else value
