"""The stages and touchpoints of every version that was ever lived, read from the playbooks' texts."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from fondly.core.playbook.model import Playbook
from fondly.core.playbook.problems import PlaybookError
from fondly.core.playbook.reading import read
from fondly.measure.lake.databases import Database, Row

_LIVED = "SELECT id, playbook_id, text FROM playbooks_playbookversion WHERE state <> 'draft' ORDER BY id"


def rows(database: Database, table: str) -> list[Row]:
    """Rows of a table of the catalogue that has no source. A text that cannot be read has none."""
    made = _MAKERS[table]
    return [
        (version, playbook, *row)
        for version, playbook, text in database.rows(_LIVED)
        for book in _books(text)
        for row in made(book)
    ]


def _books(text: str) -> Iterator[Playbook]:
    with suppress(PlaybookError):
        yield read(text)


def _stages(book: Playbook) -> Iterator[tuple[Any, ...]]:
    for place, stage in enumerate(book.stages.values()):
        texts = (stage.name, stage.title, stage.phase, stage.department, stage.owner, stage.feel)
        yield place, *(text or None for text in texts)


def _touchpoints(book: Playbook) -> Iterator[tuple[Any, ...]]:
    for stage in book.stages.values():
        for place, point in enumerate(stage.touchpoints.values()):
            texts = (point.name, point.kind, point.channel, point.mode, point.owner, point.survey)
            yield stage.name, place, *(text or None for text in texts), point.minutes, point.milestone


def _surveys(book: Playbook) -> Iterator[tuple[Any, ...]]:
    for survey in book.surveys.values():
        yield survey.name, survey.low, survey.high, survey.ask or None


def _targets(book: Playbook) -> Iterator[tuple[Any, ...]]:
    yield from book.target.items()


_MAKERS = {"stages": _stages, "touchpoints": _touchpoints, "surveys": _surveys, "targets": _targets}
