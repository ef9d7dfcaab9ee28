"""What "Do it for me" would write into a playbook: computed the same way for the page that shows it and the save."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from django.utils import translation
from django.utils.translation import gettext as _

from fondly.core.playbook import mends
from fondly.core.playbook.checks import Finding, Report, check
from fondly.core.playbook.diff import Change, diff
from fondly.core.playbook.edit import EditError
from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.problems import PlaybookError
from fondly.design.playbooks import library
from fondly.ground.action import Refused
from fondly.ground.wording import in_words


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of the file that are taken out or put in. line: the first one, from 1, in the new text."""

    line: int
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mended:
    """The text with the mends in it, what that changes, and the check before and after."""

    text: str
    changes: tuple[Change, ...]
    pieces: tuple[Piece, ...]
    before: Report
    after: Report

    @property
    def new(self) -> tuple[Finding, ...]:
        """What the check finds only now."""
        known = {(f.rule, f.message) for f in self.before.findings}
        return tuple(f for f in self.after.findings if (f.rule, f.message) not in known)


def doable(book: Book, findings: Sequence[Finding]) -> frozenset[Finding]:
    """The findings there is a mend for."""
    return frozenset(finding for finding in findings if mends.mendable(book, finding))


def mended(text: str, rule: str, subject: str, today: date) -> Mended:
    """Mends for the findings of `rule`; subject: for one of them only, "" for all. Raises Refused."""
    try:
        book = library.parse(text)
    except PlaybookError as error:
        raise Refused(_("The playbook cannot be read. Mend that first, in the editor.")) from error
    before = check(book, today)
    findings = [f for f in before.findings if f.rule == rule and subject in ("", f.subject)]
    if not findings:
        raise Refused(_("The check no longer finds this. Somebody has mended it, or it was left out."))
    made = _made(book, text, findings)
    new_book = library.parse(made)
    return Mended(made, diff(book, new_book), _pieces(text, made), before, check(new_book, today))


def _made(book: Book, text: str, findings: Sequence[Finding]) -> str:
    with translation.override(book.language):
        try:
            return mends.mended(text, findings, in_words)
        except EditError as error:
            why = error.args[0]
    raise Refused(_("This cannot be done for you: %(why)s.") % {"why": in_words(why)})


def _pieces(old: str, new: str) -> tuple[Piece, ...]:
    before, after = old.splitlines(), new.splitlines()
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return tuple(Piece(c + 1, tuple(before[a:b]), tuple(after[c:d])) for tag, a, b, c, d in steps if tag != "equal")
