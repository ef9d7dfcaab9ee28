"""The life of a playbook's versions: one draft at most, one live at most, retired ones kept for those who live them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.core.playbook.checks import Finding, Report, check
from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.problems import PlaybookError
from fondly.design.playbooks import library
from fondly.design.playbooks.living import live_books
from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.ground.action import NotFound, Refused
from fondly.ground.wording import in_words

MOST_TEXT = 2_000_000  # characters
_NAME_LINE = re.compile(r"^name:.*$", re.MULTILINE)
_TRADE = re.compile(r"[a-z0-9_]{1,60}")
State = PlaybookVersion.State


class CannotPublish(Refused):
    """The check found errors. findings: all of them, in file order."""

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message, field="text", code="cannot_publish")
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Checked:
    book: Book
    report: Report


def find(playbook_id: int) -> Playbook:
    """The playbook, locked for this transaction. Raises NotFound."""
    playbook = Playbook.objects.select_for_update().filter(pk=playbook_id).first()
    if playbook is None:
        raise NotFound(_("There is no such playbook."))
    return playbook


def starter_text(trade: str, name: str) -> str:
    """The starter of a trade, with the business's own name in it. Raises Refused for an unknown trade."""
    path = files("fondly.core.playbook") / "starters" / f"{trade}.yaml"
    if not _TRADE.fullmatch(trade) or not path.is_file():
        raise Refused(
            _("There is no starter for %(trade)r. `fondly new --list` shows the trades.") % {"trade": trade},
            field="trade",
        )
    text = path.read_text(encoding="utf-8")
    return _NAME_LINE.sub(lambda _: f"name: {json.dumps(name, ensure_ascii=False)}", text, count=1) if name else text


def usable_text(text: str) -> str:
    """A text that may be stored as a draft. Raises Refused."""
    if len(text) > MOST_TEXT:
        raise Refused(_("The playbook is longer than %(most)s characters.") % {"most": f"{MOST_TEXT:,}"}, field="text")
    if "\0" in text:
        raise Refused(_("The playbook holds a NUL character; remove it."), field="text")
    return text.replace("\r\n", "\n")


def check_text(text: str, today: datetime) -> Checked:
    """Read and check; raises CannotPublish when it cannot be read or has errors."""
    try:
        book = library.parse(text)
    except PlaybookError as error:
        raise CannotPublish(_unreadable(error)) from error
    report = check(book, today.date())
    errors = tuple(finding for finding in report.findings if finding.severity == "error")
    if errors:
        raise CannotPublish(_with_errors(errors), errors)
    return Checked(book, report)


def _unreadable(error: PlaybookError) -> str:
    first, others = error.problems[0], len(error.problems) - 1
    text = _("Line %(line)s: %(what)s. %(advice)s") % {
        "line": first.line, "what": in_words(first.message), "advice": in_words(first.advice),
    }  # fmt: skip
    return f"{text} {_('(and %(n)s more)') % {'n': others}}" if others else text


def _with_errors(errors: Sequence[Finding]) -> str:
    told = [_("line %(line)s: %(what)s") % {"line": e.line, "what": in_words(e.message)} for e in errors[:3]]
    found = ngettext(
        "The check found one error, and nothing runs from a playbook with errors.",
        "The check found %(n)s errors, and nothing runs from a playbook with errors.",
        len(errors),
    ) % {"n": len(errors)}
    return f"{found} {'; '.join(told)}."


def score_of(report: Report) -> dict[str, Any]:
    """What a version keeps of its check."""
    return {
        "overall": report.score.overall,
        "areas": dict(report.score.areas),
        "errors": report.errors,
        "warnings": report.warnings,
        "hints": report.hints,
    }


def new_draft(playbook: Playbook, text: str, by: str, now: datetime) -> PlaybookVersion:
    """A new draft with the next number."""
    last = PlaybookVersion.objects.filter(playbook=playbook).aggregate(last=Max("number"))["last"] or 0
    return PlaybookVersion.objects.create(
        playbook=playbook,
        number=last + 1,
        text=text,
        content_hash=library.hash_of(text),
        state=State.DRAFT,
        by=by[:200],
        made_at=now,
    )


def make_live(version: PlaybookVersion, now: datetime) -> PlaybookVersion | None:
    """Retire the live version and make this one live; returns the retired one."""
    before = library.live(version.playbook_id)
    if before is not None:
        before.state, before.retired_at = State.RETIRED, now
        before.save(update_fields=["state", "retired_at"])
    version.state, version.published_at, version.retired_at = State.LIVE, now, None
    version.save(update_fields=["state", "published_at", "retired_at", "note", "score", "by"])
    transaction.on_commit(live_books.forget)
    return before


def free_slug(name: str) -> str:
    """A slug nobody has."""
    base = slugify(name)[:70] or "playbook"
    taken = set(Playbook.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 2
    slug = base
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug
