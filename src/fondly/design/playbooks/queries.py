"""Reads of this room for its screens."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from fondly.core.playbook import frames, starters
from fondly.core.playbook.checks import Finding, Report, check
from fondly.core.playbook.diff import Change, diff
from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.model import Stage, Touchpoint
from fondly.core.playbook.problems import PlaybookError, Problem
from fondly.design.playbooks import library
from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.ground.action import NotFound
from fondly.ground.wording import in_words

State = PlaybookVersion.State


@dataclass(frozen=True, slots=True)
class Listed:
    """One playbook of the list. live, draft: version numbers, 0 for none."""

    id: int
    name: str
    trade: str
    is_demo: bool
    live: int
    draft: int
    score: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A playbook with the version looked at. book None: it cannot be read; problems say why."""

    playbook: Playbook
    version: PlaybookVersion
    book: Book | None
    problems: tuple[Problem, ...]
    draft: PlaybookVersion | None
    live: PlaybookVersion | None


@dataclass(frozen=True, slots=True)
class Part:
    """One section of the read view: a stage, or a stage of a frame."""

    name: str
    title: str
    stages: tuple[Stage, ...]
    touchpoints: tuple[Touchpoint, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A starter as the choice of trades shows it."""

    name: str
    title: str
    line: str


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """What the editor says while writing. report None: it cannot be read."""

    problems: tuple[Problem, ...]
    report: Report | None

    @property
    def ok(self) -> bool:
        return self.report is not None and not self.report.errors


def listed() -> list[Listed]:
    """All playbooks by name. Two queries."""
    versions: dict[int, list[PlaybookVersion]] = {}
    rows = PlaybookVersion.objects.filter(state__in=(State.LIVE, State.DRAFT)).defer("text")
    for version in rows:
        versions.setdefault(version.playbook_id, []).append(version)
    return [_listed(playbook, versions.get(playbook.pk, [])) for playbook in Playbook.objects.order_by("name", "pk")]


def _listed(playbook: Playbook, versions: list[PlaybookVersion]) -> Listed:
    live = next((v for v in versions if v.state == State.LIVE), None)
    draft = next((v for v in versions if v.state == State.DRAFT), None)
    score = live.score.get("overall") if live else None
    return Listed(
        playbook.pk, playbook.name, playbook.trade, playbook.is_demo, live.number if live else 0,
        draft.number if draft else 0, score,
    )  # fmt: skip


def shown(playbook_id: int, number: int | None = None, *, writing: bool = False) -> Shown:
    """The version asked for; else the draft when writing, else the live one, else the newest. Raises NotFound."""
    playbook = Playbook.objects.filter(pk=playbook_id).first()
    if playbook is None:
        raise NotFound(_("There is no such playbook."))
    live, draft = library.live(playbook_id), library.draft(playbook_id)
    version = _version(playbook_id, number) or ((draft or live) if writing else (live or draft))
    version = version or PlaybookVersion.objects.filter(playbook=playbook_id).order_by("-number").first()
    if version is None:
        raise NotFound(_("This playbook has no version yet."))
    try:
        return Shown(playbook, version, library.parse(version.text), (), draft, live)
    except PlaybookError as error:
        return Shown(playbook, version, None, error.problems, draft, live)


def _version(playbook_id: int, number: int | None) -> PlaybookVersion | None:
    if number is None:
        return None
    found = PlaybookVersion.objects.filter(playbook=playbook_id, number=number).first()
    if found is None:
        raise NotFound(_("There is no such version of this playbook."))
    return found


def parts(book: Book, frame: str = "") -> list[Part]:
    """The sections in the playbook's own order, or in a frame."""
    if frame not in frames.FRAMES:
        return [Part(s.name, s.title, (s,), tuple(s.touchpoints.values())) for s in book.stages.values()]
    found = []
    for part in frames.view(book, frame):  # type: ignore[arg-type]
        touchpoints = tuple(t for t in book.touchpoints() if t.name in part.touchpoints)
        found.append(Part(part.name, in_words(part.title), tuple(book.stages[s] for s in part.stages), touchpoints))
    return found


def live_check(text: str, today: date) -> LiveCheck:
    """Read and check a text; nothing is stored."""
    try:
        book = library.parse(text)
    except PlaybookError as error:
        return LiveCheck(error.problems, None)
    return LiveCheck((), check(book, today))


def by_stage(book: Book, findings: tuple[Finding, ...]) -> list[tuple[str, list[Finding]]]:
    """Findings under the stage they are about; the rest under ""."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(_stage_of(book, finding.path), []).append(finding)
    order = ["", *book.stages]
    return [(_title(book, name), found[name]) for name in order if name in found]


def _stage_of(book: Book, path: str) -> str:
    names = path.split(".")
    return names[1] if len(names) > 1 and names[0] == "stages" and names[1] in book.stages else ""


def _title(book: Book, name: str) -> str:
    return book.stages[name].title if name else ""


def history(playbook_id: int) -> list[PlaybookVersion]:
    """All versions, newest first, without their texts."""
    return list(PlaybookVersion.objects.filter(playbook=playbook_id).defer("text").order_by("-number"))


def scored(playbook_id: int) -> list[PlaybookVersion]:
    """The versions that were live, newest first, each with its score on paper when it was published."""
    return [version for version in history(playbook_id) if version.published_at and version.score]


def changes(playbook_id: int, older: int, newer: int) -> tuple[Change, ...]:
    """What is different between two versions, in words. Raises NotFound; PlaybookError when one cannot be read."""
    a, b = _version(playbook_id, older), _version(playbook_id, newer)
    if a is None or b is None:
        raise NotFound(_("There is no such version of this playbook."))
    return diff(library.parse(a.text), library.parse(b.text))


def stories() -> list[Story]:
    """The twelve starters, each with the promise its business makes."""
    return [
        Story(t.name, in_words(t.title), library.parse(starters.starter(t.name)).brand.promise)
        for t in starters.trades()
    ]
