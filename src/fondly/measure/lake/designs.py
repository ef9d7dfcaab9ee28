"""The stages and touchpoints of every version that was ever lived, read from the playbooks' texts."""

from collections.abc import Iterator
from typing import Any

from fondly.core.playbook.model import Playbook, Stage
from fondly.core.playbook.problems import PlaybookError
from fondly.core.playbook.reading import read
from fondly.measure.lake.databases import Database, Row

_LIVED = "SELECT id, playbook_id, text FROM playbooks_playbookversion WHERE state <> 'draft' ORDER BY id"


def rows(database: Database, table: str) -> list[Row]:
    """Rows of the catalogue's table `stages` or `touchpoints`. A text that cannot be read has none."""
    made = _MAKERS[table]
    return [
        (version, playbook, *row)
        for version, playbook, text in database.rows(_LIVED)
        for place, stage in enumerate(_stages(text))
        for row in made(place, stage)
    ]


def _stages(text: str) -> list[Stage]:
    try:
        book: Playbook = read(text)
    except PlaybookError:
        return []
    return list(book.stages.values())


def _stage(place: int, stage: Stage) -> Iterator[tuple[Any, ...]]:
    texts = (stage.name, stage.title, stage.phase, stage.department, stage.owner, stage.feel)
    yield place, *(text or None for text in texts)


def _touchpoints(_place: int, stage: Stage) -> Iterator[tuple[Any, ...]]:
    for place, point in enumerate(stage.touchpoints.values()):
        texts = (point.name, point.kind, point.channel, point.mode, point.owner, point.survey)
        yield stage.name, place, *(text or None for text in texts), point.minutes, point.milestone


_MAKERS = {"stages": _stage, "touchpoints": _touchpoints}
